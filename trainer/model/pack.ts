// Rows packed for sums by row (CSR) and by column (CSC): what the steps of a training need, as plain arrays.
import type { Columns } from './columns.ts';

/** Rows `from` up to before `to`. columns: those of the batch, by their numbers among all. Entry k says that column `columns[local[k]]` stands in row `row[k]` of the batch; rows ascend. cscLocal and cscRow are the same entries ordered by column. */
export type Packed = { readonly from: number; readonly to: number; readonly columns: Int32Array; readonly local: Int32Array; readonly row: Int32Array; readonly cscLocal: Int32Array; readonly cscRow: Int32Array };

/** Each number by its place among the distinct ones, which keep the order of appearance. scratch: longer than the highest number, filled with −1, and left so. */
function placesOf(numbers: Int32Array, scratch: Int32Array): { readonly distinct: Int32Array; readonly places: Int32Array } {
  const [distinct, places] = [new Int32Array(numbers.length), new Int32Array(numbers.length)];
  let count = 0;
  // Plain loops here and below: they run for every entry of every row.
  for (let i = 0; i < numbers.length; i += 1) {
    const number = numbers[i] ?? 0;
    if (scratch[number] === -1) {
      scratch[number] = count;
      distinct[count] = number;
      count += 1;
    }
    places[i] = scratch[number] ?? 0;
  }
  for (let i = 0; i < count; i += 1) scratch[distinct[i] ?? 0] = -1;
  return { distinct: distinct.slice(0, count), places };
}

/** The same entries ordered by column, rows ascending within one: a counting sort. */
function byColumn(local: Int32Array, row: Int32Array, columns: number): { readonly cscLocal: Int32Array; readonly cscRow: Int32Array } {
  const next = new Int32Array(columns + 1);
  for (let i = 0; i < local.length; i += 1) next[(local[i] ?? 0) + 1] = (next[(local[i] ?? 0) + 1] ?? 0) + 1;
  for (let i = 0; i < columns; i += 1) next[i + 1] = (next[i + 1] ?? 0) + (next[i] ?? 0);
  const [cscLocal, cscRow] = [new Int32Array(local.length), new Int32Array(local.length)];
  for (let i = 0; i < local.length; i += 1) {
    const at = local[i] ?? 0;
    const to = next[at] ?? 0;
    cscRow[to] = row[i] ?? 0;
    cscLocal[to] = at;
    next[at] = to + 1;
  }
  return { cscLocal, cscRow };
}

/** All rows in batches of `batch` rows. Every row has a column and every column a row, so sums reach all of them. */
export function pack({ starts, of, size }: Columns, batch: number): Packed[] {
  const rows = starts.length - 1;
  const scratch = new Int32Array(size.length).fill(-1);
  const batches: Packed[] = [];
  for (let from = 0; from < rows; from += batch) {
    const to = Math.min(rows, from + batch);
    const offset = starts[from] ?? 0;
    const { distinct: columns, places: local } = placesOf(of.subarray(offset, starts[to]), scratch);
    const row = new Int32Array(local.length);
    for (let r = from; r < to; r += 1) row.fill(r - from, (starts[r] ?? 0) - offset, (starts[r + 1] ?? 0) - offset);
    batches.push({ from, to, columns, local, row, ...byColumn(local, row, columns.length) });
  }
  return batches;
}
