// Rows packed for sums by row (CSR) and by feature (CSC): what one step of training needs, as plain arrays.
import type { Features } from '../../schemas/features.ts';

/** label: index of the category. isHeldOut: without weight while the epoch is chosen. */
export type PackedRow = { readonly features: Features; readonly label: number; readonly weight: number; readonly isHeldOut: boolean };
/** Entry k says that feature `local[k]` of the batch stands in row `row[k]`; rows ascend. cscLocal and cscRow are the same entries ordered by feature.
 *  Features of the batch: first the shared ones (their places in the table of all batches), then those that no other batch has (their numbers). */
export type Packed = {
  readonly shared: Int32Array; readonly own: Int32Array; readonly scale: Float32Array; readonly local: Int32Array; readonly row: Int32Array; readonly cscLocal: Int32Array; readonly cscRow: Int32Array;
  readonly rowScale: Float32Array; readonly weight: Float32Array; /** +1 in the row's own category, −1 elsewhere */ readonly target: Float32Array;
};

/** Features that occur in two batches or more, in order of their appearance. Each of the others is the concern of one batch, which keeps the common table small. */
export function sharedFeatures(batches: readonly (readonly PackedRow[])[], space: number): number[] {
  const seenIn = new Int32Array(space);
  const shared: number[] = [];
  const MANY = -1;
  batches.forEach((rows, b) => {
    for (const { features } of rows) {
      const { index } = features;
      for (let i = 0; i < index.length; i += 1) {
        const feature = index[i] ?? 0;
        const seen = seenIn[feature] ?? 0;
        if (seen === 0) seenIn[feature] = b + 1;
        else if (seen !== b + 1 && seen !== MANY) {
          seenIn[feature] = MANY;
          shared.push(feature);
        }
      }
    }
  });
  return shared;
}

const NOTHING: Features = { index: new Uint32Array(), scale: new Float32Array(), rowScale: 0 };
/** place: feature → its place in the common table, −1 for others. scratch: as long as the feature space, filled with −1, and left so. Every row has a feature, so no segment is empty. */
export function pack(rows: readonly PackedRow[], place: Int32Array, scratch: Int32Array, categories: number): Packed {
  const entries = rows.reduce((sum, { features }) => sum + features.index.length, 0);
  const [shared, own] = [new Int32Array(entries), new Int32Array(entries)];
  const [sharedScale, ownScale] = [new Float32Array(entries), new Float32Array(entries)];
  const [local, row] = [new Int32Array(entries), new Int32Array(entries)];
  let [sharedCount, ownCount, k] = [0, 0, 0];
  // Plain loops: this runs for every feature of every row. Own features are numbered from −2 downwards until the shared ones are counted.
  for (let r = 0; r < rows.length; r += 1) {
    const { index, scale } = rows[r]?.features ?? NOTHING;
    for (let i = 0; i < index.length; i += 1) {
      const feature = index[i] ?? 0;
      let at = scratch[feature] ?? -1;
      if (at === -1) {
        if ((place[feature] ?? -1) >= 0) {
          shared[sharedCount] = feature;
          sharedScale[sharedCount] = scale[i] ?? 0;
          at = sharedCount;
          sharedCount += 1;
        } else {
          own[ownCount] = feature;
          ownScale[ownCount] = scale[i] ?? 0;
          at = -2 - ownCount;
          ownCount += 1;
        }
        scratch[feature] = at;
      }
      local[k] = at;
      row[k] = r;
      k += 1;
    }
  }
  for (let i = 0; i < entries; i += 1) if ((local[i] ?? 0) < 0) local[i] = sharedCount - 2 - (local[i] ?? 0);
  const count = sharedCount + ownCount;
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < entries; i += 1) starts[(local[i] ?? 0) + 1] = (starts[(local[i] ?? 0) + 1] ?? 0) + 1;
  for (let i = 0; i < count; i += 1) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0);
  const [cscLocal, cscRow] = [new Int32Array(entries), new Int32Array(entries)];
  for (let i = 0; i < entries; i += 1) {
    const at = local[i] ?? 0;
    const to = starts[at] ?? 0;
    cscRow[to] = row[i] ?? 0;
    cscLocal[to] = at;
    starts[at] = to + 1;
  }
  const target = new Float32Array(rows.length * categories).fill(-1);
  rows.forEach(({ label }, r) => {
    target[r * categories + label] = 1;
  });
  for (let i = 0; i < sharedCount; i += 1) scratch[shared[i] ?? 0] = -1;
  for (let i = 0; i < ownCount; i += 1) scratch[own[i] ?? 0] = -1;
  const scale = new Float32Array(count);
  scale.set(sharedScale.subarray(0, sharedCount));
  scale.set(ownScale.subarray(0, ownCount), sharedCount);
  return {
    shared: shared.subarray(0, sharedCount).map((feature) => place[feature] ?? 0), own: own.slice(0, ownCount), scale, local, row, cscLocal, cscRow,
    rowScale: Float32Array.from(rows, ({ features }) => features.rowScale), weight: Float32Array.from(rows, ({ weight }) => weight), target,
  };
}
