// Fits the linear model of MODEL.md with TensorFlow.js: squared hinge, one against the rest, AdaGrad, sparse sums in both directions.
// The same rows, order, seed and backend give the same bits.
import type { Tensor2D, Tensor } from '@tensorflow/tfjs-core';
import { aisleOf, featureCount, featurise, type Features, type Recipe } from '../../schemas/features.ts';
import { createRandom } from '../../schemas/random.ts';
import { startBackend, type Tf } from './backend.ts';
import type { Scores } from './calibrate.ts';
import { columnsOf, type Columns } from './columns.ts';
import { pack, type Packed } from './pack.ts';

const LEARNING_RATE = 0.3;
/** The rate falls step by step, to a twentieth in the last one. */
const rateAt = (step: number, steps: number): number => LEARNING_RATE * (1 - (0.95 * step) / steps);
/** Few rows in large batches are few steps, and AdaGrad stops short of the goal: about so many steps an epoch, in batches of 64 to 400 rows. */
const STEPS = 144;
export const batchOf = (rows: number): number => Math.min(400, Math.max(64, Math.ceil(rows / STEPS)));
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
/** Rows with an aisle are learnt again without it, so that names without one are known too; the two stay together, as they share their features. Rows without any feature are left out. */
function rowsToLearn(input: readonly FitRow[], recipe: Recipe, cache: FeatureCache): Row[][] {
  return input.map((row) => {
    const { aisle, rest } = recipe.aisleTag ? aisleOf(row.text) : { aisle: '', rest: '' };
    const { label, weight, isHeldOut = false } = row;
    return (aisle === '' ? [row.text] : [row.text, rest]).map((text, i) => ({ features: featuresOf(text, recipe, cache), label, weight, isHeldOut, isGiven: i === 0 })).filter(({ features }) => features.index.length > 0);
  });
}

type Batch = ReturnType<typeof upload>;
/** copies: 1, or 2 to learn beside it without the rows held out: in numbers of their own, whose weight is 0 for those rows. sizes: of all columns. */
function upload(tf: Tf, rows: readonly Row[], packed: Packed, sizes: Float32Array, categories: number, copies: number) {
  const width = categories * copies;
  const count = packed.to - packed.from;
  const [weight, target, rowScale] = [new Float32Array(count * width), new Float32Array(count * width).fill(-1), new Float32Array(count)];
  rows.slice(packed.from, packed.to).forEach((row, r) => {
    rowScale[r] = row.features.rowScale;
    weight.fill(row.weight, r * width, r * width + categories).fill(row.isHeldOut ? 0 : row.weight, r * width + categories, (r + 1) * width);
    for (let copy = 0; copy < copies; copy += 1) target[r * width + copy * categories + row.label] = 1;
  });
  const size = new Float32Array(packed.columns.length * width);
  packed.columns.forEach((column, at) => size.fill(sizes[column] ?? 0, at * width, (at + 1) * width));
  return {
    size: tf.tensor2d(size, [packed.columns.length, width]), local: tf.tensor1d(packed.local, 'int32'), row: tf.tensor1d(packed.row, 'int32'), cscLocal: tf.tensor1d(packed.cscLocal, 'int32'), cscRow: tf.tensor1d(packed.cscRow, 'int32'),
    rowScale: tf.tensor2d(rowScale, [count, 1]), weight: tf.tensor2d(weight, [count, width]), target: tf.tensor2d(target, [count, width]),
  };
}

/** The rows of these numbers, and the way back. */
function take(table: Float32Array, rows: Int32Array, width: number): Float32Array {
  const taken = new Float32Array(rows.length * width);
  let to = 0;
  for (let i = 0; i < rows.length; i += 1) for (let from = (rows[i] ?? 0) * width, end = from + width; from < end; from += 1, to += 1) taken[to] = table[from] ?? 0;
  return taken;
}
function put(table: Float32Array, rows: Int32Array, width: number, taken: Float32Array): void {
  let from = 0;
  for (let i = 0; i < rows.length; i += 1) for (let to = (rows[i] ?? 0) * width, end = to + width; to < end; to += 1, from += 1) table[to] = taken[from] ?? 0;
}

