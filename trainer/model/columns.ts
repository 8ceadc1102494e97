// Features that stand in exactly the same rows are one column of the training: AdaGrad moves them alike, so one number does for all.
import type { Features } from '../../schemas/features.ts';

/** Row r has the columns of[starts[r]] … of[starts[r + 1] − 1], numbered in the order they appear. columnOf: feature → its column, −1 where no row has it. size: per column, the sum of its features' scales. */
export type Columns = { readonly starts: Int32Array; readonly of: Int32Array; readonly columnOf: Int32Array; readonly size: Float32Array };

/** Feature → the number of the set of rows it stands in; 0: in none. Row by row, every set is parted into those that have the row and those that have not. */
function setsOf(rows: readonly Features[], space: number): { readonly setOf: Int32Array; readonly sets: number } {
  const entries = rows.reduce((sum, { index }) => sum + index.length, 0);
  const setOf = new Int32Array(space);
  // Two numbers a set, side by side in memory: the row that parted it last, and the set of those that had this row.
  const parted = new Int32Array(2 * (entries + 1)).fill(-1);
  let sets = 1;
  for (let r = 0; r < rows.length; r += 1) {
    const { index } = rows[r] ?? NOTHING;
    for (let k = 0; k < index.length; k += 1) {
      const feature = index[k] ?? 0;
      const set = setOf[feature] ?? 0;
      if (parted[2 * set] !== r) {
        parted[2 * set] = r;
        parted[2 * set + 1] = sets;
        sets += 1;
      }
      setOf[feature] = parted[2 * set + 1] ?? 0;
    }
  }
  return { setOf, sets };
}
const NOTHING: Features = { index: new Uint32Array(), scale: new Float32Array(), rowScale: 0 };

/** space: number of all features of the recipe. */
export function columnsOf(rows: readonly Features[], space: number): Columns {
  const { setOf, sets } = setsOf(rows, space);
  const columnOfSet = new Int32Array(sets).fill(-1);
  const [firstRow, lastRow, sizes] = [new Int32Array(sets), new Int32Array(sets).fill(-1), new Float32Array(sets)];
  const starts = new Int32Array(rows.length + 1);
  const of = new Int32Array(rows.reduce((sum, { index }) => sum + index.length, 0));
  let [columns, at] = [0, 0];
  for (let r = 0; r < rows.length; r += 1) {
    const { index, scale } = rows[r] ?? NOTHING;
    for (let k = 0; k < index.length; k += 1) {
      const set = setOf[index[k] ?? 0] ?? 0;
      let column = columnOfSet[set] ?? -1;
      if (column === -1) {
        column = columns;
        columns += 1;
        columnOfSet[set] = column;
        firstRow[column] = r;
      } else if (lastRow[column] === r) {
        if (firstRow[column] === r) sizes[column] = (sizes[column] ?? 0) + (scale[k] ?? 0);
        continue;
      }
      if (firstRow[column] === r) sizes[column] = scale[k] ?? 0;
      lastRow[column] = r;
      of[at] = column;
      at += 1;
    }
    starts[r + 1] = at;
  }
  // Set 0 was never given a column.
  const columnOf = setOf;
  for (let feature = 0; feature < space; feature += 1) columnOf[feature] = columnOfSet[setOf[feature] ?? 0] ?? -1;
  return { starts, of: of.slice(0, at), columnOf, size: sizes.slice(0, columns) };
}
