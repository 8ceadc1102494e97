// Texts to probabilities in batches, by typed arrays (as served) or by a TensorFlow.js backend; in a process of its own. Arguments: arrays | wasm | node, folder of tfjs-node, file of the model, file of the texts.
// One line of JSON: rows a second by batch size, and the answers to the first texts.
import { readFileSync } from 'node:fs';
import { DEFAULT_RECIPE, featureCount, featurise } from '../../schemas/features.ts';
import { createScorer } from '../../schemas/scorer.ts';
import { startBackend } from '../../trainer/model/backend.ts';

export type PredictorTold = { readonly perSecond: Readonly<Record<string, number>>; readonly answers: readonly (readonly number[])[] };
type ModelFile = { readonly categories: readonly string[]; readonly temperature: number; readonly weightsFile: string };
const BATCHES = [1, 10, 100, 1000, 10_000];
const COMPARED = 2000;
const SECONDS = 1.5;
const [how = '', nativeHome = '', modelFile = '', textsFile = ''] = process.argv.slice(2);
const { categories, temperature, weightsFile } = JSON.parse(readFileSync(modelFile, 'utf8')) as ModelFile;
const weights = new Float32Array(new Uint8Array(readFileSync(weightsFile)).buffer);
const texts = JSON.parse(readFileSync(textsFile, 'utf8')) as string[];
const width = categories.length;

type Predict = (batch: readonly string[]) => ArrayLike<number>[] | Promise<ArrayLike<number>[]>;
function byArrays(): Predict {
  const score = createScorer({ categories, recipe: DEFAULT_RECIPE, temperature }, weights);
  return (batch) => batch.map((text) => score(text).probabilities);
}
/** The same arithmetic as one sum over the rows of all texts: every weight already carries the scale of its kind of feature. */
async function byTensors(choice: 'wasm' | 'node'): Promise<Predict> {
  const { tf } = await startBackend({ choice, nativeHomes: [nativeHome] });
  const count = featureCount(DEFAULT_RECIPE);
  const scaleOf = new Float32Array(count).fill(1);
  for (const text of texts) {
    const { index, scale } = featurise(text, DEFAULT_RECIPE);
    index.forEach((feature, k) => (scaleOf[feature] = scale[k] ?? 1));
  }
  const scaled = weights.slice(0, count * width);
  for (let at = 0; at < scaled.length; at += 1) scaled[at] = (scaled[at] ?? 0) * (scaleOf[Math.floor(at / width)] ?? 1);
  const [table, bias] = [tf.tensor2d(scaled, [count, width]), tf.tensor1d(weights.slice(count * width))];
  return async (batch) => {
    const found = batch.map((text) => featurise(text, DEFAULT_RECIPE));
    const total = found.reduce((sum, { index }) => sum + index.length, 0);
    const [indices, segments, scales] = [new Int32Array(total), new Int32Array(total), new Float32Array(batch.length)];
    let at = 0;
    found.forEach(({ index, rowScale }, row) => {
      indices.set(index, at);
      segments.fill(row, at, (at += index.length));
      scales[row] = rowScale;
    });
    const out = tf.tidy(() => {
      const sums = tf.sparse.sparseSegmentSum(table, tf.tensor1d(indices, 'int32'), tf.tensor1d(segments, 'int32'));
      return tf.softmax(tf.mul(tf.add(tf.mul(sums, tf.tensor2d(scales, [batch.length, 1])), bias), temperature)) as ReturnType<typeof tf.tensor2d>;
    });
    const values = await out.data();
    out.dispose();
    return batch.map((_, row) => values.subarray(row * width, (row + 1) * width));
  };
}
const predict = how === 'arrays' ? byArrays() : await byTensors(how === 'node' ? 'node' : 'wasm');
const answers = (await predict(texts.slice(0, COMPARED))).map((one) => Array.from(one));
const perSecond: Record<string, number> = {};
for (const size of BATCHES) {
  const batches = Array.from({ length: 20 }, (_, b) => Array.from({ length: size }, (_unused, i) => texts[(b * size + i) % texts.length] ?? ''));
  for (let i = 0, until = performance.now() + 300; performance.now() < until; i += 1) await predict(batches[i % batches.length] ?? []);
  const started = performance.now();
  let rows = 0;
  for (let i = 0; performance.now() - started < SECONDS * 1000; i += 1) rows += (await predict(batches[i % batches.length] ?? [])).length;
  perSecond[size] = rows / ((performance.now() - started) / 1000);
}
const told: PredictorTold = { perSecond, answers };
console.log(JSON.stringify(told));
