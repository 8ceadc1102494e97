// What the score of one label promises: its mean is the weighted F1 whatever the shape of the errors, and it is never above its bound.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scoresOf } from '../../schemas/f1.ts';
import { addTo, type Cells } from './cells.ts';
import { coefficientsOf, highestScore, influence, isFreezePoint } from './score.ts';

const NAMES = ['a', 'b', 'c', 'd'];
type Score = typeof influence;
const lawOfTheMean = (score: Score) => fc.property(fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES)), { minLength: 1, maxLength: 80 }), (pairs) => {
  const cells: Cells = new Map();
  for (const [label, predicted] of pairs) addTo(cells, label, predicted, 1);
  const coefficients = coefficientsOf(cells, 1) ?? new Map<string, never>();
  const highest = highestScore(coefficients);
  let sum = 0;
  for (const [label, predicted] of pairs) {
    const x = score(coefficients, label, predicted);
    assert.ok(x >= -2 && x <= highest && highest <= 2, `${x} is not within -2 and ${highest}`);
    sum += x;
  }
  assert.ok(Math.abs(sum / pairs.length - (scoresOf(cells).weighted ?? 0)) < 1e-9);
});
test('law: the mean score at its own shares is the weighted F1', () => {
  fc.assert(lawOfTheMean(influence), { numRuns: 200 });
});
test('the law can fail: scores clipped to [0, 1]', () => {
  assert.throws(() => fc.assert(lawOfTheMean((coefficients, label, predicted) => Math.min(1, Math.max(0, influence(coefficients, label, predicted)))), { numRuns: 200, seed: 1 }));
});
test('a category never seen scores 1 on a hit and costs the label nothing else on an error', () => {
  const coefficients = coefficientsOf(new Map([['a', new Map([['a', 60]])]]), 50) ?? new Map<string, never>();
  assert.deepEqual([influence(coefficients, 'z', 'z'), influence(coefficients, 'z', 'y'), influence(coefficients, 'a', 'a'), influence(coefficients, 'a', 'z')], [1, 0, 1, 0.5]);
});
test('shares are estimated at 50 labels and whenever they have doubled', () => {
  assert.deepEqual(Array.from({ length: 1700 }, (_, labels) => labels).filter(isFreezePoint), [50, 100, 200, 400, 800, 1600]);
  assert.equal(coefficientsOf(new Map([['a', new Map([['a', 49]])]]), 50), undefined);
});
