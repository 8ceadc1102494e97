// Fits the linear model of MODEL.md with TensorFlow.js: squared hinge, one against the rest, AdaGrad, sparse sums in both directions.
// The same rows, order, seed and backend give the same bits.
import * as tf from '@tensorflow/tfjs-core';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { aisleOf, featureCount, featurise, type Features, type Recipe } from '../schemas/features.ts';
import { createRandom } from '../schemas/random.ts';

const LEARNING_RATE = 0.15;
const BATCH = 512;
const EPSILON = 1e-12;

/** Starts the backend once and names it. Threads are off: with them sums may come in another order. */
let started: Promise<string> | undefined;
export function startBackend(): Promise<string> {
  started ??= (async () => {
    const home = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
    setWasmPaths(join(home, '/'));
    setThreadsCount(1);
    await tf.setBackend('wasm');
    await tf.ready();
    return tf.getBackend();
  })();
  return started;
}

export type FitRow = { readonly text: string; /** index of the category */ readonly label: number; readonly weight: number };
export type FitOptions = { readonly categories: number; readonly recipe: Recipe; readonly epochs: number; readonly seed: number; readonly cache: FeatureCache; readonly onEpoch?: (epoch: number) => void };
export type FeatureCache = Map<string, Features>;

function featuresOf(text: string, recipe: Recipe, cache: FeatureCache): Features {
  const found = cache.get(text) ?? featurise(text, recipe);
  cache.set(text, found);
  return found;
}

type Row = { readonly features: Features; readonly label: number; readonly weight: number };
type Batch = { readonly uniq: tf.Tensor1D; readonly scale: tf.Tensor2D; readonly local: tf.Tensor1D; readonly row: tf.Tensor1D; readonly rowScale: tf.Tensor2D; readonly target: tf.Tensor2D; readonly weight: tf.Tensor2D; readonly cscRow: tf.Tensor1D; readonly cscLocal: tf.Tensor1D };

/** Packs rows for sums by row (CSR) and by feature (CSC). Every row has a feature, so no segment is empty. */
function pack(rows: readonly Row[], compact: ReadonlyMap<number, number>, categories: number): Batch {
  const localOf = new Map<number, number>();
  const uniq: number[] = [];
  const scale: number[] = [];
  const local: number[] = [];
  const row: number[] = [];
  rows.forEach(({ features }, r) => {
    features.index.forEach((feature, k) => {
      let at = localOf.get(feature);
      if (at === undefined) {
        at = uniq.length;
        localOf.set(feature, at);
        uniq.push(compact.get(feature) ?? 0);
        scale.push(features.scale[k] ?? 0);
      }
      local.push(at);
      row.push(r);
    });
  });
  const starts = new Int32Array(uniq.length + 1);
  for (const at of local) starts[at + 1] = (starts[at + 1] ?? 0) + 1;
  for (let i = 0; i < uniq.length; i += 1) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0);
  const cscRow = new Int32Array(local.length);
  const cscLocal = new Int32Array(local.length);
  local.forEach((at, k) => {
    const place = starts[at] ?? 0;
    cscRow[place] = row[k] ?? 0;
    cscLocal[place] = at;
    starts[at] = place + 1;
  });
  const target = new Float32Array(rows.length * categories).fill(-1);
  rows.forEach((one, r) => (target[r * categories + one.label] = 1));
  return {
    uniq: tf.tensor1d(uniq, 'int32'), scale: tf.tensor2d(scale, [scale.length, 1]), local: tf.tensor1d(local, 'int32'), row: tf.tensor1d(row, 'int32'),
    rowScale: tf.tensor2d(rows.map((one) => one.features.rowScale), [rows.length, 1]), target: tf.tensor2d(target, [rows.length, categories]), weight: tf.tensor2d(rows.map((one) => one.weight), [rows.length, 1]),
    cscRow: tf.tensor1d(cscRow, 'int32'), cscLocal: tf.tensor1d(cscLocal, 'int32'),
  };
}

