// 95 % bands of every F1 by the delta method (Takahashi et al. 2022): var = (Σ p g² − (Σ p g)²) / n, g = the derivative of the figure by each cell's share.
// Where nothing varies (all right, or all wrong) the delta method claims certainty; there the band is Wilson's for n trials without a failure (Wilson 1927).
import { cellsOf, type Confusion } from '../../schemas/confusion.ts';
import type { Scores } from '../../schemas/f1.ts';
import { coefficientsOf, influence, type Coefficients } from './score.ts';

const Z_95 = 1.959963984540054;
export type Band = readonly [low: number, high: number];
export type Bands = { readonly weighted: Band | undefined; readonly macro: Band | undefined; readonly micro: Band | undefined; readonly classes: ReadonlyMap<string, Band> };

/** dF_c/dp of one cell: 2(1 − F)/d on a hit of c, −F/d on an error that has c as label or prediction. */
function classInfluence(coefficients: Coefficients, category: string, label: string, predicted: string): number {
  const share = coefficients.get(category);
  if (share === undefined || share.d === 0 || (label !== category && predicted !== category)) return 0;
  return label === predicted ? (2 * (1 - share.f)) / share.d : -share.f / share.d;
}

/** Bands within [0, 1] of the scores of these cells; undefined where there is no score. */
export function bandsOf(cells: Confusion, scores: Scores): Bands {
  const coefficients = coefficientsOf(cells, 1);
  const { labels } = scores;
  if (coefficients === undefined) return { weighted: undefined, macro: undefined, micro: undefined, classes: new Map() };
  const list = cellsOf(cells);
  const around = (score: number | undefined, support: number, g: (label: string, predicted: string) => number): Band | undefined => {
    if (score === undefined || support === 0) return undefined;
    let mean = 0;
    let square = 0;
    for (const [label, predicted, n] of list) {
      const slope = g(label, predicted);
      mean += (n / labels) * slope;
      square += (n / labels) * slope * slope;
    }
    const half = Z_95 * Math.sqrt(Math.max(0, square - mean * mean) / labels);
    if (score === 1) return [support / (support + Z_95 * Z_95), 1];
    if (score === 0) return [0, (Z_95 * Z_95) / (support + Z_95 * Z_95)];
    return [Math.max(0, score - half), Math.min(1, score + half)];
  };
  const categories = [...coefficients.keys()];
  return {
    weighted: around(scores.weighted, labels, (label, predicted) => influence(coefficients, label, predicted)),
    macro: around(scores.macro, labels, (label, predicted) => categories.reduce((sum, one) => sum + classInfluence(coefficients, one, label, predicted), 0) / categories.length),
    micro: around(scores.micro, labels, (label, predicted) => (label === predicted ? 1 : 0)),
    classes: new Map(scores.classes.flatMap(({ category, f1, support }): [string, Band][] => {
      const band = around(f1, support, (label, predicted) => classInfluence(coefficients, category, label, predicted));
      return band === undefined ? [] : [[category, band]];
    })),
  };
}
