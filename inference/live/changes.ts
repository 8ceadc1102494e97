// What listeners are told: only what differs from what they were told last. Knows no clock and no connection.

/** As text, ready to be sent. undefined: could not be asked now. */
export type Seen = { readonly live?: string | undefined; readonly models?: string | undefined; readonly runs?: string | undefined; /** changes when a label has been counted */ readonly counted?: string | undefined };
export type Told = Seen & { readonly historyAtMs: number };
export type ServerEvent = { readonly event: 'live' | 'history' | 'models' | 'runs'; readonly data: string };
/** The history changes with each label; it is fetched anew by each page, so not too often. */
export const HISTORY_EVERY_MS = 2000;
export const NOTHING_TOLD: Told = { historyAtMs: -Infinity };

export function changesOf(told: Told, seen: Seen, nowMs: number): { readonly told: Told; readonly events: readonly ServerEvent[] } {
  const events: ServerEvent[] = [];
  const next = { ...told };
  for (const event of ['live', 'models', 'runs'] as const) {
    const data = seen[event];
    if (data === undefined || data === told[event]) continue;
    next[event] = data;
    events.push({ event, data });
  }
  const counted = seen.counted !== undefined && seen.counted !== told.counted;
  if (!counted || nowMs - told.historyAtMs < HISTORY_EVERY_MS) return { told: next, events };
  return { told: { ...next, counted: seen.counted, historyAtMs: nowMs }, events: [...events, { event: 'history', data: JSON.stringify({ changed_at_ms: nowMs }) }] };
}

/** In the order in which a page that has just come needs them. */
export function catchUp(told: Told): readonly ServerEvent[] {
  const known = (['live', 'models', 'runs'] as const).flatMap((event): ServerEvent[] => (told[event] === undefined ? [] : [{ event, data: told[event] }]));
  return told.counted === undefined ? known : [...known, { event: 'history', data: JSON.stringify({ changed_at_ms: told.historyAtMs }) }];
}
/** data is one line. */
export const frameOf = ({ event, data }: ServerEvent): string => `event: ${event}\ndata: ${data}\n\n`;
