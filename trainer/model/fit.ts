// Fits the linear model of MODEL.md with TensorFlow.js: squared hinge, one against the rest, AdaGrad, sparse sums in both directions.
// The same rows, order, seed and backend give the same bits.
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { aisleOf, featureCount, featurise, type Features, type Recipe } from '../../schemas/features.ts';
import { createRandom } from '../../schemas/random.ts';
import { startBackend, type Tf } from './backend.ts';
import { pack, sharedFeatures, type PackedRow } from './pack.ts';

const LEARNING_RATE = 0.15;
const BATCH = 512;
const EPSILON = 1e-12;

export type FitRow = { readonly text: string; /** index of the category */ readonly label: number; readonly weight: number; /** no part of `without` */ readonly isHeldOut?: boolean };
export type FeatureCache = Map<string, Features>;
/** Weights as the scorer wants them: W row-major [features, categories], then b. weights: learnt from all rows. without: learnt beside it, in the same steps, from those that are not held out. */
export type Standing = { weights(): Promise<Float32Array>; without(): Promise<Float32Array> };
/** loss: mean over the rows of the epoch, as it was while they were learnt. */
export type AfterEpoch = (epoch: number, loss: number, standing: Standing) => Promise<void>;
/** stopAfter: epochs really made of a schedule of `epochs`; all by default. */
export type FitOptions = { readonly categories: number; readonly recipe: Recipe; readonly epochs: number; readonly stopAfter?: number | undefined; readonly seed: number; readonly cache: FeatureCache; readonly afterEpoch?: AfterEpoch };

function featuresOf(text: string, recipe: Recipe, cache: FeatureCache): Features {
  const found = cache.get(text) ?? featurise(text, recipe);
  cache.set(text, found);
  return found;
}
/** Rows with an aisle are learnt again without it, so that names without one are known too. Rows without any feature are left out. */
function rowsToLearn(input: readonly FitRow[], recipe: Recipe, cache: FeatureCache): PackedRow[] {
  const texts = recipe.aisleTag ? input.flatMap((row) => (aisleOf(row.text).aisle === '' ? [row] : [row, { ...row, text: aisleOf(row.text).rest }])) : input;
  return texts.map(({ text, label, weight, isHeldOut = false }) => ({ features: featuresOf(text, recipe, cache), label, weight, isHeldOut })).filter((row) => row.features.index.length > 0);
}

type Batch = ReturnType<typeof upload>;
/** copies: 1, or 2 to learn beside it without the rows held out: in columns of their own, whose weight is 0 for those rows. */
function upload(tf: Tf, rows: readonly PackedRow[], place: Int32Array, scratch: Int32Array, categories: number, copies: number) {
  const { shared, own, scale, local, row, cscLocal, cscRow, rowScale, weight, target } = pack(rows, place, scratch, categories);
  const width = categories * copies;
  const weights = Float32Array.from({ length: rows.length * width }, (_, i) => (i % width >= categories && rows[Math.floor(i / width)]?.isHeldOut === true ? 0 : (weight[Math.floor(i / width)] ?? 0)));
  const targets = tf.tensor2d(target, [rows.length, categories]);
  const tensors = {
    uniq: tf.tensor1d(shared, 'int32'), at: tf.tensor2d(shared, [shared.length, 1], 'int32'), scale: tf.tensor2d(scale, [scale.length, 1]), local: tf.tensor1d(local, 'int32'), row: tf.tensor1d(row, 'int32'),
    cscLocal: tf.tensor1d(cscLocal, 'int32'), cscRow: tf.tensor1d(cscRow, 'int32'), rowScale: tf.tensor2d(rowScale, [rows.length, 1]), weight: tf.tensor2d(weights, [rows.length, width]), target: copies === 1 ? targets : tf.concat([targets, targets], 1),
  };
  if (copies > 1) tf.dispose(targets);
  return { tensors, sharedCount: shared.length, own };
}

/** Weights and sums of squared gradients. */
type Table = { readonly weights: Tensor; readonly squares: Tensor };
/** common: features of several batches. own: per batch, those of no other. loss: sum over the rows of the epoch so far. */
type State = { readonly common: Table; readonly bias: Tensor; readonly biasSquares: Tensor; readonly loss: Tensor };

/** The rows a batch needs of both tables, and both tables with those rows moved. Either part may be empty, which not every kernel takes. */
const rowsFor = (tf: Tf, common: Tensor, own: Tensor, { tensors, sharedCount, own: { length } }: Batch): Tensor => {
  if (sharedCount === 0) return own;
  const gathered = tf.gather(common as Tensor2D, tensors.uniq);
  return length === 0 ? gathered : tf.concat([gathered, own as Tensor2D]);
};
const rowsBack = (tf: Tf, moved: Tensor, common: Tensor, own: Tensor, { tensors, sharedCount, own: { length } }: Batch): { readonly common: Tensor; readonly own: Tensor } => {
  if (sharedCount === 0) return { common: tf.clone(common), own: moved };
  if (length === 0) return { common: tf.tensorScatterUpdate(common, tensors.at, moved), own: tf.clone(own) };
  const [shared, rest] = tf.split(moved, [sharedCount, length]);
  return { common: tf.tensorScatterUpdate(common, tensors.at, shared as Tensor2D), own: rest as Tensor2D };
};