/** Weights as schemas/manifest.ts lays them out: W row-major [features, categories], then b. Rows without any feature are left out. */
export async function fit(input: readonly FitRow[], { categories, recipe, epochs, seed, cache, onEpoch }: FitOptions): Promise<Float32Array> {
  await startBackend();
  const random = createRandom(seed);
  // Rows with an aisle are learnt again without it, so that names without one are known too.
  const texts = recipe.aisleTag ? input.flatMap((row) => (aisleOf(row.text).aisle === '' ? [row] : [row, { ...row, text: aisleOf(row.text).rest }])) : input;
  const rows: Row[] = random.shuffle(texts.map(({ text, label, weight }) => ({ features: featuresOf(text, recipe, cache), label, weight })).filter((row) => row.features.index.length > 0));
  const compact = new Map<number, number>();
  for (const { features } of rows) for (const feature of features.index) if (!compact.has(feature)) compact.set(feature, compact.size);
  const full = new Float32Array((featureCount(recipe) + 1) * categories);
  if (rows.length === 0) return full;

  const batches: Batch[] = [];
  for (let at = 0; at < rows.length; at += BATCH) batches.push(pack(rows.slice(at, at + BATCH), compact, categories));
  let weights = tf.zeros([compact.size, categories]) as tf.Tensor2D;
  let squares = tf.fill([compact.size, categories], EPSILON) as tf.Tensor2D;
  let bias = tf.zeros([categories]) as tf.Tensor1D;
  let biasSquares = tf.fill([categories], EPSILON) as tf.Tensor1D;

  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const rate = LEARNING_RATE * (1 - (0.9 * epoch) / epochs);
    for (const batch of random.shuffle(batches)) {
      const next = tf.tidy(() => {
        const own = tf.gather(weights, batch.uniq);
        const z = tf.add(tf.mul(tf.sparse.sparseSegmentSum(tf.mul(own, batch.scale), batch.local, batch.row), batch.rowScale), bias);
        const slope = tf.neg(tf.mul(tf.mul(tf.relu(tf.sub(1, tf.mul(batch.target, z))), batch.target), batch.weight));
        const gradient = tf.mul(tf.sparse.sparseSegmentSum(tf.mul(slope, batch.rowScale), batch.cscRow, batch.cscLocal), batch.scale);
        const ownSquares = tf.add(tf.gather(squares, batch.uniq), tf.square(gradient));
        const biasGradient = tf.sum(slope, 0);
        const newBiasSquares = tf.add(biasSquares, tf.square(biasGradient));
        const at = tf.expandDims(batch.uniq, 1);
        return {
          weights: tf.tensorScatterUpdate(weights, at, tf.sub(own, tf.div(tf.mul(gradient, rate), tf.sqrt(ownSquares)))),
          squares: tf.tensorScatterUpdate(squares, at, ownSquares),
          bias: tf.sub(bias, tf.div(tf.mul(biasGradient, rate), tf.sqrt(newBiasSquares))),
          biasSquares: newBiasSquares,
        };
      });
      tf.dispose([weights, squares, bias, biasSquares]);
      weights = next.weights as tf.Tensor2D;
      squares = next.squares as tf.Tensor2D;
      bias = next.bias as tf.Tensor1D;
      biasSquares = next.biasSquares as tf.Tensor1D;
    }
    onEpoch?.(epoch + 1);
    // Lets the process hear its parent between epochs.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const learnt = await weights.data();
  for (const [feature, at] of compact) full.set(learnt.subarray(at * categories, (at + 1) * categories), feature * categories);
  full.set(await bias.data(), featureCount(recipe) * categories);
  tf.dispose([weights, squares, bias, biasSquares, ...batches.flatMap((batch) => Object.values(batch))]);
  return full;
}

/** Temperature that minimises the negative log-likelihood of softmax(T z) on held-out rows, by golden section over [0.25, 16]. 1 without rows. */
export function fitTemperature(scores: readonly { readonly z: readonly number[]; readonly label: number }[]): number {
  if (scores.length === 0) return 1;
  const loss = (temperature: number): number => scores.reduce((sum, { z, label }) => {
    const peak = Math.max(...z);
    return sum - temperature * ((z[label] ?? 0) - peak) + Math.log(z.reduce((total, value) => total + Math.exp(temperature * (value - peak)), 0));
  }, 0);
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.25), Math.log(16)];
  for (let i = 0; i < 40; i += 1) {
    const left = high - golden * (high - low);
    const right = low + golden * (high - low);
    if (loss(Math.exp(left)) < loss(Math.exp(right))) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}
