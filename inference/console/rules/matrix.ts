// The confusion matrix as a table: rows are what people say, columns what the model said.
import type { Cell } from './wire.ts';

/** share: of the row's labels. level: how dark, 0 to 4, 0 for none. */
export type MatrixCell = { readonly label: string; readonly predicted: string; readonly count: number; readonly share: number; readonly right: boolean; readonly level: number };
export type Matrix = { readonly names: readonly string[]; readonly rows: readonly { readonly label: string; readonly total: number; readonly cells: readonly MatrixCell[] }[]; readonly total: number; readonly wrong: number };

const LEVELS: readonly number[] = [0.03, 0.12, 0.35];
const levelOf = (share: number): number => (share === 0 ? 0 : 1 + LEVELS.filter((least) => share >= least).length);

/** In the order of the model's categories, others behind them. */
export function matrixOf(cells: readonly Cell[], categories: readonly string[]): Matrix {
  const others = [...new Set(cells.flatMap(({ label, predicted }) => [label, predicted]))].filter((name) => !categories.includes(name)).toSorted();
  const names = [...categories, ...others];
  const countOf = new Map(cells.map(({ label, predicted, count }) => [JSON.stringify([label, predicted]), count]));
  const rows = names.map((label) => {
    const counts = names.map((predicted) => countOf.get(JSON.stringify([label, predicted])) ?? 0);
    const total = counts.reduce((sum, one) => sum + one, 0);
    return { label, total, cells: names.map((predicted, i): MatrixCell => {
      const count = counts[i] ?? 0;
      const share = total === 0 ? 0 : count / total;
      return { label, predicted, count, share, right: label === predicted, level: levelOf(share) };
    }) };
  });
  const total = rows.reduce((sum, row) => sum + row.total, 0);
  return { names, rows, total, wrong: rows.reduce((sum, row) => sum + row.cells.reduce((errors, cell) => errors + (cell.right ? 0 : cell.count), 0), 0) };
}

/** The first letters of a category's words, for narrow columns: "Dry Goods & Pantry Staples" is DGPS. Two that come out the same are told apart by a number. */
export function shortNames(names: readonly string[]): string[] {
  const short = names.map((name) => [...name.matchAll(/[\p{L}\p{N}]+/gu)].map(([word]) => word[0]?.toUpperCase() ?? '').join('').slice(0, 4) || '?');
  return short.map((one, i) => {
    const same = short.filter((other) => other === one).length;
    return same === 1 ? one : `${one}${short.slice(0, i + 1).filter((other) => other === one).length}`;
  });
}
