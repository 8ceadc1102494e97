import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseCorpus } from '../../producers/catalogue.ts';
import { DEFAULT_CATEGORIES } from '../../schemas/categories.ts';
import { DEFAULT_RECIPE } from '../../schemas/features.ts';
import { createScorer } from '../../schemas/scorer.ts';
import { judge, majorityF1 } from './evaluate.ts';
import { calibrationError, fitTemperature } from './calibrate.ts';
import { fit } from './fit.ts';
import { learn } from './learn.ts';
import { bestEpoch } from './progress.ts';
import { isForChoosing, partsOf } from '../data/split.ts';

const categories: readonly string[] = DEFAULT_CATEGORIES;

test('the synthetic catalogue: the same bits twice, another seed other bits, F1 about 0.95 and not 1.0', async () => {
  const parts = partsOf(baseCorpus(42), [], 3, 2);
  const rows = parts.training.map((row) => ({ text: row.product_description, label: categories.indexOf(row.category), weight: row.weight }));
  const options = { categories: categories.length, recipe: DEFAULT_RECIPE, epochs: 4, cache: new Map() };
  const first = await fit(rows, { ...options, seed: 1 });
  const again = await fit(rows, { ...options, seed: 1 });
  const other = await fit(rows, { ...options, seed: 2 });
  assert.deepEqual(Buffer.from(first.buffer).equals(Buffer.from(again.buffer)), true);
  assert.deepEqual(Buffer.from(first.buffer).equals(Buffer.from(other.buffer)), false);
  const score = createScorer({ categories, recipe: DEFAULT_RECIPE, temperature: 1 }, first);
  const f1 = judge(parts.holdOut, (row) => score(row.product_description).category).scores.weighted ?? 0;
  assert.ok(f1 > 0.92 && f1 < 0.98, String(f1));
  assert.ok(f1 > majorityF1(parts.holdOut));
});
test('texts without features and an empty training set do no harm', async () => {
  const weights = await fit([{ text: '  ', label: 0, weight: 1 }], { categories: 2, recipe: DEFAULT_RECIPE, epochs: 1, seed: 1, cache: new Map() });
  assert.ok(weights.every((value) => value === 0));
});
test('the temperature undoes a known scaling', () => {
  const z = Array.from({ length: 400 }, (_, i) => ({ z: [i % 10 < 8 ? 1 : -1, i % 10 < 8 ? -1 : 1].map((value) => value * (i % 4 === 0 ? -1 : 1)), label: i % 4 === 0 ? 1 : 0 }));
  const temperature = fitTemperature(z);
  // 8 in 10 right at a margin of 2T: T = ln(4) / 2.
  assert.ok(Math.abs(temperature - Math.log(4) / 2) < 0.01, String(temperature));
  assert.equal(fitTemperature([]), 1);
});
test('the calibration error: 0 when confidence is the share right, its gap otherwise, absent without rows', () => {
  const rows = (confidence: number, right: number, of: number) => Array.from({ length: of }, (_, i) => ({ confidence, right: i < right }));
  assert.ok(Math.abs(calibrationError([...rows(0.5, 5, 10), ...rows(0.9, 9, 10)]) ?? 1) < 1e-9);
  assert.ok(Math.abs((calibrationError([...rows(0.9, 5, 10), ...rows(0.3, 3, 10)]) ?? 0) - 0.2) < 1e-9);
  // Gaps of opposite sign in different bins do not cancel.
  assert.ok(Math.abs((calibrationError([...rows(0.9, 8, 10), ...rows(0.3, 4, 10)]) ?? 0) - 0.1) < 1e-9);
  assert.equal(calibrationError(rows(1, 1, 1)), 0);
  assert.equal(calibrationError([]), undefined);
});
test('the best epoch is the earliest of the highest by the metric asked for; the last where nothing was held out', () => {
  const epochs = ([[0.9, 0.5], [0.95, 0.6], [0.95, 0.7], [0.94, 0.7]] as const).map(([f1, f1Min], i) => ({ epoch: i + 1, epochs: 4, loss: 1, f1, f1Min, seconds: i }));
  assert.equal(bestEpoch(epochs, 'eval_f1')?.epoch, 2);
  assert.equal(bestEpoch(epochs, 'eval_f1_min')?.epoch, 3);
  assert.equal(bestEpoch(epochs.map((one) => ({ ...one, f1: null, f1Min: null })), 'eval_f1')?.epoch, 4);
  assert.equal(bestEpoch([], 'eval_f1'), undefined);
});
test('learn keeps the weights of the best epoch: those of a training stopped there', async () => {
  const rows = partsOf(baseCorpus(42).slice(0, 3000), [], 3, 2).training.map((row) => ({ text: row.product_description, label: categories.indexOf(row.category), weight: row.weight }));
  const shared = { recipe: DEFAULT_RECIPE, epochs: 3, seed: 7, cache: new Map() };
  const heard: number[] = [];
  const learnt = await learn(rows, { ...shared, categories, metric: 'eval_f1_min', nowMs: () => 0, onEpoch: ({ epoch }) => heard.push(epoch) });
  assert.deepEqual(heard, [1, 2, 3]);
  assert.equal(learnt.best, bestEpoch(learnt.epochs, 'eval_f1_min'));
  const stopped = await fit(rows, { ...shared, categories: categories.length, stopAfter: learnt.best?.epoch });
  assert.ok(Buffer.from(stopped.buffer).equals(Buffer.from(learnt.weights.buffer)));
  assert.equal(learnt.heldOut, rows.filter(({ text }) => isForChoosing(text)).length);
  assert.ok(learnt.heldOut > 100 && learnt.epochs.every(({ loss, f1 }) => loss > 0 && (f1 ?? 0) > 0.5));
});
