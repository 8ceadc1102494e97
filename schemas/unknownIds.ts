// Schema ids that the registry did not know: believed for a while, so that a flood of records that name one costs one question; and whether so many came of late that they are a flood themselves.

export type UnknownIds = { /** said to be unknown lately */ has(id: number, nowMs: number): boolean; add(id: number, nowMs: number): void; isFlood(nowMs: number): boolean };
const BELIEVED_MS = 5000;
const MOST = 10_000;
/** Nobody who changes schemas makes so many at a time. */
const FLOOD = 50;

export function createUnknownIds(): UnknownIds {
  /** Until when it is believed; in that order. */
  const untilMs = new Map<number, number>();
  function forget(nowMs: number): void {
    for (const [id, until] of untilMs) {
      if (until > nowMs && untilMs.size <= MOST) return;
      untilMs.delete(id);
    }
  }
  return {
    has: (id, nowMs) => nowMs < (untilMs.get(id) ?? Number.NEGATIVE_INFINITY),
    add(id, nowMs) {
      untilMs.delete(id);
      untilMs.set(id, nowMs + BELIEVED_MS);
      forget(nowMs);
    },
    isFlood(nowMs) {
      forget(nowMs);
      return untilMs.size >= FLOOD;
    },
  };
}
