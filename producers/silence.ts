// When a connection is given up: something was asked, and for too long nothing has come back. Pure; the sockets are in heardFrom.ts.
// A peer that vanished without a word (a cut cable, a forgotten NAT entry, a host that froze) never closes its connections, and TCP alone waits a quarter of an hour.

/** What has moved on a connection so far. backlog: bytes that the system has not taken from us yet. */
export type Moved = { readonly received: number; readonly sent: number; readonly backlog: number };
/** A question is open since then; nothing beyond `received` has come. */
export type Waiting = { readonly sinceMs: number; readonly received: number; readonly sent: number };

/** How long a connection may stay silent. Once one to a peer was given up, the others are not trusted for as long, until they have been heard again: what lost one has mostly lost all.
 *  heardMs: when it was made, or last heard. givenUpMs: when one to this peer was last given up. */
export const SUSPECT_MS = 4000;
export const limitMs = (heardMs: number, givenUpMs: number | undefined, silentMs: number): number => (givenUpMs !== undefined && heardMs < givenUpMs ? Math.min(SUSPECT_MS, silentMs) : silentMs);

/** Something is written. The wait of a question that was open before is not begun anew: who asks again and again would wait for ever. */
export const asked = (waiting: Waiting | undefined, { received, sent }: Moved, nowMs: number): Waiting => (waiting !== undefined && waiting.received === received ? waiting : { sinceMs: nowMs, received, sent });

/** Looked at once in a while. lateMs: how much later than meant; a process that was suspended may find its answer waiting, and begins anew. */
export function looked(waiting: Waiting | undefined, moved: Moved, { nowMs, lateMs, silentMs }: { readonly nowMs: number; readonly lateMs: number; readonly silentMs: number }): { readonly waiting: Waiting | undefined; readonly isGivenUp: boolean } {
  if (waiting === undefined || moved.received > waiting.received) return { waiting: undefined, isGivenUp: false };
  // A long upload hears nothing before it has been sent: that it moves is enough.
  if ((moved.backlog > 0 && moved.sent > waiting.sent) || lateMs > silentMs / 2) return { waiting: { ...waiting, sinceMs: nowMs, sent: moved.sent }, isGivenUp: false };
  return { waiting, isGivenUp: nowMs - waiting.sinceMs > silentMs };
}
