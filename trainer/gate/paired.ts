// Two models on the same rows: how far apart they are, and how sure that is. Paired: what both get right or wrong alike moves neither.
import { addCell, emptyConfusion, type Confusion } from '../../schemas/confusion.ts';
import { scoresOf, type Scores } from '../../schemas/f1.ts';
import { mcNemarP } from '../model/evaluate.ts';

/** One row that both have answered. */
export type Pair = { readonly label: string; readonly champion: string; readonly challenger: string };
/** A challenger's figure less the champion's, with its standard error. */
export type Delta = { readonly delta: number; readonly error: number };
export type CategoryDelta = Delta & { readonly category: string; readonly support: number; readonly champion: number; readonly challenger: number };
export type Comparison = {
  readonly rows: number;
  readonly champion: Scores & { readonly cells: Confusion }; readonly challenger: Scores & { readonly cells: Confusion };
  /** of the weighted F1; undefined without rows */
  readonly weighted: Delta | undefined;
  /** every category that has labels, in sorted order */
  readonly categories: readonly CategoryDelta[];
  /** rows that only the challenger, or only the champion, has right; and McNemar's exact one-sided p of that */
  readonly gained: number; readonly lost: number; readonly pValue: number;
};
const Z_95 = 1.959963984540054;
export const bandOf = ({ delta, error }: Delta): readonly [low: number, high: number] => [delta - Z_95 * error, delta + Z_95 * error];

type Side = { readonly scores: Scores & { readonly cells: Confusion }; readonly f1: (category: string) => number; /** labels + predictions of a category */ readonly size: (category: string) => number };
function sideOf(counts: ReadonlyMap<string, readonly [label: string, predicted: string, n: number]>): Side {
  let cells = emptyConfusion;
  const size = new Map<string, number>();
  for (const [label, predicted, n] of counts.values()) {
    cells = addCell(cells, label, predicted, n);
    for (const category of [label, predicted]) size.set(category, (size.get(category) ?? 0) + n);
  }
  const scores = { ...scoresOf(cells), cells };
  const f1 = new Map(scores.classes.map((one) => [one.category, one.f1 ?? 0]));
  return { scores, f1: (category) => f1.get(category) ?? 0, size: (category) => size.get(category) ?? 0 };
}
/** What one row adds to F1 = 2h/D of a category: 2(1 − F)/D as a hit, −F/D as an error that has it as label or prediction. Over all rows it sums to 0. */
function influence({ f1, size }: Side, category: string, label: string, predicted: string): number {
  if ((label !== category && predicted !== category) || size(category) === 0) return 0;
  return label === predicted ? (2 * (1 - f1(category))) / size(category) : -f1(category) / size(category);
}

/** The delta method on paired rows: the variance of a difference is the sum of squared differences of influence. Half a row gained and half a row lost are added (after Agresti & Min 2005),
 *  so that a few rows, or rows answered alike, never claim certainty. */
export function compare(pairs: readonly Pair[]): Comparison {
  const [byChampion, byChallenger] = [new Map<string, [string, string, number]>(), new Map<string, [string, string, number]>()];
  const joint = new Map<string, { readonly pair: Pair; n: number }>();
  const count = (counts: Map<string, [string, string, number]>, label: string, predicted: string): void => {
    const key = JSON.stringify([label, predicted]);
    counts.set(key, [label, predicted, (counts.get(key)?.[2] ?? 0) + 1]);
  };
  for (const pair of pairs) {
    count(byChampion, pair.label, pair.champion);
    count(byChallenger, pair.label, pair.challenger);
    const key = JSON.stringify([pair.label, pair.champion, pair.challenger]);
    const known = joint.get(key);
    if (known === undefined) joint.set(key, { pair, n: 1 });
    else known.n += 1;
  }
  const [champion, challenger] = [sideOf(byChampion), sideOf(byChallenger)];
  const cells = [...joint.values()];
  let gained = 0;
  let lost = 0;
  for (const { pair, n } of cells) {
    if (pair.challenger === pair.label && pair.champion !== pair.label) gained += n;
    if (pair.challenger !== pair.label && pair.champion === pair.label) lost += n;
  }
  const rows = pairs.length;
  const supported = champion.scores.classes.filter((one) => one.support > 0);
  const errorOf = (slope: (side: Side, label: string, predicted: string) => number, halfRows: number): number =>
    Math.sqrt(cells.reduce((sum, { pair, n }) => sum + n * (slope(challenger, pair.label, pair.challenger) - slope(champion, pair.label, pair.champion)) ** 2, halfRows ** 2));
  const categories = supported.map(({ category, support }): CategoryDelta => {
    const [before, after] = [champion.f1(category), challenger.f1(category)];
    const halfRows = (2 - (before + after) / 2) / ((champion.size(category) + challenger.size(category)) / 2);
    return { category, support, champion: before, challenger: after, delta: after - before, error: errorOf((side, label, predicted) => influence(side, category, label, predicted), halfRows) };
  });
  const [before, after] = [champion.scores.weighted, challenger.scores.weighted];
  // W = Σ support·F / rows: a row changes its label's share, and F of the categories it names.
  const whole = (side: Side, label: string, predicted: string): number =>
    (side.f1(label) - (side.scores.weighted ?? 0) + supported.reduce((sum, { category, support }) => sum + support * influence(side, category, label, predicted), 0)) / rows;
  const weighted = before === undefined || after === undefined ? undefined : { delta: after - before, error: errorOf(whole, 1 / rows) };
  return { rows, champion: champion.scores, challenger: challenger.scores, weighted, categories, gained, lost, pValue: mcNemarP(gained, lost) };
}

/** z with P(Z > z) = level, for 0 < level < 1, to 1e-9: bisection over the error function's continued tail (Abramowitz & Stegun 26.2.17 is too coarse for small levels). */
export function zFor(level: number): number {
  let [low, high] = [-40, 40];
  for (let i = 0; i < 80; i += 1) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
/** P(Z > z) by the series for small |z| and Laplace's continued fraction for large. */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 4) {
    let fraction = z;
    for (let k = 60; k >= 1; k -= 1) fraction = z + k / fraction;
    return density / fraction;
  }
  let term = z;
  let sum = z;
  for (let k = 1; k < 200 && term > 1e-17 * sum; k += 1) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return 0.5 - density * sum;
}
