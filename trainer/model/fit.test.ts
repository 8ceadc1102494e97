// The fit against the same rules written down plainly, and what its tricks must not change: which batch a feature lives in, which rows are held out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memory } from '@tensorflow/tfjs-core';
import { DEFAULT_RECIPE, featureCount, featurise, type Recipe } from '../../schemas/features.ts';
import { createRandom } from '../../schemas/random.ts';
import type { Scores } from './calibrate.ts';
import { batchOf, fit, type FitRow } from './fit.ts';

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
  const rowsInOne = batchOf(known.length);
  const batches = Array.from({ length: Math.ceil(known.length / rowsInOne) }, (_, i) => known.slice(i * rowsInOne, (i + 1) * rowsInOne));
  let step = 0;
  const size = (featureCount(recipe) + 1) * categories;
  const [weights, squares] = [new Float64Array(size), new Float64Array(size).fill(1e-12)];
  const biasAt = size - categories;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (const batch of random.shuffle(batches)) {
      const rate = 0.3 * (1 - (0.95 * step) / (epochs * batches.length));
      step += 1;
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
        weights[at] = (weights[at] ?? 0) - (rate * by) / Math.sqrt(squares[at] ?? 1);
      }
    }
  }
  return weights;
}
const options = (rows: number) => ({ categories: 2, recipe, epochs: 3, seed: rows, cache: new Map() });

for (const count of [1, 40, 600, 9000]) {
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
/** What was learnt, how the copy scores the rows held out after the last epoch, and the tensors left behind. */
async function bothOf(rows: readonly FitRow[], seed: number): Promise<{ readonly all: Float32Array; readonly heldOut: readonly Scores[]; readonly leaked: number }> {
  const before = memory().numTensors;
  let scores: readonly Scores[] = [];
  const all = await fit(rows, { ...options(seed), afterEpoch: async (_epoch, _loss, heldOut) => {
    scores = await heldOut();
    return true;
  } });
  return { all, heldOut: scores, leaked: memory().numTensors - before };
}
const byScore = (scores: readonly Scores[]): readonly number[] => scores.flatMap(({ z }) => z).sort((a, b) => a - b);
test('batches: 64 rows where there are few, 400 where there are many, 144 steps between', () => {
  assert.deepEqual([0, 1, 9216, 9217, 14_400, 57_344, 1_000_000].map(batchOf), [64, 64, 64, 65, 100, 399, 400]);
});
test('the copy without the rows held out changes nothing in the model, and no tensor stays behind', async () => {
  const rows = rowsOf(1300, 6).map((row, i) => ({ ...row, isHeldOut: i % 5 === 0 }));
  const { all, heldOut, leaked } = await bothOf(rows, 1);
  assert.equal(leaked, 0);
  assert.deepEqual(all, await fit(rows, options(1)));
  assert.equal(heldOut.length, 260);
});
test('the copy is the model of the other rows: the scores it gives are theirs, whatever the labels of the rows held out', async () => {
  const rows = rowsOf(400, 7).map((row, i) => ({ ...row, isHeldOut: i % 4 === 0 }));
  const { heldOut, all } = await bothOf(rows, 2);
  const turned = await bothOf(rows.map((row) => (row.isHeldOut ? { ...row, label: 1 - row.label } : row)), 2);
  assert.deepEqual(byScore(heldOut), byScore(turned.heldOut));
  assert.notDeepEqual(all, turned.all);
  // A row without weight teaches nothing, and keeps the batches as they are.
  const without = await fit(rows.map((row) => (row.isHeldOut ? { ...row, weight: 0 } : row)), options(2));
  const biasAt = without.length - 2;
  const wanted = rows.filter(({ isHeldOut }) => isHeldOut).flatMap(({ text }) => {
    const { index, scale, rowScale } = featurise(text, recipe);
    return [0, 1].map((c) => index.reduce((sum, feature, k) => sum + (without[feature * 2 + c] ?? 0) * (scale[k] ?? 0) * rowScale, without[biasAt + c] ?? 0));
  }).sort((a, b) => a - b);
  byScore(heldOut).forEach((z, i) => assert.ok(Math.abs(z - (wanted[i] ?? Number.NaN)) < 1e-4, `${z} and ${wanted[i] ?? ''}`));
});
test('the weights are those of the epoch kept last, not of the last one', async () => {
  const rows = rowsOf(600, 8);
  const kept = await fit(rows, { ...options(3), afterEpoch: (epoch) => Promise.resolve(epoch === 2) });
  assert.deepEqual(kept, await fit(rows, { ...options(3), stopAfter: 2 }));
  assert.notDeepEqual(kept, await fit(rows, options(3)));
});
