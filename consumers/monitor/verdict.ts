// The verdict on a window: warming until there are enough labels, then healthy or degraded. What is *shown* recovers only when every floor is passed by a
// margin (hysteresis), so that it does not flicker; what triggers has no memory.
import type { Marginals } from '../../schemas/f1.ts';

export type Verdict =
  | { readonly status: 'warming'; readonly labels: number; readonly needed: number }
  | { readonly status: 'healthy' }
  | { readonly status: 'degraded'; readonly reasons: readonly string[] };
export type Thresholds = { readonly minF1: number; readonly minClassF1: number | undefined; readonly minAccuracy: number | undefined; readonly minLabels: number };
export type Shown = Verdict['status'];
/** What a verdict looks at. */
export type Judged = { readonly labels: number; readonly marginals: Pick<Marginals, 'weighted' | 'micro' | 'classes'> };

/** The status alone, in no words: the fold asks at every label. minClassF1 judges only categories with at least minLabels labels. `above`: added to every floor. below: told of every floor that is not reached. */
export function statusOf({ labels, marginals }: Judged, { minF1, minClassF1, minAccuracy, minLabels }: Thresholds, above = 0, below?: (what: string, seen: number, floor: number) => void): Shown {
  const weighted = marginals.weighted();
  if (weighted === undefined || labels < minLabels) return 'warming';
  let status: Shown = 'healthy';
  if (weighted < minF1 + above) {
    status = 'degraded';
    below?.('weighted F1', weighted, minF1);
  }
  const micro = minAccuracy === undefined ? undefined : marginals.micro();
  if (minAccuracy !== undefined && micro !== undefined && micro < minAccuracy + above) {
    status = 'degraded';
    below?.('accuracy', micro, minAccuracy);
  }
  if (minClassF1 === undefined) return status;
  for (const { category, f1, support } of marginals.classes()) {
    if (support < minLabels || f1 === undefined || f1 >= minClassF1 + above) continue;
    status = 'degraded';
    below?.(`F1 of ${category}`, f1, minClassF1);
  }
  return status;
}
export function verdictOf(judged: Judged, thresholds: Thresholds): Verdict {
  const reasons: string[] = [];
  const status = statusOf(judged, thresholds, 0, (what, seen, floor) => void reasons.push(`${what} ${seen.toFixed(4)} is below ${floor}`));
  switch (status) {
    case 'warming':
      return { status, labels: judged.labels, needed: thresholds.minLabels };
    case 'healthy':
      return { status };
    case 'degraded':
      return { status, reasons };
  }
}

/** The status shown next. Where a floor is so near 1 that no score could pass it by the margin, half of the way to 1 is enough. */
export function shownNext(before: Shown, judged: Judged, thresholds: Thresholds, recoverMargin: number): Shown {
  const status = statusOf(judged, thresholds);
  if (before !== 'degraded' || status !== 'healthy') return status;
  const highest = Math.max(thresholds.minF1, thresholds.minClassF1 ?? 0, thresholds.minAccuracy ?? 0);
  return statusOf(judged, thresholds, Math.min(recoverMargin, (1 - highest) / 2));
}
