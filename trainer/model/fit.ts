// Fits the linear model of MODEL.md with TensorFlow.js: squared hinge, one against the rest, AdaGrad, sparse sums in both directions.
// The same rows, order, seed and backend give the same bits.
import type { Tensor2D, Tensor } from '@tensorflow/tfjs-core';
import { aisleOf, featureCount, featurise, type Features, type Recipe } from '../../schemas/features.ts';
import { createRandom } from '../../schemas/random.ts';
import { startBackend, type Tf } from './backend.ts';
import type { Scores } from './calibrate.ts';
import { columnsOf, type Columns } from './columns.ts';
import { pack, type Packed } from './pack.ts';

const LEARNING_RATE = 0.2;
/** Few rows in large batches are few steps, and AdaGrad stops short of the goal: about so many steps an epoch, in batches of 64 to 512 rows. */
const STEPS = 112;
export const batchOf = (rows: number): number => Math.min(512, Math.max(64, Math.ceil(rows / STEPS)));
/** Batches that share a table: a step copies its table whole, so it had better be small. */
const GROUP = 8;
const EPSILON = 1e-12;

export type FitRow = { readonly text: string; /** index of the category */ readonly label: number; readonly weight: number; /** no part of the copy that `heldOut` speaks of */ readonly isHeldOut?: boolean };
export type FeatureCache = Map<string, Features>;
/** Scores of the rows held out, by a copy that learns beside the model, in the same steps, without them. */
export type HeldOut = () => Promise<readonly Scores[]>;
/** loss: mean over the rows of the epoch, as it was while they were learnt. Resolves with whether the model as it stands is to be kept instead of an earlier one. */
export type AfterEpoch = (epoch: number, loss: number, heldOut: HeldOut) => Promise<boolean>;
/** stopAfter: epochs really made of a schedule of `epochs`; all by default. */
export type FitOptions = { readonly categories: number; readonly recipe: Recipe; readonly epochs: number; readonly stopAfter?: number | undefined; readonly seed: number; readonly cache: FeatureCache; readonly afterEpoch?: AfterEpoch };

function featuresOf(text: string, recipe: Recipe, cache: FeatureCache): Features {
  const found = cache.get(text) ?? featurise(text, recipe);
  cache.set(text, found);
  return found;
}
/** isGiven: as it came, not once more without its aisle. */
type Row = { readonly features: Features; readonly label: number; readonly weight: number; readonly isHeldOut: boolean; readonly isGiven: boolean };
/** Rows with an aisle are learnt again without it, so that names without one are known too. Rows without any feature are left out. */
function rowsToLearn(input: readonly FitRow[], recipe: Recipe, cache: FeatureCache): Row[] {
  const rows: Row[] = [];
  const add = (text: string, { label, weight, isHeldOut = false }: FitRow, isGiven: boolean): void => {
    const features = featuresOf(text, recipe, cache);
    if (features.index.length > 0) rows.push({ features, label, weight, isHeldOut, isGiven });
  };
  for (const row of input) {
    add(row.text, row, true);
    const { aisle, rest } = recipe.aisleTag ? aisleOf(row.text) : { aisle: '', rest: '' };
    if (aisle !== '') add(rest, row, false);
  }
  return rows;
}

