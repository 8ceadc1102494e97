// Counted cells, label x predicted, that only add and subtract.
export type Cells = Map<string, Map<string, number>>;

/** Adds `by` (1 or −1, or a whole bucket) at (label, predicted). Throws RangeError below zero: the log and the snapshot disagree. */
export function addTo(cells: Cells, label: string, predicted: string, by: number): void {
  let row = cells.get(label);
  if (row === undefined) cells.set(label, (row = new Map<string, number>()));
  const count = (row.get(predicted) ?? 0) + by;
  if (count < 0) throw new RangeError(`cell (${label}, ${predicted}) would be ${count}`);
  if (count > 0) row.set(predicted, count);
  else {
    row.delete(predicted);
    if (row.size === 0) cells.delete(label);
  }
}
/** Adds (sign 1) or takes out (sign −1) all of `source`. */
export function mergeInto(target: Cells, source: ReadonlyMap<string, ReadonlyMap<string, number>>, sign: 1 | -1 = 1): void {
  source.forEach((row, label) => row.forEach((n, predicted) => addTo(target, label, predicted, sign * n)));
}
