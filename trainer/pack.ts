// Rows packed for sums by row (CSR) and by feature (CSC): what one step of training needs, as plain arrays.
import type { Features } from '../schemas/features.ts';

/** label: index of the category. */
export type PackedRow = { readonly features: Features; readonly label: number; readonly weight: number };
/** Entry k says that feature uniq[local[k]] stands in row row[k]; rows ascend. cscLocal and cscRow are the same entries ordered by feature. */
export type Packed = {
  readonly uniq: Int32Array; readonly scale: Float32Array; readonly local: Int32Array; readonly row: Int32Array; readonly cscLocal: Int32Array; readonly cscRow: Int32Array;
  readonly rowScale: Float32Array; readonly weight: Float32Array; /** +1 in the row's own category, −1 elsewhere */ readonly target: Float32Array;
};

/** place: feature → its place among the features that occur. scratch: at least as long as the feature space, filled with −1, and left so. Every row has a feature, so no segment is empty. */
export function pack(rows: readonly PackedRow[], place: Int32Array, scratch: Int32Array, categories: number): Packed {
  const entries = rows.reduce((sum, { features }) => sum + features.index.length, 0);
  const [local, row] = [new Int32Array(entries), new Int32Array(entries)];
  const seen: number[] = [];
  const scales: number[] = [];
  let k = 0;
  rows.forEach(({ features: { index, scale } }, r) => {
    for (let i = 0; i < index.length; i += 1) {
      const feature = index[i] ?? 0;
      let at = scratch[feature] ?? -1;
      if (at < 0) {
        at = seen.length;
        scratch[feature] = at;
        seen.push(feature);
        scales.push(scale[i] ?? 0);
      }
      local[k] = at;
      row[k] = r;
      k += 1;
    }
  });
  const starts = new Int32Array(seen.length + 1);
  for (let i = 0; i < entries; i += 1) starts[(local[i] ?? 0) + 1] = (starts[(local[i] ?? 0) + 1] ?? 0) + 1;
  for (let i = 0; i < seen.length; i += 1) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0);
  const [cscLocal, cscRow] = [new Int32Array(entries), new Int32Array(entries)];
  for (let i = 0; i < entries; i += 1) {
    const at = local[i] ?? 0;
    const to = starts[at] ?? 0;
    cscRow[to] = row[i] ?? 0;
    cscLocal[to] = at;
    starts[at] = to + 1;
  }
  const target = new Float32Array(rows.length * categories).fill(-1);
  rows.forEach(({ label }, r) => (target[r * categories + label] = 1));
  for (const feature of seen) scratch[feature] = -1;
  return {
    uniq: Int32Array.from(seen, (feature) => place[feature] ?? 0), scale: Float32Array.from(scales), local, row, cscLocal, cscRow,
    rowScale: Float32Array.from(rows, ({ features }) => features.rowScale), weight: Float32Array.from(rows, ({ weight }) => weight), target,
  };
}