/** values: per column the weight of its features times its size. squares: sums of squared gradients. */
type Table = { readonly values: Tensor2D; readonly squares: Tensor2D };
/** loss: sum over the rows of the epoch so far. */
type Rest = { readonly bias: Tensor; readonly biasSquares: Tensor; readonly loss: Tensor };

/** table: of the batch's columns. */
function step(tf: Tf, { values, squares }: Table, { bias, biasSquares, loss }: Rest, batch: Batch, categories: number, rate: number): { readonly table: Table; readonly rest: Rest } {
  return tf.tidy(() => {
    const z = tf.add(tf.mul(tf.sparse.sparseSegmentSum(values, batch.local, batch.row), batch.rowScale), bias);
    const short = tf.relu(tf.sub(1, tf.mul(batch.target, z)));
    const weighed = tf.mul(short, batch.weight);
    const slope = tf.neg(tf.mul(weighed, batch.target));
    const gradient = tf.sparse.sparseSegmentSum(tf.mul(slope, batch.rowScale) as Tensor2D, batch.cscRow, batch.cscLocal);
    const summed = tf.add(squares, tf.square(gradient)) as Tensor2D;
    const biasGradient = tf.sum(slope, 0);
    const newBiasSquares = tf.add(biasSquares, tf.square(biasGradient));
    return {
      table: { values: tf.sub(values, tf.mul(tf.mul(gradient, tf.rsqrt(summed)), tf.mul(batch.size, rate))) as Tensor2D, squares: summed },
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
  const rows = random.shuffle(rowsToLearn(input, recipe, cache)).flat();
  const space = featureCount(recipe);
  if (rows.length === 0) return new Float32Array((space + 1) * categories);
  const copies = afterEpoch !== undefined && rows.some(({ isHeldOut }) => isHeldOut) ? 2 : 1;
  const width = categories * copies;
  const columns = columnsOf(rows.map(({ features }) => features), space);
  const count = columns.size.length;
  const batches = pack(columns, batchOf(rows.length)).map((packed) => ({ here: packed.columns, tensors: upload(tf, rows, packed, columns.size, categories, copies) }));
  // The tables of all columns lie here, not in the backend: it has no way to change rows of a table without copying it whole.
  const [values, squares] = [new Float32Array(count * width), new Float32Array(count * width).fill(EPSILON)];
  let rest: Rest = { bias: tf.zeros([width]), biasSquares: tf.fill([width], EPSILON), loss: tf.scalar(0) };
  let kept: { readonly values: Float32Array; readonly bias: ArrayLike<number> } | undefined;

  async function heldOut(): Promise<Scores[]> {
    const bias = await rest.bias.data();
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
    for (const [i, { here, tensors }] of random.shuffle(batches).entries()) {
      const before: Table = { values: tf.tensor2d(take(values, here, width), [here.length, width]), squares: tf.tensor2d(take(squares, here, width), [here.length, width]) };
      const next = step(tf, before, rest, tensors, categories, rateAt(epoch * batches.length + i, epochs * batches.length));
      put(values, here, width, await next.table.values.data<'float32'>());
      put(squares, here, width, await next.table.squares.data<'float32'>());
      tf.dispose([{ ...before }, { ...rest }, { ...next.table }]);
      rest = next.rest;
    }
    const [loss = 0] = await rest.loss.data();
    tf.dispose(rest.loss);
    rest = { ...rest, loss: tf.scalar(0) };
    if ((await afterEpoch?.(epoch + 1, loss / rows.length, heldOut)) !== false) kept = { values: values.slice(), bias: await rest.bias.data() };
    // Lets the process hear its parent between epochs.
    await new Promise((resolve) => setImmediate(resolve));
  }
  tf.dispose([{ ...rest }, ...batches.map(({ tensors }) => ({ ...tensors }))]);
  return spread(columns, kept?.values ?? [], kept?.bias ?? [], width, categories);
}
