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

/** Counts per category from which every F1 follows: F_c = 2 hits / (support + predicted). Categories in sorted order. */
export type Marginals = {
  /** Adds (by > 0) or takes back labelled predictions. */
  add(label: string, predicted: string, by: number): void;
  clear(): void;
  readonly labels: () => number;
  /** Σ F_c · support_c / labels; undefined without labels. Costs one pass over the categories. */
  weighted(): number | undefined;
  /** Accuracy, which is the micro average. */
  micro(): number | undefined;
  /** F1 and support of every category seen as label or prediction. */
  classes(): ClassF1[];
};
export function createMarginals(): Marginals {
  const categories: string[] = [];
  const places = new Map<string, number>();
  const [support, predictedAs, hits]: [number[], number[], number[]] = [[], [], []];
  let labels = 0;
  let correct = 0;
  function placeOf(category: string): number {
    const known = places.get(category);
    if (known !== undefined) return known;
    // Sorted, so that sums are made in one order whatever came first.
    const after = categories.findIndex((one) => one > category);
    const place = after < 0 ? categories.length : after;
    categories.splice(place, 0, category);
    for (const counts of [support, predictedAs, hits]) counts.splice(place, 0, 0);
    categories.forEach((one, i) => places.set(one, i));
    return place;
  }
  const f1At = (i: number): number | undefined => {
    const denominator = (support[i] ?? 0) + (predictedAs[i] ?? 0);
    return denominator === 0 ? undefined : (2 * (hits[i] ?? 0)) / denominator;
  };
  return {
    add(label, predicted, by) {
      let from = places.get(label);
      let to = label === predicted ? from : places.get(predicted);
      if (from === undefined || to === undefined) {
        // A new category may move another: both are made before either is asked for.
        placeOf(label);
        to = placeOf(predicted);
        from = placeOf(label);
      }
      support[from] = (support[from] ?? 0) + by;
      predictedAs[to] = (predictedAs[to] ?? 0) + by;
      labels += by;
      if (from !== to) return;
      hits[from] = (hits[from] ?? 0) + by;
      correct += by;
    },
    clear() {
      for (const list of [categories, support, predictedAs, hits]) list.length = 0;
      places.clear();
      labels = 0;
      correct = 0;
    },
    labels: () => labels,
    weighted() {
      if (labels === 0) return undefined;
      let sum = 0;
      for (let i = 0; i < categories.length; i += 1) {
        const supported = support[i] ?? 0;
        // Without support a category weighs nothing; with it, its F1 is there.
        if (supported > 0) sum += ((2 * (hits[i] ?? 0)) / (supported + (predictedAs[i] ?? 0))) * (supported / labels);
      }
      return sum;
    },
    micro: () => (labels === 0 ? undefined : correct / labels),
    classes: () => categories.map((category, i) => ({ category, support: support[i] ?? 0, f1: f1At(i) })).filter(({ f1 }) => f1 !== undefined),
  };
}

/** All scores, as scikit-learn's f1_score: `weighted` weighs by support, `macro` is over every category seen as label or prediction; `worst` considers
 *  categories with support only. Undefined without labels. */
export function scoresFrom(marginals: Marginals): Scores {
  const classes = marginals.classes();
  const labels = marginals.labels();
  if (labels === 0) return { labels, weighted: undefined, macro: undefined, micro: undefined, worst: undefined, classes };
  let sum = 0;
  let worst: ClassF1 | undefined;
  for (const one of classes) {
    const f1 = one.f1 ?? 0;
    sum += f1;
    if (one.support > 0 && (worst === undefined || f1 < (worst.f1 ?? 0))) worst = one;
  }
  return { labels, weighted: marginals.weighted(), macro: sum / classes.length, micro: marginals.micro(), worst, classes };
}
export function marginalsOf(cells: Confusion): Marginals {
  const marginals = createMarginals();
  for (const [label, predicted, count] of cellsOf(cells)) marginals.add(label, predicted, count);
  return marginals;
}
export const scoresOf = (cells: Confusion): Scores => scoresFrom(marginalsOf(cells));
