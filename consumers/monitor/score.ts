// The one-step score whose mean is the weighted F1: the gradient of W = Σ r_c F_c at frozen shares (Takahashi et al. 2022, delta method).
// It is not clipped to [0, 1]: a model that leans on some categories has hits worth more than 1 and errors worth less than 0, and without them the mean is another.
import { cellsOf, type Confusion } from '../../schemas/confusion.ts';

/** Shares of one category: r = P(label), d = P(label) + P(predicted), f = F1. */
export type Share = { readonly r: number; readonly d: number; readonly f: number };
export type Coefficients = ReadonlyMap<string, Share>;

/** Labels needed before shares are estimated; until then there is no score. */
export const MIN_FOR_COEFFICIENTS = 50;
/** Whether shares are worth estimating anew, whatever the bucket: their labels are 50, 100, 200 ... So a new version is judged from its 50th label on, and never for long by the shares of a few. */
export function isFreezePoint(labels: number): boolean {
  return labels >= MIN_FOR_COEFFICIENTS && labels % MIN_FOR_COEFFICIENTS === 0 && Number.isInteger(Math.log2(labels / MIN_FOR_COEFFICIENTS));
}
/** Shares of one category from its counts among `total` labels; it was label or prediction at least once. */
export function shareOf(label: number, predicted: number, hit: number, total: number): Share {
  const r = label / total;
  const d = r + predicted / total;
  return { r, d, f: (2 * hit) / total / d };
}

/** Shares from counted cells; undefined with fewer than `minLabels` labels. */
export function coefficientsOf(cells: Confusion, minLabels: number): Coefficients | undefined {
  const label = new Map<string, number>();
  const predicted = new Map<string, number>();
  const hit = new Map<string, number>();
  let total = 0;
  for (const [l, p, n] of cellsOf(cells)) {
    total += n;
    label.set(l, (label.get(l) ?? 0) + n);
    predicted.set(p, (predicted.get(p) ?? 0) + n);
    if (l === p) hit.set(l, n);
  }
  if (total < minLabels || total === 0) return undefined;
  const result = new Map<string, Share>();
  for (const category of new Set([...label.keys(), ...predicted.keys()])) result.set(category, shareOf(label.get(category) ?? 0, predicted.get(category) ?? 0, hit.get(category) ?? 0, total));
  return result;
}

const NONE: Share = { r: 0, d: 0, f: 0 };
const ratio = ({ r, d, f }: Share): number => (d === 0 ? 0 : (r * f) / d);

/** The score of a hit, 0 to 2. */
export const hitScore = ({ r, d, f }: Share): number => (d === 0 ? 1 : f + (2 * r * (1 - f)) / d);
/** The score of one label: dW/dp of its cell, −2 to 2. A category without a share scores 1 on a hit and 0 on an error. */
export function influence(coefficients: Coefficients, label: string, predicted: string): number {
  const i = coefficients.get(label) ?? NONE;
  if (label === predicted) return hitScore(i);
  const j = coefficients.get(predicted) ?? NONE;
  return i.f - ratio(i) - ratio(j);
}

/** No label scores more: what a bet must survive. */
export function highestScore(coefficients: Coefficients): number {
  let highest = 1;
  for (const share of coefficients.values()) highest = Math.max(highest, hitScore(share));
  return highest;
}
