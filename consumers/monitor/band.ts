// The 95 % band of a weighted F1 by the delta method (Takahashi et al. 2022): var = (Σ p g² − (Σ p g)²) / n.
import { cellsOf, type Confusion } from '../../schemas/confusion.ts';
import { scoresOf } from '../../schemas/f1.ts';
import { coefficientsOf, influence } from './score.ts';

const Z_95 = 1.959963984540054;
/** [low, high] within [0, 1], or undefined without labels. */
export function bandOf(cells: Confusion): readonly [number, number] | undefined {
  const { weighted, labels } = scoresOf(cells);
  const coefficients = coefficientsOf(cells, 1);
  if (weighted === undefined || coefficients === undefined) return undefined;
  let mean = 0;
  let square = 0;
  for (const [label, predicted, n] of cellsOf(cells)) {
    const g = influence(coefficients, label, predicted);
    mean += (n / labels) * g;
    square += (n / labels) * g * g;
  }
  const half = Z_95 * Math.sqrt(Math.max(0, square - mean * mean) / labels);
  return [Math.max(0, weighted - half), Math.min(1, weighted + half)];
}
