import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClassF1 } from '../../schemas/f1.ts';
import { shownNext, verdictOf, type Judged, type Shown, type Thresholds } from './verdict.ts';

const FLOORS: Thresholds = { minF1: 0.8, minClassF1: 0.5, minAccuracy: 0.7, minLabels: 20 };
const judged = (weighted: number | undefined, more: Partial<{ labels: number; micro: number; classes: () => ClassF1[] }> = {}): Judged => ({ labels: more.labels ?? 100, marginals: { weighted: () => weighted, micro: () => more.micro ?? weighted, classes: more.classes ?? (() => []) } });

test('the verdict, row by row', () => {
  const rows: readonly [string, Judged, string, number][] = [
    ['no labels are no evidence', judged(undefined, { labels: 0 }), 'warming', 0],
    ['too few labels', judged(0.1, { labels: 19 }), 'warming', 0],
    ['at the floor', judged(0.8), 'healthy', 0],
    ['below the floor', judged(0.799), 'degraded', 1],
    ['accuracy below its floor', judged(0.9, { micro: 0.69 }), 'degraded', 1],
    ['a category below its floor', judged(0.9, { classes: () => [{ category: 'a', f1: 0.4, support: 20 }] }), 'degraded', 1],
    ['a category with little support', judged(0.9, { classes: () => [{ category: 'a', f1: 0.4, support: 19 }] }), 'healthy', 0],
    ['a category never seen', judged(0.9, { classes: () => [{ category: 'a', f1: undefined, support: 30 }] }), 'healthy', 0],
    ['everything at once', judged(0.1, { classes: () => [{ category: 'a', f1: 0.4, support: 20 }] }), 'degraded', 3],
  ];
  for (const [what, one, status, reasons] of rows) {
    const verdict = verdictOf(one, FLOORS);
    assert.equal(verdict.status, status, what);
    assert.equal(verdict.status === 'degraded' ? verdict.reasons.length : 0, reasons, what);
  }
});

const MARGIN = 0.02;
type Next = typeof shownNext;
const lawOfHysteresis = (next: Next) => fc.property(fc.array(fc.double({ min: 0.7, max: 0.9, noNaN: true }), { maxLength: 60 }), (scores) => {
  let shown: Shown = 'healthy';
  for (const score of scores) {
    const before: Shown = shown;
    shown = next(before, judged(score), FLOORS, MARGIN);
    if (score < FLOORS.minF1) assert.equal(shown, 'degraded');
    else if (before === 'degraded' && score < FLOORS.minF1 + MARGIN) assert.equal(shown, 'degraded');
    else assert.equal(shown, 'healthy');
  }
});
test('law: what is shown falls at the floor and recovers only a margin above it', () => {
  fc.assert(lawOfHysteresis(shownNext));
});
test('the law can fail: a status without memory', () => {
  assert.throws(() => fc.assert(lawOfHysteresis((_before, one, floors) => verdictOf(one, floors).status), { seed: 1 }));
});
test('a floor next to 1 can be recovered from', () => {
  assert.equal(shownNext('degraded', judged(0.999), { ...FLOORS, minF1: 0.995 }, MARGIN), 'healthy');
});
