// Refusals in a row: a promotion ends the row, an error or an open run neither ends nor adds to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalsInARow } from './refusals.ts';

const TABLE: readonly [outcomes: readonly (string | null)[], refused: number][] = [
  [[], 0],
  [[null], 0],
  [['rejected'], 1],
  [['rejected', 'rejected', 'promoted', 'rejected'], 2],
  [[null, 'rejected', 'error', 'rejected', 'cancelled'], 2],
  [['promoted', 'rejected', 'rejected'], 0],
];
for (const [outcomes, refused] of TABLE) {
  test(`newest first: ${outcomes.join(', ') || 'nothing'} → ${refused}`, () => {
    assert.equal(refusalsInARow(outcomes.map((outcome) => ({ model_name: 'a', outcome }))).get('a') ?? 0, refused);
  });
}
test('each model has its own', () => {
  assert.deepEqual([...refusalsInARow([{ model_name: 'a', outcome: 'rejected' }, { model_name: 'b', outcome: 'promoted' }, { model_name: 'b', outcome: 'rejected' }])], [['a', 1], ['b', 0]]);
});
