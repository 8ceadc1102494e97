// When a consumer has stopped making progress, and what is to be done about it: pure. kafkajs has been seen to fall silent: a runner that ended without a word, a fetch that is never answered, a join that never ends.
// The process looks healthy then, and only the lag tells. pulse.ts looks, and acts.

/** behind: records that wait beyond what was handled; undefined: the broker could not be asked, so nothing is known. signs: grows with every record handled and every failure told of; to join a group is none, or one that joins and joins would be well. */
export type Look = { readonly behind: number | undefined; readonly signs: number; readonly nowMs: number; /** how much later than meant */ readonly lateMs: number };
/** stillSinceMs: no sign since then although records wait; undefined: it is well. restarts: in a row, without a sign between them. */
export type Watch = { readonly stillSinceMs: number | undefined; readonly signs: number; readonly restarts: number };
export type Action = 'none' | 'restart' | 'give up';
export const FIRST_WATCH: Watch = { stillSinceMs: undefined, signs: -1, restarts: 0 };
/** A consumer that stays silent through so many restarts is stuck for good in this process. */
export const MOST_RESTARTS = 3;

export function watchdog(watch: Watch, { behind, signs, nowMs, lateMs }: Look, stallMs: number): { readonly watch: Watch; readonly action: Action } {
  if (signs !== watch.signs) return { watch: { stillSinceMs: undefined, signs, restarts: 0 }, action: 'none' };
  // Whoever has nothing to do, or cannot be judged, is not to blame. A restart that led to nothing stays counted: it is no sign.
  if (behind === undefined || behind === 0) return { watch: { ...watch, stillSinceMs: undefined }, action: 'none' };
  // A process that was suspended finds everything late.
  if (watch.stillSinceMs === undefined || lateMs > stallMs / 2) return { watch: { ...watch, stillSinceMs: nowMs }, action: 'none' };
  if (nowMs - watch.stillSinceMs < stallMs * 2 ** watch.restarts) return { watch, action: 'none' };
  if (watch.restarts >= MOST_RESTARTS) return { watch, action: 'give up' };
  return { watch: { ...watch, stillSinceMs: nowMs, restarts: watch.restarts + 1 }, action: 'restart' };
}
