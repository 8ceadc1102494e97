// Requests that carry an Idempotency-Key: the first one runs, those that come while it runs get its answer, those that come later get it from memory, for a while. What does not fit
// any more is forgotten, the oldest first. Forgetting is safe: ids are derived from the key (derivedIds.ts), so a request that runs again publishes the same ids, and readers drop repeats.
export type Stored = { readonly status: number; readonly type: string; readonly body: string };
export type Room = { readonly ttlMs: number; readonly bytes: number; readonly count: number };
export type Begun =
  /** Run it, then say how it ended. keep: later ones get this answer too; otherwise only those that wait now. */
  | { readonly kind: 'first'; readonly end: (answer: Stored, keep: boolean, nowMs: number) => void }
  | { readonly kind: 'running'; readonly wait: (told: (answer: Stored) => void) => void }
  | { readonly kind: 'known'; readonly answer: Stored }
  /** The same key with another body. */
  | { readonly kind: 'differs' };
export type Repeats = {
  begin(key: string, fingerprint: string, nowMs: number): Begun;
  size(): { readonly count: number; readonly bytes: number };
};

/** One whose end was never told must not hold its key for ever. */
const RUNNING_MS = 60_000;
const ENTRY_BYTES = 400;
type Entry = { readonly fingerprint: string; readonly waiting: ((answer: Stored) => void)[]; answer: Stored | undefined; bytes: number; untilMs: number };

export function createRepeats({ ttlMs, bytes: maxBytes, count: maxCount }: Room): Repeats {
  // In the order in which they ended, those that run at the end: a map keeps the order of insertion.
  const entries = new Map<string, Entry>();
  let bytes = 0;

  function drop(key: string, entry: Entry): void {
    if (entries.get(key) !== entry) return;
    entries.delete(key);
    bytes -= entry.bytes;
  }
  /** Looks at the oldest only: they all live equally long. */
  function forget(nowMs: number): void {
    for (const [key, entry] of entries) {
      const over = entry.untilMs <= nowMs;
      if (!over && entries.size <= maxCount && bytes <= maxBytes) return;
      // What runs is bounded by what is open, and its answer is owed.
      if (over || entry.answer !== undefined) drop(key, entry);
    }
  }
  return {
    begin(key, fingerprint, nowMs) {
      const known = entries.get(key);
      if (known !== undefined && known.untilMs > nowMs) {
        if (known.fingerprint !== fingerprint) return { kind: 'differs' };
        return known.answer === undefined ? { kind: 'running', wait: (told) => void known.waiting.push(told) } : { kind: 'known', answer: known.answer };
      }
      if (known !== undefined) drop(key, known);
      const entry: Entry = { fingerprint, waiting: [], answer: undefined, bytes: ENTRY_BYTES + 2 * key.length, untilMs: nowMs + RUNNING_MS };
      entries.set(key, entry);
      bytes += entry.bytes;
      forget(nowMs);
      return {
        kind: 'first',
        end(answer, keep, endMs) {
          const owed = entry.waiting.splice(0);
          if (entry.answer !== undefined) return;
          const standing = entries.get(key) === entry;
          drop(key, entry);
          if (keep && standing) {
            entry.answer = answer;
            entry.bytes += answer.body.length;
            entry.untilMs = endMs + ttlMs;
            entries.set(key, entry);
            bytes += entry.bytes;
            forget(endMs);
          }
          for (const told of owed) told(answer);
        },
      };
    },
    size: () => ({ count: entries.size, bytes }),
  };
}
