// The verdict on a window: warming until there are enough labels, then healthy or degraded.
import type { Scores } from '../../schemas/f1.ts';

export type Verdict =
  | { readonly status: 'warming'; readonly labels: number; readonly needed: number }
  | { readonly status: 'healthy' }
  | { readonly status: 'degraded'; readonly reasons: readonly string[] };
export type Thresholds = { readonly minF1: number; readonly minClassF1: number | undefined; readonly minLabels: number };

/** min_class_f1 judges only categories with at least minLabels labels. */
export function verdictOf(scores: Scores, { minF1, minClassF1, minLabels }: Thresholds): Verdict {
  if (scores.weighted === undefined || scores.labels < minLabels) return { status: 'warming', labels: scores.labels, needed: minLabels };
  const reasons: string[] = [];
  if (scores.weighted < minF1) reasons.push(`weighted F1 ${scores.weighted.toFixed(4)} is below ${minF1}`);
  if (minClassF1 !== undefined) {
    for (const one of scores.classes) if (one.support >= minLabels && one.f1 !== undefined && one.f1 < minClassF1) reasons.push(`F1 of ${one.category} ${one.f1.toFixed(4)} is below ${minClassF1}`);
  }
  return reasons.length === 0 ? { status: 'healthy' } : { status: 'degraded', reasons };
}
