// The e-detector: evidence that the mean of bounded scores has fallen below a threshold τ. While it has not, the expected number of
// labels before a false alarm is at least `alarmAt`. Shin, Ramdas, Rinaldo, "E-detectors"; bets after Waudby-Smith & Ramdas.

const DELTAS = [0.015, 0.03, 0.055, 0.09, 0.13, 0.18] as const;
/** Keeps 1 + λ(τ − x) above 0 for the highest score. */
const CAP = 0.999;
export type Evidence = readonly number[];
export const noEvidence: Evidence = DELTAS.map(() => 0);

/** Evidence beyond any alarm is not counted further: less evidence keeps the guarantee, and the number stays finite. */
const MOST = 1e15;

const betsAt = (threshold: number): readonly number[] => DELTAS.map((delta) => delta / (threshold * (1 - threshold)));
/** Thresholds are few and asked for at every label. */
const betsBy = new Map<number, readonly number[]>();

/** One label later. threshold τ in (0, 1); score x: its mean is what is guarded, and it is at most `highest` (1 or more), which was known before this label. A low score has no bound: it only speaks louder. */
export function weigh(evidence: Evidence, threshold: number, score: number, highest = 1): Evidence {
  let bets = betsBy.get(threshold);
  if (bets === undefined) betsBy.set(threshold, (bets = betsAt(threshold)));
  const most = CAP / (highest - threshold);
  const lacks = threshold - score;
  const next = evidence.slice();
  for (let k = 0; k < next.length; k += 1) next[k] = Math.min(MOST, (1 + (next[k] ?? 0)) * (1 + Math.min(bets[k] ?? 0, most) * lacks));
  return next;
}
/** M: the mean over the grid. */
export function statisticOf(evidence: Evidence): number {
  let sum = 0;
  for (const s of evidence) sum += s;
  return sum / evidence.length;
}
/** Several detectors alarm together at the mean of their M, so that the guarantee holds for the whole. */
export function jointStatistic(detectors: Iterable<Evidence>): number {
  let [sum, count] = [0, 0];
  for (const one of detectors) {
    sum += statisticOf(one);
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}

/** F1 = 2J/(1+J) for J = the share of hits among labels where the category is label or prediction (Jaccard): the threshold on J for a floor on F1. */
export const hitShareFor = (f1Floor: number): number => f1Floor / (2 - f1Floor);
