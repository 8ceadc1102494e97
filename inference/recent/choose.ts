// Which of the held predictions a person is shown: those to label next, and those behind one cell of the confusion matrix.
import { labelOf, statusOf, type Held } from './recent.ts';

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

/** At most `limit` predictions without a label, of one version where it is given. Withdrawn ones are not asked about again. */
export function labelQueue(newestFirst: Iterable<Held>, { order, limit, modelVersion }: { readonly order: QueueOrder; readonly limit: number; readonly modelVersion?: string | undefined }): Held[] {
  const chosen: { readonly held: Held; readonly rank: number }[] = [];
  for (const held of newestFirst) {
    if (statusOf(held) !== 'unlabelled' || (modelVersion !== undefined && held.kind.modelVersion !== modelVersion) || (order === 'audit' && !held.audit)) continue;
    const rank = order === 'least_certain' ? certaintyOf(held.probabilities) : 0;
    if (chosen.length >= limit) {
      if (rank >= (chosen.at(-1)?.rank ?? Infinity)) {
        if (order === 'least_certain') continue;
        break;
      }
      chosen.pop();
    }
    let at = chosen.length;
    while (at > 0 && (chosen[at - 1]?.rank ?? 0) > rank) at -= 1;
    chosen.splice(at, 0, { held, rank });
  }
  return chosen.slice(0, limit).map(({ held }) => held);
}

/** At most `limit` predictions whose label now is `label` while the model said `predicted`, the newest first. */
export function behindCell(newestFirst: Iterable<Held>, { label, predicted, limit, modelVersion }: { readonly label: string; readonly predicted: string; readonly limit: number; readonly modelVersion?: string | undefined }): Held[] {
  const chosen: Held[] = [];
  for (const held of newestFirst) {
    if (chosen.length >= limit) break;
    if (held.predicted === predicted && labelOf(held) === label && (modelVersion === undefined || held.kind.modelVersion === modelVersion)) chosen.push(held);
  }
  return chosen;
}
