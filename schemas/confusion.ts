// Confusion cells, label x predicted. Cells only add and subtract, so a correction is exact.

/** counts.get(label)?.get(predicted) = number of labelled predictions, never negative; zero cells are absent. */
export type Confusion = ReadonlyMap<string, ReadonlyMap<string, number>>;

export const emptyConfusion: Confusion = new Map();

/** The cells with `by` (may be negative) added at (label, predicted). Throws RangeError below zero: that is a broken fold. */
export function addCell(cells: Confusion, label: string, predicted: string, by: number): Confusion {
  const row = new Map(cells.get(label));
  const count = (row.get(predicted) ?? 0) + by;
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`cell (${label}, ${predicted}) would be ${count}`);
  if (count === 0) row.delete(predicted);
  else row.set(predicted, count);
  const next = new Map(cells);
  if (row.size === 0) next.delete(label);
  else next.set(label, row);
  return next;
}

const inOrder = <V>(of: ReadonlyMap<string, V>): string[] => [...of.keys()].sort();

/** Visits every non-zero cell, in the order of label, then predicted. */
export function forEachCell(cells: Confusion, visit: (label: string, predicted: string, count: number) => void): void {
  for (const label of inOrder(cells)) {
    const row = cells.get(label);
    if (row === undefined) continue;
    for (const predicted of inOrder(row)) visit(label, predicted, row.get(predicted) ?? 0);
  }
}
/** Every non-zero cell as [label, predicted, count], in the order of label, then predicted. */
export function cellsOf(cells: Confusion): [label: string, predicted: string, count: number][] {
  const list: [string, string, number][] = [];
  forEachCell(cells, (label, predicted, count) => void list.push([label, predicted, count]));
  return list;
}
