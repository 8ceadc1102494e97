// The verdict on a window: warming until there are enough labels, then healthy or degraded. What is *shown* recovers only when every floor is passed by a
// margin (hysteresis), so that it does not flicker; what triggers has no memory.
import type { ClassF1 } from '../../schemas/f1.ts';

export type Verdict =
  | { readonly status: 'warming'; readonly labels: number; readonly needed: number }
  | { readonly status: 'healthy' }
  | { readonly status: 'degraded'; readonly reasons: readonly string[] };
export type Thresholds = { readonly minF1: number; readonly minClassF1: number | undefined; readonly minAccuracy: number | undefined; readonly minLabels: number };
/** What a verdict looks at. classes: asked for only where there is a floor for them. */
export type Judged = { readonly labels: number; readonly weighted: number | undefined; readonly micro: number | undefined; readonly classes: () => readonly ClassF1[] };

/** minClassF1 judges only categories with at least minLabels labels. `above`: added to every floor. */
export function verdictOf({ labels, weighted, micro, classes }: Judged, { minF1, minClassF1, minAccuracy, minLabels }: Thresholds, above = 0): Verdict {
  if (weighted === undefined || labels < minLabels) return { status: 'warming', labels, needed: minLabels };
  const reasons: string[] = [];
  if (weighted < minF1 + above) reasons.push(`weighted F1 ${weighted.toFixed(4)} is below ${minF1}`);
  if (minAccuracy !== undefined && micro !== undefined && micro < minAccuracy + above) reasons.push(`accuracy ${micro.toFixed(4)} is below ${minAccuracy}`);
  if (minClassF1 !== undefined) {
    for (const one of classes()) if (one.support >= minLabels && one.f1 !== undefined && one.f1 < minClassF1 + above) reasons.push(`F1 of ${one.category} ${one.f1.toFixed(4)} is below ${minClassF1}`);
  }
  return reasons.length === 0 ? { status: 'healthy' } : { status: 'degraded', reasons };
}

export type Shown = Verdict['status'];
/** The status shown next. Where a floor is so near 1 that no score could pass it by the margin, half of the way to 1 is enough. */
export function shownNext(before: Shown, judged: Judged, thresholds: Thresholds, recoverMargin: number): Shown {
  const { status } = verdictOf(judged, thresholds);
  if (before !== 'degraded' || status !== 'healthy') return status;
  const highest = Math.max(thresholds.minF1, thresholds.minClassF1 ?? 0, thresholds.minAccuracy ?? 0);
  return verdictOf(judged, thresholds, Math.min(recoverMargin, (1 - highest) / 2)).status;
}
