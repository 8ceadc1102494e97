import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addCell, cellsOf, emptyConfusion } from './confusion.ts';
import { scoresOf } from './f1.ts';

const pair = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('a', 'b', 'c'));

test('no labels is no evidence: every score is absent', () => {
  const scores = scoresOf(emptyConfusion);
  assert.deepEqual([scores.weighted, scores.macro, scores.micro, scores.worst], [undefined, undefined, undefined, undefined]);
});

test('law: adding then taking back is identity', () => {
  fc.assert(fc.property(fc.array(pair), pair, (pairs, [label, predicted]) => {
    const cells = pairs.reduce((into, [l, p]) => addCell(into, l, p, 1), emptyConfusion);
    assert.deepEqual(cellsOf(addCell(addCell(cells, label, predicted, 1), label, predicted, -1)), cellsOf(cells));
  }));
});

test('a cell never falls below zero', () => {
  assert.throws(() => addCell(emptyConfusion, 'a', 'b', -1), RangeError);
});

test('worked by hand: y = aabbc, p = abbbc gives 2/3, 4/5, 1', () => {
  const cells = ([['a', 'a'], ['a', 'b'], ['b', 'b'], ['b', 'b'], ['c', 'c']] as const).reduce((into, [l, p]) => addCell(into, l, p, 1), emptyConfusion);
  const scores = scoresOf(cells);
  assert.ok(Math.abs((scores.weighted ?? 0) - (2 * (2 / 3) + 2 * 0.8 + 1) / 5) < 1e-12);
  assert.ok(Math.abs((scores.macro ?? 0) - (2 / 3 + 0.8 + 1) / 3) < 1e-12);
  assert.equal(scores.micro, 0.8);
  assert.equal(scores.worst?.category, 'a');
});
