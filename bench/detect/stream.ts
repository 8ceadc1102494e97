// Simulated labels with a known truth: categories with Zipf shares, one confusion structure, and the error rate solved for so that the weighted F1 of the
// *expected* cells is exactly the wanted one. A label is one byte: label index × categories + predicted index.
import type { Confusion } from '../../schemas/confusion.ts';
import { scoresOf } from '../../schemas/f1.ts';
import type { Random } from '../../schemas/random.ts';

/** How likely each cell is; row-major [label][predicted], sums to 1. */
export type Truth = { readonly categories: number; readonly cells: Float64Array };
export const nameOf = (category: number): string => `c${category}`;
/** One byte must hold a cell. */
export const MOST_CATEGORIES = 16;

/** r_i ∝ 1/(i + 1). */
export function zipfShares(categories: number): number[] {
  const weights = Array.from({ length: categories }, (_, i) => 1 / (i + 1));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Where errors go. `near`: to near categories more than to far ones, to common more than to rare ones, and rare categories err up to twice as often as the commonest.
 *  `leaning`: almost all to the commonest category. `catchall`: almost all to the rarest, as to a category "other". `even`: every category has the same F1, recall and precision. */
export const STRUCTURES = ['near', 'leaning', 'catchall', 'even'] as const;
export type Structure = (typeof STRUCTURES)[number];

/** The truth at an error level in [0, 1]. */
export function truthAt(categories: number, structure: Structure, level: number): Truth {
  const shares = zipfShares(categories);
  const cells = new Float64Array(categories * categories);
  /** errors: share of label i's predictions that are wrong; pull: weights of where they go */
  const fill = (i: number, errors: number, pull: readonly number[]): void => {
    const sum = pull.reduce((a, b) => a + b, 0);
    pull.forEach((weight, j) => (cells[i * categories + j] = (shares[i] ?? 0) * (i === j ? 1 - errors : (errors * weight) / sum)));
  };
  const even = structure === 'even' ? balanced(shares) : [];
  shares.forEach((_, i) => {
    switch (structure) {
      case 'near':
        return fill(i, Math.min(1, (level * (1 + i / (categories - 1))) / 2), shares.map((other, j) => (j === i ? 0 : other * 0.5 ** Math.abs(i - j))));
      case 'leaning':
      case 'catchall': {
        const sink = structure === 'leaning' ? 0 : categories - 1;
        const next = structure === 'leaning' ? 1 : 0;
        return fill(i, i === sink ? level / 10 : level, shares.map((__, j) => (j === (i === sink ? next : sink) ? 1 : 0)));
      }
      case 'even':
        return fill(i, level, shares.map((__, j) => (j === i ? 0 : (even[i] ?? 0) * (even[j] ?? 0))));
    }
  });
  return { categories, cells };
}
/** Factors a with Σ_{j≠i} a_i a_j = share_i: errors that keep every category as often predicted as it is true. Needs no share above one half. */
function balanced(shares: readonly number[]): number[] {
  let a = shares.map(Math.sqrt);
  for (let round = 0, change = 1; round < 2000 && change > 1e-15; round += 1) {
    const sum = a.reduce((x, y) => x + y, 0);
    const next = a.map((one, i) => Math.sqrt((one * (shares[i] ?? 0)) / (sum - one)));
    change = Math.max(...next.map((one, i) => Math.abs(one - (a[i] ?? 0))));
    a = next;
  }
  return a;
}

/** As counted cells (of probability), for the one F1 function of the project. */
export function confusionOf({ categories, cells }: Truth): Confusion {
  const rows = new Map<string, Map<string, number>>();
  for (let i = 0; i < categories; i += 1) {
    const row = new Map<string, number>();
    for (let j = 0; j < categories; j += 1) row.set(nameOf(j), cells[i * categories + j] ?? 0);
    rows.set(nameOf(i), row);
  }
  return rows;
}
export const weightedF1Of = (truth: Truth): number => scoresOf(confusionOf(truth)).weighted ?? 0;
export function accuracyOf({ categories, cells }: Truth): number {
  let sum = 0;
  for (let i = 0; i < categories; i += 1) sum += cells[i * categories + i] ?? 0;
  return sum;
}

/** The truth whose `metric` is `wanted`, found by bisection to the last bits. Throws RangeError where no error level gives it. */
export function truthWith(categories: number, wanted: number, structure: Structure = 'near', metric: (truth: Truth) => number = weightedF1Of): Truth {
  if (categories < 2 || categories > MOST_CATEGORIES) throw new RangeError(`2 to ${MOST_CATEGORIES} categories, not ${categories}`);
  let low = 0;
  let high = 1;
  if (metric(truthAt(categories, structure, low)) < wanted || metric(truthAt(categories, structure, high)) > wanted) throw new RangeError(`no error level gives ${wanted} with ${categories} categories`);
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (metric(truthAt(categories, structure, middle)) >= wanted) low = middle;
    else high = middle;
  }
  return truthAt(categories, structure, low);
}

/** The truth among labels that are, or were taken for, one category. */
export function concerning({ categories, cells }: Truth, category: number): Truth {
  const kept = cells.map((p, cell) => (Math.floor(cell / categories) === category || cell % categories === category ? p : 0));
  const sum = kept.reduce((a, b) => a + b, 0);
  return { categories, cells: kept.map((p) => p / sum) };
}

/** Draws cells one by one in constant time (Walker's alias table). */
export function samplerOf({ cells }: Truth): (random: Random) => number {
  const n = cells.length;
  const keep = Float64Array.from(cells, (p) => p * n);
  const alias = Uint8Array.from({ length: n }, (_, i) => i);
  const small: number[] = [];
  const large: number[] = [];
  keep.forEach((p, i) => (p < 1 ? small : large).push(i));
  for (;;) {
    const less = small.pop();
    const more = large.pop();
    if (less === undefined || more === undefined) break;
    alias[less] = more;
    const rest = (keep[more] ?? 0) + (keep[less] ?? 0) - 1;
    keep[more] = rest;
    (rest < 1 ? small : large).push(more);
  }
  return (random) => {
    const at = random.next() * n;
    const cell = Math.floor(at);
    return at - cell < (keep[cell] ?? 1) ? cell : (alias[cell] ?? cell);
  };
}

/** One stream: stretches of labels, each with its own truth, one byte a label. */
export function drawStream(random: Random, stretches: readonly { readonly sample: (random: Random) => number; readonly labels: number }[]): Uint8Array {
  const bytes = new Uint8Array(stretches.reduce((sum, { labels }) => sum + labels, 0));
  let at = 0;
  for (const { sample, labels } of stretches) for (const end = at + labels; at < end; at += 1) bytes[at] = sample(random);
  return bytes;
}
