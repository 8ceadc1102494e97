import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantileOf, renderResult, spreadOf } from './bench.ts';

test('min, median and max of odd and even runs; none is an error', () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { min: 1, median: 2, max: 3 });
  assert.deepEqual(spreadOf([4, 1, 2, 3]), { min: 1, median: 2.5, max: 4 });
  assert.throws(() => spreadOf([]), RangeError);
});
test('a quantile is one of the values', () => {
  assert.equal(quantileOf([5, 1, 3, 2, 4], 0.5), 3);
  assert.equal(quantileOf([1, 2], 0.99), 2);
  assert.equal(quantileOf([], 0.5), undefined);
});
test('a missed bar says so in the table', () => {
  const lines = renderResult({ bench: 'x', seed: 1, figures: [{ name: 'a', unit: 'ms', runs: [1, 2, 3] }], bars: [{ name: 'a', wanted: 'under 1 ms', seen: '2 ms', holds: false }], notes: ['small'] });
  assert.match(lines.join('\n'), /MISSED {2}a: wanted under 1 ms, seen 2 ms/);
});
