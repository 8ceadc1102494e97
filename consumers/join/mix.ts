// The mix of what a version answers: how often each category, and how sure. Its first predictions are the reference; its latest are held against them.
// An early warning that needs no labels: a metric and an alert, never an order to train. Kept per partition, in whole numbers, so that a replay gives the same.
import type { Probability } from '../../schemas/events.ts';
import { excessPsi } from './psi.ts';
import type { Shape } from './store.ts';

/** Lower ends of the cells of the top probability; the first begins at 0. */
const CONFIDENCE_FROM = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99] as const;
export type MixCounts = { total: number; readonly categories: number[]; readonly confidence: number[] };
/** names: the category of each cell. The latest predictions are `before` (full, as large as the reference) and `current` (filling): between one and two references of them. */
export type VersionMix = { readonly names: string[]; reference: MixCounts; before: MixCounts; current: MixCounts; /** broker time of the last prediction */ lastMs: number };
const noCounts = (): MixCounts => ({ total: 0, categories: [], confidence: [0, ...CONFIDENCE_FROM.map(() => 0)] });
export const versionKey = ({ modelName, modelVersion }: Pick<Shape, 'modelName' | 'modelVersion'>): string => `${modelName} ${modelVersion}`;

/** The largest probability; 0 without any. */
export function topOf(probabilities: readonly Probability[]): number {
  let top = 0;
  for (const { probability } of probabilities) if (probability > top) top = probability;
  return top;
}

export type Mixes = {
  /** One prediction that came for the first time. confidence: its top probability. */
  add(shape: Shape, confidence: number, timeMs: number): void;
  /** The version has no prediction left. */
  drop(key: string): void;
};

/** Over `mixes` (by versionKey), which it changes. size: predictions of one version and partition that are its reference; 0: none is kept. Constant work per prediction. */
export function createMixes(mixes: Map<string, VersionMix>, size: number): Mixes {
  // Thousands of predictions share a shape: where they count is looked up once.
  const places = new Map<Shape, { readonly mix: VersionMix; readonly cell: number }>();
  function placeOf(shape: Shape): { readonly mix: VersionMix; readonly cell: number } {
    const found = places.get(shape);
    if (found !== undefined) return found;
    const key = versionKey(shape);
    const mix = mixes.get(key) ?? { names: [], reference: noCounts(), before: noCounts(), current: noCounts(), lastMs: 0 };
    mixes.set(key, mix);
    const known = mix.names.indexOf(shape.category);
    const place = { mix, cell: known >= 0 ? known : mix.names.push(shape.category) - 1 };
    places.set(shape, place);
    return place;
  }
  return {
    add(shape, confidence, timeMs) {
      if (size === 0) return;
      const { mix, cell } = placeOf(shape);
      const counts = mix.reference.total < size ? mix.reference : mix.current;
      let sure = CONFIDENCE_FROM.length;
      while (sure > 0 && confidence < (CONFIDENCE_FROM[sure - 1] ?? 0)) sure -= 1;
      counts.total += 1;
      while (counts.categories.length <= cell) counts.categories.push(0);
      counts.categories[cell] = (counts.categories[cell] ?? 0) + 1;
      counts.confidence[sure] = (counts.confidence[sure] ?? 0) + 1;
      mix.lastMs = timeMs;
      if (counts !== mix.current || counts.total < size) return;
      mix.before = counts;
      mix.current = noCounts();
    },
    drop(key) {
      if (mixes.delete(key)) places.clear();
    },
  };
}

export type Drift = { readonly category: number; readonly confidence: number };
/** Of every model, for the version that answered last: how far its latest predictions are from its first (excess PSI), over all partitions that have a reference and as many after it. Absent before that. */
export function driftsOf(partitions: Iterable<readonly [key: string, mix: VersionMix]>): Map<string, Drift> {
  const all = [...partitions];
  const last = new Map<string, { readonly key: string; readonly lastMs: number }>();
  for (const [key, { lastMs }] of all) {
    const model = key.slice(0, key.indexOf(' '));
    if (lastMs > (last.get(model)?.lastMs ?? Number.NEGATIVE_INFINITY)) last.set(model, { key, lastMs });
  }
  const drifts = new Map<string, Drift>();
  for (const { key } of last.values()) {
    const mixes = all.filter(([one, { before }]) => one === key && before.total > 0).map(([, mix]) => mix);
    const category = compare(mixes, ({ names }, { categories }) => categories.map((count, i) => [names[i] ?? '', count]));
    const confidence = compare(mixes, (_mix, counts) => counts.confidence.map((count, i) => [String(i), count]));
    if (category !== undefined && confidence !== undefined) drifts.set(key, { category, confidence });
  }
  return drifts;
}

type CellCount = readonly [cell: string, count: number];
function sumOf(lists: readonly (readonly CellCount[])[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [cell, count] of lists.flat()) sums.set(cell, (sums.get(cell) ?? 0) + count);
  return sums;
}
function compare(mixes: readonly VersionMix[], cellsOf: (mix: VersionMix, counts: MixCounts) => readonly CellCount[]): number | undefined {
  const reference = sumOf(mixes.map((mix) => cellsOf(mix, mix.reference)));
  const latest = sumOf(mixes.flatMap((mix) => [cellsOf(mix, mix.before), cellsOf(mix, mix.current)]));
  const cells = [...new Set([...reference.keys(), ...latest.keys()])];
  return excessPsi(cells.map((cell) => reference.get(cell) ?? 0), cells.map((cell) => latest.get(cell) ?? 0));
}
