// Fits the linear model of MODEL.md with TensorFlow.js: squared hinge, one against the rest, AdaGrad, sparse sums in both directions.
// The same rows, order, seed and backend give the same bits.
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { aisleOf, featureCount, featurise, type Features, type Recipe } from '../schemas/features.ts';
import { createRandom } from '../schemas/random.ts';
import { startBackend, type Tf } from './backend.ts';
import { pack, type Packed, type PackedRow } from './pack.ts';

const LEARNING_RATE = 0.15;
const BATCH = 512;
const EPSILON = 1e-12;

export type FitRow = { readonly text: string; /** index of the category */ readonly label: number; readonly weight: number };
export type FeatureCache = Map<string, Features>;
/** loss: mean over the rows of the epoch. weights(): as they stand now, laid out as fit returns them. */
export type AfterEpoch = (epoch: number, loss: number, weights: () => Promise<Float32Array>) => Promise<void>;
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
  return texts.map(({ text, label, weight }) => ({ features: featuresOf(text, recipe, cache), label, weight })).filter((row) => row.features.index.length > 0);
}

type Batch = ReturnType<typeof upload>;
function upload(tf: Tf, { uniq, scale, local, row, cscLocal, cscRow, rowScale, weight, target }: Packed, categories: number) {
  const rows = weight.length;
  return {
    uniq: tf.tensor1d(uniq, 'int32'), at: tf.tensor2d(uniq, [uniq.length, 1], 'int32'), scale: tf.tensor2d(scale, [scale.length, 1]), local: tf.tensor1d(local, 'int32'), row: tf.tensor1d(row, 'int32'),
    cscLocal: tf.tensor1d(cscLocal, 'int32'), cscRow: tf.tensor1d(cscRow, 'int32'), rowScale: tf.tensor2d(rowScale, [rows, 1]), weight: tf.tensor2d(weight, [rows, 1]), target: tf.tensor2d(target, [rows, categories]),
  };
}
type State = { readonly weights: Tensor; readonly squares: Tensor; readonly bias: Tensor; readonly biasSquares: Tensor; /** sum over the rows of the epoch so far */ readonly loss: Tensor };

function step(tf: Tf, state: State, batch: Batch, rate: number): State {
  return tf.tidy(() => {
    const own = tf.gather(state.weights as Tensor2D, batch.uniq);
    const z = tf.add(tf.mul(tf.sparse.sparseSegmentSum(tf.mul(own, batch.scale), batch.local, batch.row), batch.rowScale), state.bias);
    const short = tf.relu(tf.sub(1, tf.mul(batch.target, z)));
    const weighed = tf.mul(short, batch.weight);
    const slope = tf.neg(tf.mul(weighed, batch.target));
    const gradient = tf.mul(tf.sparse.sparseSegmentSum(tf.mul(slope, batch.rowScale), batch.cscRow, batch.cscLocal), batch.scale);
    const ownSquares = tf.add(tf.gather(state.squares as Tensor2D, batch.uniq), tf.square(gradient));
    const biasGradient = tf.sum(slope, 0);
    const biasSquares = tf.add(state.biasSquares, tf.square(biasGradient));
    return {
      weights: tf.tensorScatterUpdate(state.weights, batch.at, tf.sub(own, tf.div(tf.mul(gradient, rate), tf.sqrt(ownSquares)))),
      squares: tf.tensorScatterUpdate(state.squares, batch.at, ownSquares),
      bias: tf.sub(state.bias, tf.div(tf.mul(biasGradient, rate), tf.sqrt(biasSquares))), biasSquares,
      loss: tf.add(state.loss, tf.sum(tf.mul(weighed, short))),
    };
  });
}

/** Weights as the scorer wants them: W row-major [features, categories], then b. */
export async function fit(input: readonly FitRow[], { categories, recipe, epochs, stopAfter = epochs, seed, cache, afterEpoch }: FitOptions): Promise<Float32Array> {
  const { tf } = await startBackend();
  const random = createRandom(seed);
  const rows = random.shuffle(rowsToLearn(input, recipe, cache));
  const features = featureCount(recipe);
  if (rows.length === 0) return new Float32Array((features + 1) * categories);
  // Only features that occur take part.
  const occurring: number[] = [];
  const place = new Int32Array(features).fill(-1);
  for (const one of rows) for (const feature of one.features.index) if ((place[feature] ?? 0) < 0) place[feature] = occurring.push(feature) - 1;
  const scratch = new Int32Array(features).fill(-1);
  const batches: Batch[] = [];
  for (let at = 0; at < rows.length; at += BATCH) batches.push(upload(tf, pack(rows.slice(at, at + BATCH), place, scratch, categories), categories));

  let state: State = { weights: tf.zeros([occurring.length, categories]), squares: tf.fill([occurring.length, categories], EPSILON), bias: tf.zeros([categories]), biasSquares: tf.fill([categories], EPSILON), loss: tf.scalar(0) };
  const spread = async (): Promise<Float32Array> => {
    const full = new Float32Array((features + 1) * categories);
    const learnt = await state.weights.data();
    occurring.forEach((feature, at) => {
      for (let c = 0; c < categories; c += 1) full[feature * categories + c] = learnt[at * categories + c] ?? 0;
    });
    full.set(await state.bias.data(), features * categories);
    return full;
  };
  for (let epoch = 0; epoch < stopAfter; epoch += 1) {
    const rate = LEARNING_RATE * (1 - (0.9 * epoch) / epochs);
    for (const batch of random.shuffle(batches)) {
      const next = step(tf, state, batch, rate);
      tf.dispose({ ...state });
      state = next;
    }
    const [loss = 0] = await state.loss.data();
    tf.dispose(state.loss);
    state = { ...state, loss: tf.scalar(0) };
    await afterEpoch?.(epoch + 1, loss / rows.length, spread);
    // Lets the process hear its parent between epochs.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const full = await spread();
  tf.dispose([{ ...state }, ...batches]);
  return full;
}
