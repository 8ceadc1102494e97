// What a benchmark is: figures from several alternating runs, bars to hold them against, one way to print both.
import { bold, green, red } from '../stack/say.ts';

/** One figure over its runs. unit: as printed (`events/CPU-s`, `ms`). */
export type Figure = { readonly name: string; readonly unit: string; readonly runs: readonly number[] };
/** A promise about the figures: what is wanted, what was seen (in words), whether it holds. */
export type Bar = { readonly name: string; readonly wanted: string; readonly seen: string; readonly holds: boolean };
/** Figures that are no runs: one row per thing compared. undefined: there is none. */
export type Table = { readonly title: string; readonly head: readonly string[]; readonly rows: readonly (readonly (string | number | undefined)[])[] };
export type BenchResult = { readonly bench: string; readonly seed: number; readonly figures: readonly Figure[]; readonly bars: readonly Bar[]; readonly tables?: readonly Table[]; /** what a reader must know: sizes, versions, what was left out */ readonly notes: readonly string[] };
export type BenchOptions = {
  readonly seed: number;
  /** repetitions asked for; undefined: the benchmark's own default */
  readonly runs: number | undefined;
  /** 1: the size the bars are made for; smaller for a quick look */
  readonly scale: number;
  /** other systems to measure beside ours; undefined: all */
  readonly peers: readonly string[] | undefined;
  /** CSV file instead of what a benchmark makes itself, for those that read one */
  readonly dataset: string | undefined;
  /** folder for what is fetched once: servers, and the packages of other systems (LOOP_CACHE) */
  readonly cache: string;
  /** progress, one line at a time (stderr) */
  readonly say: (line: string) => void;
};
export type Bench = { readonly name: string; readonly about: string; run(options: BenchOptions): Promise<BenchResult> };

export type Spread = { readonly min: number; readonly median: number; readonly max: number };
/** Throws RangeError without runs. */
export function spreadOf(runs: readonly number[]): Spread {
  const sorted = [...runs].sort((a, b) => a - b);
  const at = (i: number): number => {
    const value = sorted[i];
    if (value === undefined) throw new RangeError('a figure needs at least one run');
    return value;
  };
  const middle = Math.floor(sorted.length / 2);
  return { min: at(0), median: sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2, max: at(sorted.length - 1) };
}
/** The q-quantile (nearest rank) of values; undefined without any. */
export function quantileOf(values: readonly number[], q: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

const shown = (value: number): string => (Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : value === 0 ? '0' : Number(value.toPrecision(4)).toString());

/** Words to the left, numbers to the right. */
function aligned(head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[], words: number): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell === undefined ? '–' : shown(cell))));
  const widths = head.map((word, i) => Math.max(word.length, ...cells.map((row) => (row[i] ?? '').length)));
  return [head, ...cells].map((row) => row.map((cell, i) => (i < words ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '));
}

export function renderResult({ bench, seed, figures, bars, tables = [], notes }: BenchResult): string[] {
  const rows = figures.map(({ name, unit, runs }) => {
    const { min, median, max } = spreadOf(runs);
    return [name, unit, min, median, max, runs.length];
  });
  return [
    bold(`bench ${bench} (seed ${seed})`), ...tables.flatMap(({ title, head, rows: body }) => [title, ...aligned(head, body, 1), '']), ...aligned(['figure', 'unit', 'min', 'median', 'max', 'runs'], rows, 2), '',
    ...bars.map(({ name, wanted, seen, holds }) => `${holds ? green('holds ') : red('MISSED')}  ${name}: wanted ${wanted}, seen ${seen}`),
    ...notes.map((note) => `note: ${note}`),
  ];
}
