// F1 from confusion cells: the one function that monitor, trainer and gate share. 0/0 is absent, never 0.
import { cellsOf, type Confusion } from './confusion.ts';

export type ClassF1 = { readonly category: string; readonly f1: number | undefined; readonly support: number };
export type Scores = {
  readonly labels: number;
  readonly weighted: number | undefined;
  readonly macro: number | undefined;
  readonly micro: number | undefined;
  readonly worst: ClassF1 | undefined;
  readonly classes: readonly ClassF1[];
};

/** Scores over every category seen as label or prediction; F_c = 2 tp / (support + predicted), as scikit-learn's f1_score.
 *  `weighted` weighs by support; all are undefined without labels. `worst` considers categories with support only. */
export function scoresOf(cells: Confusion): Scores {
  const support = new Map<string, number>();
  const predictedAs = new Map<string, number>();
  const hits = new Map<string, number>();
  let labels = 0;
  let correct = 0;
  for (const [label, predicted, count] of cellsOf(cells)) {
    labels += count;
    support.set(label, (support.get(label) ?? 0) + count);
    predictedAs.set(predicted, (predictedAs.get(predicted) ?? 0) + count);
    if (label === predicted) {
      hits.set(label, count);
      correct += count;
    }
  }
  const categories = [...new Set([...support.keys(), ...predictedAs.keys()])].sort();
  const classes = categories.map((category): ClassF1 => {
    const n = support.get(category) ?? 0;
    const denominator = n + (predictedAs.get(category) ?? 0);
    return { category, support: n, f1: denominator === 0 ? undefined : (2 * (hits.get(category) ?? 0)) / denominator };
  });
  if (labels === 0) return { labels, weighted: undefined, macro: undefined, micro: undefined, worst: undefined, classes };
  let weighted = 0;
  let sum = 0;
  let worst: ClassF1 | undefined;
  for (const one of classes) {
    const f1 = one.f1 ?? 0;
    weighted += f1 * (one.support / labels);
    sum += f1;
    if (one.support > 0 && (worst === undefined || f1 < (worst.f1 ?? 0))) worst = one;
  }
  return { labels, weighted, macro: sum / classes.length, micro: correct / labels, worst, classes };
}