type Batch = ReturnType<typeof upload>;
/** copies: 1, or 2 to learn beside it without the rows held out: in columns of their own, whose weight is 0 for those rows. size: of the columns of the group. */
function upload(tf: Tf, rows: readonly Row[], packed: Packed, size: Float32Array, categories: number, copies: number) {
  const width = categories * copies;
  const [count, uniq] = [packed.to - packed.from, packed.columns.length];
  const [weight, target, rowScale] = [new Float32Array(count * width), new Float32Array(count * width).fill(-1), new Float32Array(count)];
  rows.slice(packed.from, packed.to).forEach((row, r) => {
    rowScale[r] = row.features.rowScale;
    weight.fill(row.weight, r * width, r * width + categories).fill(row.isHeldOut ? 0 : row.weight, r * width + categories, (r + 1) * width);
    for (let copy = 0; copy < copies; copy += 1) target[r * width + copy * categories + row.label] = 1;
  });
  return {
    places: placesIn(tf, packed.columns), size: tf.tensor2d(Float32Array.from(packed.columns, (column) => size[column] ?? 0), [uniq, 1]),
    local: tf.tensor1d(packed.local, 'int32'), row: tf.tensor1d(packed.row, 'int32'), cscLocal: tf.tensor1d(packed.cscLocal, 'int32'), cscRow: tf.tensor1d(packed.cscRow, 'int32'),
    rowScale: tf.tensor2d(rowScale, [count, 1]), weight: tf.tensor2d(weight, [count, width]), target: tf.tensor2d(target, [count, width]),
  };
}

type Places = ReturnType<typeof placesIn>;
const placesIn = (tf: Tf, rows: Int32Array) => ({ rows: tf.tensor1d(rows, 'int32'), each: tf.range(0, rows.length, 1, 'int32'), at: tf.tensor2d(rows, [rows.length, 1], 'int32') });
/** A sum over one row each: gather is several times slower on either backend. */
const take = (tf: Tf, table: Tensor2D, { rows, each }: Places): Tensor2D => tf.sparse.sparseSegmentSum(table, rows, each) as Tensor2D;
const put = (tf: Tf, table: Tensor2D, { at }: Places, moved: Tensor2D): Tensor2D => tf.tensorScatterUpdate(table, at, moved) as Tensor2D;

/** values: per column the weight of its features times its size. squares: sums of squared gradients. */
type Table = { readonly values: Tensor2D; readonly squares: Tensor2D };
/** loss: sum over the rows of the epoch so far. */
type Rest = { readonly bias: Tensor; readonly biasSquares: Tensor; readonly loss: Tensor };

function step(tf: Tf, { values, squares }: Table, { bias, biasSquares, loss }: Rest, batch: Batch, categories: number, rate: number): { readonly table: Table; readonly rest: Rest } {
  return tf.tidy(() => {
    const before = take(tf, values, batch.places);
    const z = tf.add(tf.mul(tf.sparse.sparseSegmentSum(before, batch.local, batch.row), batch.rowScale), bias);
    const short = tf.relu(tf.sub(1, tf.mul(batch.target, z)));
    const weighed = tf.mul(short, batch.weight);
    const slope = tf.neg(tf.mul(weighed, batch.target));
    const gradient = tf.sparse.sparseSegmentSum(tf.mul(slope, batch.rowScale) as Tensor2D, batch.cscRow, batch.cscLocal);
    const summed = tf.add(take(tf, squares, batch.places), tf.square(gradient)) as Tensor2D;
    const moved = tf.sub(before, tf.mul(tf.mul(gradient, tf.rsqrt(summed)), tf.mul(batch.size, rate))) as Tensor2D;
    const biasGradient = tf.sum(slope, 0);
    const newBiasSquares = tf.add(biasSquares, tf.square(biasGradient));
    return {
      table: { values: put(tf, values, batch.places, moved), squares: put(tf, squares, batch.places, summed) },
      rest: { bias: tf.sub(bias, tf.div(tf.mul(biasGradient, rate), tf.sqrt(newBiasSquares))), biasSquares: newBiasSquares, loss: tf.add(loss, tf.sum(tf.slice(tf.mul(weighed, short), [0, 0], [-1, categories]))) },
    };
  });
}

/** W row-major [features, categories], then b, from the columns' values. */
function spread({ columnOf, size }: Columns, values: ArrayLike<number>, bias: ArrayLike<number>, width: number, categories: number): Float32Array {
  const features = columnOf.length;
  const full = new Float32Array((features + 1) * categories);
  for (let feature = 0; feature < features; feature += 1) {
    const column = columnOf[feature] ?? -1;
    if (column >= 0) for (let c = 0; c < categories; c += 1) full[feature * categories + c] = (values[column * width + c] ?? 0) / (size[column] ?? 1);
  }
  for (let c = 0; c < categories; c += 1) full[features * categories + c] = bias[c] ?? 0;
  return full;
}

