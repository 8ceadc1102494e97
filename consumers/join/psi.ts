// How far two histograms over the same cells are apart: the population stability index, without what chance alone gives.

/** Added to every cell, so that an empty one is rare and not impossible (the estimator of Krichevsky and Trofimov). */
const HALF = 0.5;

/** Population stability index Σ (q − p) ln(q / p), the symmetrised Kullback–Leibler divergence (Jeffreys 1946; as PSI: Siddiqi, Credit Risk Scorecards, Wiley 2006, where below 0.1 is
 *  little and above 0.25 much). Counts in the same order; cells that are empty on both sides say nothing. undefined when a side is empty. */
export function psi(reference: readonly number[], current: readonly number[]): number | undefined {
  const { k, n, m } = sizesOf(reference, current);
  if (n === 0 || m === 0) return undefined;
  let sum = 0;
  reference.forEach((r, i) => {
    const c = current[i] ?? 0;
    if (r + c === 0) return;
    const p = (r + HALF) / (n + HALF * k);
    const q = (c + HALF) / (m + HALF * k);
    sum += (q - p) * Math.log(q / p);
  });
  return sum;
}

/** What two samples of one population show on average: PSI / (1/n + 1/m) is close to χ² with k − 1 degrees of freedom (Yurdakul, Statistical Properties of Population Stability Index, Western Michigan University 2018). */
export function psiByChance(reference: readonly number[], current: readonly number[]): number {
  const { k, n, m } = sizesOf(reference, current);
  return (k - 1) * (1 / n + 1 / m);
}

/** What is left of the PSI when chance is taken off; never below 0. undefined when a side is empty. */
export function excessPsi(reference: readonly number[], current: readonly number[]): number | undefined {
  const raw = psi(reference, current);
  return raw === undefined ? undefined : Math.max(0, raw - psiByChance(reference, current));
}

const total = (counts: readonly number[]): number => counts.reduce((sum, one) => sum + one, 0);
const sizesOf = (reference: readonly number[], current: readonly number[]): { readonly k: number; readonly n: number; readonly m: number } => ({
  k: reference.filter((r, i) => r + (current[i] ?? 0) > 0).length, n: total(reference), m: total(current),
});
