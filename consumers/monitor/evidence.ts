// The e-detector: evidence that the mean of scores in [0, 1] has fallen below a threshold τ. While it has not, the expected number of
// labels before a false alarm is at least `alarmAt`. Shin, Ramdas, Rinaldo, "E-detectors"; bets after Waudby-Smith & Ramdas.

const DELTAS = [0.015, 0.03, 0.055, 0.09, 0.13, 0.18] as const;
/** Keeps 1 + λ(τ − x) above 0 for every x in [0, 1]. */
const CAP = 0.999;
export type Evidence = readonly number[];
export const noEvidence: Evidence = DELTAS.map(() => 0);

const betsAt = (threshold: number): number[] => DELTAS.map((delta) => Math.min(delta / (threshold * (1 - threshold)), CAP / (1 - threshold)));

/** One label later. threshold τ in (0, 1), score x in [0, 1]. */
export function weigh(evidence: Evidence, threshold: number, score: number): Evidence {
  const bets = betsAt(threshold);
  return evidence.map((s, k) => (1 + s) * (1 + (bets[k] ?? 0) * (threshold - score)));
}
/** M: the mean over the grid. */
export const statisticOf = (evidence: Evidence): number => evidence.reduce((sum, s) => sum + s, 0) / evidence.length;
/** Several detectors alarm together at the mean of their M, so that the guarantee holds for the whole. */
export const jointStatistic = (detectors: readonly Evidence[]): number => (detectors.length === 0 ? 0 : detectors.reduce((sum, one) => sum + statisticOf(one), 0) / detectors.length);

/** F1 = 2J/(2−J) for J = hits among labels where the category is label or prediction: the threshold on J for a floor on F1. */
export const hitShareFor = (f1Floor: number): number => f1Floor / (2 - f1Floor);
