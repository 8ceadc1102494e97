// Server-sent events out of a stream of text: what is complete comes out, the rest waits for more.
export type ServerEvent = { readonly event: string; readonly data: string };
export type Reading = { readonly rest: string; readonly retryMs: number | undefined };
export const startReading: Reading = { rest: '', retryMs: undefined };

export function readEvents({ rest, retryMs }: Reading, text: string): { readonly reading: Reading; readonly events: readonly ServerEvent[] } {
  const blocks = (rest + text).replaceAll('\r\n', '\n').split('\n\n');
  const left = blocks.pop() ?? '';
  let retry = retryMs;
  const events: ServerEvent[] = [];
  for (const block of blocks) {
    let event = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      const [field, value] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
      else if (field === 'retry' && /^\d+$/.test(value)) retry = Number(value);
    }
    if (data.length > 0) events.push({ event, data: data.join('\n') });
  }
  return { reading: { rest: left, retryMs: retry }, events };
}

const LONGEST_MS = 15_000;
/** How long to wait before the next attempt after so many that failed. */
export const pauseMs = (failures: number, retryMs: number | undefined): number => Math.min(LONGEST_MS, (retryMs ?? 2000) * 2 ** Math.min(Math.max(0, failures - 1), 4));
