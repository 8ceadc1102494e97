// The one-step score whose mean is the weighted F1: the gradient of W = Σ r_c F_c at frozen shares (Takahashi et al. 2022, delta method).
import { cellsOf, type Confusion } from '../../schemas/confusion.ts';

/** Shares of one category: r = P(label), d = P(label) + P(predicted), f = F1. */
export type Share = { readonly r: number; readonly d: number; readonly f: number };
export type Coefficients = ReadonlyMap<string, Share>;

/** Labels needed before shares are estimated. */
export const MIN_FOR_COEFFICIENTS = 50;
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

/** dW/dp of one cell, not clipped. A category without a share scores 1 on a hit and 0 on an error. */
export function influence(coefficients: Coefficients, label: string, predicted: string): number {
  const i = coefficients.get(label) ?? NONE;
  if (label === predicted) return i.d === 0 ? 1 : i.f + (2 * i.r * (1 - i.f)) / i.d;
  const j = coefficients.get(predicted) ?? NONE;
  return i.f - ratio(i) - ratio(j);
}

/** The score in [0, 1] of one label. Without coefficients it is accuracy: 1 on a hit, 0 on an error. */
export function scoreOf(coefficients: Coefficients | undefined, label: string, predicted: string): number {
  if (coefficients === undefined) return label === predicted ? 1 : 0;
  return Math.min(1, Math.max(0, influence(coefficients, label, predicted)));
}