function step(tf: Tf, { common, bias, biasSquares, loss }: State, own: Table, packed: Batch, categories: number, rate: number): { readonly state: State; readonly own: Table } {
  const batch = packed.tensors;
  return tf.tidy(() => {
    const weights = rowsFor(tf, common.weights, own.weights, packed);
    const z = tf.add(tf.mul(tf.sparse.sparseSegmentSum(tf.mul(weights, batch.scale), batch.local, batch.row), batch.rowScale), bias);
    const short = tf.relu(tf.sub(1, tf.mul(batch.target, z)));
    const weighed = tf.mul(short, batch.weight);
    const slope = tf.neg(tf.mul(weighed, batch.target));
    const gradient = tf.mul(tf.sparse.sparseSegmentSum(tf.mul(slope, batch.rowScale), batch.cscRow, batch.cscLocal), batch.scale);
    const squares = tf.add(rowsFor(tf, common.squares, own.squares, packed), tf.square(gradient));
    const moved = rowsBack(tf, tf.sub(weights, tf.div(tf.mul(gradient, rate), tf.sqrt(squares))), common.weights, own.weights, packed);
    const summed = rowsBack(tf, squares, common.squares, own.squares, packed);
    const biasGradient = tf.sum(slope, 0);
    const newBiasSquares = tf.add(biasSquares, tf.square(biasGradient));
    return {
      state: {
        common: { weights: moved.common, squares: summed.common },
        bias: tf.sub(bias, tf.div(tf.mul(biasGradient, rate), tf.sqrt(newBiasSquares))), biasSquares: newBiasSquares, loss: tf.add(loss, tf.sum(tf.slice(tf.mul(weighed, short), [0, 0], [-1, categories]))),
      },
      own: { weights: moved.own, squares: summed.own },
    };
  });
}

/** Resolves with the weights after the last epoch. */
export async function fit(input: readonly FitRow[], { categories, recipe, epochs, stopAfter = epochs, seed, cache, afterEpoch }: FitOptions): Promise<Float32Array> {
  const { tf } = await startBackend();
  const random = createRandom(seed);
  const rows = random.shuffle(rowsToLearn(input, recipe, cache));
  const space = featureCount(recipe);
  if (rows.length === 0) return new Float32Array((space + 1) * categories);
  const copies = afterEpoch !== undefined && rows.some(({ isHeldOut }) => isHeldOut) ? 2 : 1;
  const width = categories * copies;
  const slices = Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, i) => rows.slice(i * BATCH, (i + 1) * BATCH));
  const shared = sharedFeatures(slices, space);
  const place = new Int32Array(space).fill(-1);
  for (const [at, feature] of shared.entries()) place[feature] = at;
  const scratch = new Int32Array(space).fill(-1);
  const batches = slices.map((slice) => upload(tf, slice, place, scratch, categories, copies));
  const fresh = (features: number): Table => ({ weights: tf.zeros([features, width]), squares: tf.fill([features, width], EPSILON) });
  let state: State = { common: fresh(shared.length), bias: tf.zeros([width]), biasSquares: tf.fill([width], EPSILON), loss: tf.scalar(0) };
  const owns = new Map<Batch, Table>(batches.map((batch) => [batch, fresh(batch.own.length)]));

  /** copy: 0 for all rows, the last for those not held out. */
  async function spread(copy: number): Promise<Float32Array> {
    const full = new Float32Array((space + 1) * categories);
    const put = (features: ArrayLike<number>, values: ArrayLike<number>): void => {
      for (let i = 0; i < features.length; i += 1) for (let c = 0; c < categories; c += 1) full[(features[i] ?? 0) * categories + c] = values[i * width + copy * categories + c] ?? 0;
    };
    put(shared, await state.common.weights.data());
    for (const [batch, own] of owns) put(batch.own, await own.weights.data());
    put([space], await state.bias.data());
    return full;
  }
  for (let epoch = 0; epoch < stopAfter; epoch += 1) {
    const rate = LEARNING_RATE * (1 - (0.9 * epoch) / epochs);
    for (const batch of random.shuffle(batches)) {
      const own = owns.get(batch) ?? fresh(batch.own.length);
      const next = step(tf, state, own, batch, categories, rate);
      tf.dispose([{ ...state }, { ...own }]);
      owns.set(batch, next.own);
      state = next.state;
    }
    const [loss = 0] = await state.loss.data();
    tf.dispose(state.loss);
    state = { ...state, loss: tf.scalar(0) };
    await afterEpoch?.(epoch + 1, loss / rows.length, { weights: () => spread(0), without: () => spread(copies - 1) });
    // Lets the process hear its parent between epochs.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const full = await spread(0);
  tf.dispose([{ ...state }, ...owns.values(), ...batches.map(({ tensors }) => tensors)]);
  return full;
}
