// What of the dead letters has been purged. The topic is a log that forgets by age: Kafka can drop its beginning, nothing in its middle. So a purge is a rule that hides what it matches,
// and the log is cut up to the first letter no rule matches. Pure.
import type { DeadLetter } from '../../schemas/events.ts';

/** Matches letters of offsets [from, upto) with this topic, reason and age; undefined: any. */
export type PurgeRule = { readonly from: bigint; readonly upto: bigint; readonly topic?: string | undefined; readonly reason?: string | undefined; /** set aside before */ readonly beforeMs?: number | undefined };

/** letter undefined: bytes nobody can read, which only a rule about any letter matches. */
export function matches({ from, upto, topic, reason, beforeMs }: PurgeRule, offset: bigint, letter: Pick<DeadLetter, 'topic' | 'reason' | 'died_at'> | undefined): boolean {
  if (offset < from || offset >= upto) return false;
  if (letter === undefined) return topic === undefined && reason === undefined && beforeMs === undefined;
  return (topic === undefined || letter.topic === topic) && (reason === undefined || letter.reason === reason) && (beforeMs === undefined || letter.died_at < beforeMs);
}
export const isPurged = (rules: readonly PurgeRule[], offset: bigint, letter: Pick<DeadLetter, 'topic' | 'reason' | 'died_at'> | undefined): boolean => rules.some((rule) => matches(rule, offset, letter));

/** Rules about this log: one that reaches beyond its end is about an earlier topic of the same name. */
export const aboutThisLog = (rules: readonly PurgeRule[], high: bigint): PurgeRule[] => rules.filter(({ upto }) => upto <= high);

/** What a look over the log has found so far. newly: matched by the new rules and by none before. hidden: purged, but behind a letter that stays. */
export type Sweep = { readonly newly: number; /** purged, and nothing that stays before them */ readonly front: number; readonly hidden: number; readonly kept: number; /** nothing that stays is below it */ readonly cutTo: bigint };
export const sweepFrom = (low: bigint): Sweep => ({ newly: 0, front: 0, hidden: 0, kept: 0, cutTo: low });
export function swept(sweep: Sweep, standing: readonly PurgeRule[], fresh: readonly PurgeRule[], offset: bigint, letter: Pick<DeadLetter, 'topic' | 'reason' | 'died_at'> | undefined): Sweep {
  const before = isPurged(standing, offset, letter);
  const now = !before && isPurged(fresh, offset, letter);
  if (!before && !now) return { ...sweep, kept: sweep.kept + 1 };
  const newly = sweep.newly + (now ? 1 : 0);
  return sweep.kept === 0 ? { ...sweep, newly, front: sweep.front + 1, cutTo: offset + 1n } : { ...sweep, newly, hidden: sweep.hidden + 1 };
}
