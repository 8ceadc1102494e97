// Which of the held predictions a person is given to label next.
import { statusOf, type Held } from './held.ts';

/** least_certain: where the two best categories are closest. audit: those marked for verification. Both of equal rank, and newest: the newest first. */
export const QUEUE_ORDERS = ['least_certain', 'audit', 'newest'] as const;
export type QueueOrder = (typeof QUEUE_ORDERS)[number];

/** The best probability less the second best: 0 is undecided, 1 is sure. */
export function certaintyOf(probabilities: readonly number[]): number {
  let [first, second] = [0, 0];
  for (const one of probabilities) {
    if (one > first) [first, second] = [one, first];
    else if (one > second) second = one;
  }
  return first - second;
}

/** More than any certainty. */
const BEHIND = 2;
/** So many of the newest are looked at: labels of what was predicted lately are worth the most, and the work stays bounded. */
export const LOOKED_AT = 20_000;
export type QueueWish = {
  readonly order: QueueOrder; readonly limit: number;
  /** in hand already: these come first, whatever the order says */
  readonly first: ReadonlySet<string>;
  /** version whose predictions come before all others: what people say of them tells how well it does now */
  readonly serves?: string | undefined;
  /** not now */
  readonly except: ReadonlySet<string>;
};
export type Queue = { readonly chosen: readonly Held[]; /** how many without a label the order would ask about, whoever has them in hand */ readonly waiting: number };

/** At most `limit` predictions without a label. Withdrawn ones are not asked about again. */
export function labelQueue(newestFirst: Iterable<Held>, { order, limit, first, serves, except }: QueueWish): Queue {
  const chosen: { readonly held: Held; readonly rank: number }[] = [];
  let [waiting, looked] = [0, 0];
  for (const held of newestFirst) {
    if ((looked += 1) > LOOKED_AT) break;
    const again = first.has(held.id);
    if (statusOf(held) !== 'unlabelled' || (order === 'audit' && !held.audit && !again)) continue;
    waiting += 1;
    if (except.has(held.id)) continue;
    const retired = serves !== undefined && held.kind.modelVersion !== serves;
    const rank = again ? -1 : (retired ? BEHIND : 0) + (order === 'least_certain' ? certaintyOf(held.probabilities) : 0);
    if (chosen.length >= limit) {
      if (rank >= (chosen.at(-1)?.rank ?? -1)) continue;
      chosen.pop();
    }
    let at = chosen.length;
    while (at > 0 && (chosen[at - 1]?.rank ?? 0) > rank) at -= 1;
    chosen.splice(at, 0, { held, rank });
  }
  return { chosen: chosen.map(({ held }) => held), waiting };
}
