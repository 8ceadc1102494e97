// The fit against the same rules written down plainly, and what its tricks must not change: which batch a feature lives in, which rows are held out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memory } from '@tensorflow/tfjs-core';
import { DEFAULT_RECIPE, featureCount, featurise, type Recipe } from '../../schemas/features.ts';
import { createRandom } from '../../schemas/random.ts';
import { fit, type FitRow } from './fit.ts';

const recipe: Recipe = { ...DEFAULT_RECIPE, wordBits: 14, aisleTag: false };
const WORDS = Array.from({ length: 400 }, (_, i) => `w${i}`);
/** Rows whose first word tells the category, mostly; enough for several batches when asked. */
function rowsOf(count: number, seed: number): FitRow[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => ({ text: `k${random.below(3)} ${random.pick(WORDS)} ${random.pick(WORDS)} U${i}`, label: random.below(10) === 0 ? 1 : i % 2, weight: 1 + (i % 3) }));
}
/** AdaGrad on the squared hinge, row by row, in doubles. */
function plainly(rows: readonly FitRow[], categories: number, epochs: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const known = random.shuffle(rows.map((row) => ({ ...row, features: featurise(row.text, recipe) })));
  const batches = Array.from({ length: Math.ceil(known.length / 512) }, (_, i) => known.slice(i * 512, (i + 1) * 512));
  const size = (featureCount(recipe) + 1) * categories;
  const [weights, squares] = [new Float64Array(size), new Float64Array(size).fill(1e-12)];
  const biasAt = size - categories;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (const batch of random.shuffle(batches)) {
      const gradient = new Map<number, number>();
      const add = (at: number, by: number): void => void gradient.set(at, (gradient.get(at) ?? 0) + by);
      for (const { features: { index, scale, rowScale }, label, weight } of batch) {
        for (let c = 0; c < categories; c += 1) {
          let z = weights[biasAt + c] ?? 0;
          index.forEach((feature, k) => (z += (weights[feature * categories + c] ?? 0) * (scale[k] ?? 0) * rowScale));
          const target = c === label ? 1 : -1;
          const slope = -Math.max(0, 1 - target * z) * target * weight;
          index.forEach((feature, k) => add(feature * categories + c, slope * (scale[k] ?? 0) * rowScale));
          add(biasAt + c, slope);
        }
      }
      for (const [at, by] of gradient) {
        squares[at] = (squares[at] ?? 0) + by * by;
        weights[at] = (weights[at] ?? 0) - (0.15 * (1 - (0.9 * epoch) / epochs) * by) / Math.sqrt(squares[at] ?? 1);
      }
    }
  }
  return weights;
}
const options = (rows: number) => ({ categories: 2, recipe, epochs: 3, seed: rows, cache: new Map() });

for (const count of [1, 40, 512, 1300]) {
  test(`${count} rows: what TensorFlow.js learns is what the rules say`, async () => {
    const rows = rowsOf(count, 5);
    const learnt = await fit(rows, options(count));
    const wanted = plainly(rows, 2, 3, count);
    const worst = learnt.reduce((most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? Number.NaN))), 0);
    // AdaGrad's first step is all sign: a gradient that is nearly 0 may go either way in single precision, a rule broken goes far.
    assert.ok(worst < 0.02, String(worst));
    assert.ok(learnt.some((value) => Math.abs(value) > 0.05));
  });
}
/** Both copies after the last epoch, and the tensors left behind. */
async function bothOf(rows: readonly FitRow[], seed: number): Promise<{ readonly all: Float32Array; readonly without: Float32Array; readonly leaked: number }> {
  const before = memory().numTensors;
  let without = new Float32Array();
  const all = await fit(rows, { ...options(seed), afterEpoch: async (_epoch, _loss, standing) => void (without = new Float32Array(await standing.without())) });
  return { all, without, leaked: memory().numTensors - before };
}
test('the copy without the rows held out changes nothing in the model, and no tensor stays behind', async () => {
  const rows = rowsOf(1300, 6).map((row, i) => ({ ...row, isHeldOut: i % 5 === 0 }));
  const { all, without, leaked } = await bothOf(rows, 1);
  assert.equal(leaked, 0);
  assert.deepEqual(all, await fit(rows, options(1)));
  assert.notDeepEqual(all, without);
});
test('rows held out have no part in the copy without them: their labels may be anything', async () => {
  const rows = rowsOf(900, 7).map((row, i) => ({ ...row, isHeldOut: i % 4 === 0 }));
  const [one, other] = [await bothOf(rows, 2), await bothOf(rows.map((row) => (row.isHeldOut ? { ...row, label: 1 - row.label } : row)), 2)];
  assert.deepEqual(one.without, other.without);
  assert.notDeepEqual(one.all, other.all);
});
