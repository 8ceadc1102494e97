import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CATEGORIES } from '../schemas/categories.ts';
import { BASE_ROWS, baseCorpus, streams } from './catalogue.ts';

test('the same seed gives the same corpus; another seed another', () => {
  assert.deepEqual(baseCorpus(1), baseCorpus(1));
  assert.notDeepEqual(baseCorpus(1), baseCorpus(2));
});

test('names are distinct, over all categories, and unevenly spread', () => {
  const rows = baseCorpus(42);
  assert.equal(rows.length, BASE_ROWS);
  assert.equal(new Set(rows.map((row) => row.product_description.toLowerCase())).size, rows.length);
  const counts = DEFAULT_CATEGORIES.map((category) => rows.filter((row) => row.category === category).length);
  assert.ok(counts.every((count) => count > 200), String(counts));
  assert.ok(Math.max(...counts) > 4 * Math.min(...counts), String(counts));
});

test('streamed products are none of the base corpus', () => {
  const base = new Set(baseCorpus(7).map((row) => row.product_description.toLowerCase()));
  const { familiar, fresh } = streams(7, 500, 500);
  assert.equal(familiar.length + fresh.length, 1000);
  assert.ok([...familiar, ...fresh].every((row) => !base.has(row.product_description.toLowerCase())));
});