/** Resolves with the weights of the epoch last kept, without `afterEpoch` of the last one, as the scorer wants them: W row-major [features, categories], then b. */
export async function fit(input: readonly FitRow[], { categories, recipe, epochs, stopAfter = epochs, seed, cache, afterEpoch }: FitOptions): Promise<Float32Array> {
  const { tf } = await startBackend();
  const random = createRandom(seed);
  const rows = random.shuffle(rowsToLearn(input, recipe, cache));
  const space = featureCount(recipe);
  if (rows.length === 0) return new Float32Array((space + 1) * categories);
  const copies = afterEpoch !== undefined && rows.some(({ isHeldOut }) => isHeldOut) ? 2 : 1;
  const width = categories * copies;
  const columns = columnsOf(rows.map(({ features }) => features), space);
  const count = columns.size.length;
  const groups = pack(columns, batchOf(rows.length), GROUP).map((group) => {
    const size = Float32Array.from(group.columns, (column) => columns.size[column] ?? 0);
    return { places: placesIn(tf, group.columns), batches: group.batches.map((batch) => upload(tf, rows, batch, size, categories, copies)) };
  });
  let all: Table = { values: tf.zeros([count, width]), squares: tf.fill([count, width], EPSILON) };
  let rest: Rest = { bias: tf.zeros([width]), biasSquares: tf.fill([width], EPSILON), loss: tf.scalar(0) };
  let kept: { readonly values: Tensor; readonly bias: Tensor } | undefined;

  async function heldOut(): Promise<Scores[]> {
    const [values, bias] = [await all.values.data(), await rest.bias.data()];
    const scores: Scores[] = [];
    rows.forEach(({ features: { rowScale }, label, isHeldOut, isGiven }, r) => {
      if (!isHeldOut || !isGiven) return;
      const z = new Array<number>(categories).fill(0);
      for (let i = columns.starts[r] ?? 0; i < (columns.starts[r + 1] ?? 0); i += 1) for (let c = 0; c < categories; c += 1) z[c] = (z[c] ?? 0) + (values[(columns.of[i] ?? 0) * width + width - categories + c] ?? 0);
      scores.push({ z: z.map((sum, c) => sum * rowScale + (bias[width - categories + c] ?? 0)), label });
    });
    return scores;
  }
  for (let epoch = 0; epoch < stopAfter; epoch += 1) {
    const rate = LEARNING_RATE * (1 - (0.9 * epoch) / epochs);
    for (const { places, batches } of random.shuffle(groups)) {
      let table: Table = { values: take(tf, all.values, places), squares: take(tf, all.squares, places) };
      for (const batch of random.shuffle(batches)) {
        const next = step(tf, table, rest, batch, categories, rate);
        tf.dispose([{ ...table }, { ...rest }]);
        ({ table, rest } = next);
      }
      const whole = { values: put(tf, all.values, places, table.values), squares: put(tf, all.squares, places, table.squares) };
      tf.dispose([{ ...table }, { ...all }]);
      all = whole;
    }
    const [loss = 0] = await rest.loss.data();
    tf.dispose(rest.loss);
    rest = { ...rest, loss: tf.scalar(0) };
    if ((await afterEpoch?.(epoch + 1, loss / rows.length, heldOut)) !== false) {
      tf.dispose({ ...kept });
      kept = { values: tf.clone(all.values), bias: tf.clone(rest.bias) };
    }
    // Lets the process hear its parent between epochs.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const full = spread(columns, (await kept?.values.data()) ?? [], (await kept?.bias.data()) ?? [], width, categories);
  tf.dispose([{ ...all }, { ...rest }, { ...kept }, ...groups.map(({ places, batches }) => ({ ...places, batches: batches.map((batch) => ({ ...batch })) }))]);
  return full;
}
