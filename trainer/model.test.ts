import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseCorpus } from '../producers/catalogue.ts';
import { DEFAULT_CATEGORIES } from '../schemas/categories.ts';
import { DEFAULT_RECIPE } from '../schemas/features.ts';
import { createScorer } from '../schemas/scorer.ts';
import { judge } from './evaluate.ts';
import { fit, fitTemperature } from './model.ts';
import { partsOf } from './split.ts';
import { majorityF1 } from './train.ts';

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
