import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecentLabels, type GivenLabel } from './labels.ts';

const given = (prediction_id: string, label: string | null, change: Partial<GivenLabel> = {}): GivenLabel => ({ prediction_id, model_version: 'v1', revision: 0, predicted: 'Toys', label, source: 'console/anna', labelled_at: 10, predicted_at: 4, ...change });

test('what was done since a time: each prediction once, with its newest word', () => {
  const labels = createRecentLabels(100);
  labels.labelled(given('early', 'Toys', { labelled_at: 9 }));
  labels.labelled(given('a', 'Toys'));
  labels.labelled(given('b', 'Beverages', { source: 'expert' }));
  labels.labelled(given('c', 'Beverages'));
  labels.labelled(given('c', null, { revision: 1, labelled_at: 11 }));
  labels.labelled(given('c', 'Beverages'));
  assert.deepEqual(labels.since(10), { labelled: 2, corrected: 1, withdrawn: 1, sources: { 'console/anna': 2, expert: 1 } });
  assert.deepEqual(labels.since(12), { labelled: 0, corrected: 0, withdrawn: 0, sources: {} });
});
test('behind a cell: those whose label now is so while the model said so, the newest label first; what is left out is any', () => {
  const labels = createRecentLabels(100);
  for (const [i, version] of ['v1', 'v1', 'v1', 'v2', 'v2', 'v2'].entries()) labels.labelled(given(`p${i}`, 'Beverages', { model_version: version }));
  labels.labelled(given('p4', 'Toys', { revision: 1 }));
  labels.labelled(given('p5', null, { revision: 1 }));
  const behind = (cell: object): string => [...labels.behind(cell)].join(' ');
  assert.deepEqual([behind({ label: 'Beverages', predicted: 'Toys' }), behind({ label: 'Toys', predicted: 'Toys' }), behind({ predicted: 'Beverages' }), behind({ label: 'Beverages', modelVersion: 'v1' }), behind({})], ['p3 p2 p1 p0', 'p4', '', 'p2 p1 p0', 'p4 p3 p2 p1 p0']);
});
test('the oldest give way, and it is known since when all is counted', () => {
  const labels = createRecentLabels(3);
  for (let i = 0; i < 3; i += 1) labels.labelled(given(`p${i}`, 'Toys', { labelled_at: i }));
  assert.equal(labels.heldSince(), undefined);
  labels.labelled(given('p0', 'Beverages', { revision: 1, labelled_at: 5 }));
  labels.labelled(given('p9', 'Toys', { labelled_at: 6 }));
  assert.deepEqual([labels.since(0).labelled, labels.heldSince(), [...labels.behind({})]], [3, 2, ['p9', 'p0', 'p2']]);
});
test('how long labels take: from the prediction to its first label, corrections aside', () => {
  const labels = createRecentLabels(100);
  assert.equal(labels.delays([0.5]), undefined);
  for (let i = 0; i < 10; i += 1) labels.labelled(given(`p${i}`, 'Toys', { labelled_at: 4 + i }));
  labels.labelled(given('p0', 'Beverages', { revision: 1, labelled_at: 900 }));
  labels.labelled(given('seen late', 'Beverages', { revision: 3, labelled_at: 900 }));
  labels.labelled(given('first', 'Toys', { labelled_at: 1 }));
  assert.deepEqual(labels.delays([0, 0.5, 0.9, 1]), [0, 4, 8, 9]);
});
