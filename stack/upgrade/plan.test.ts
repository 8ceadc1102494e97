import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planOf, SEATS } from './plan.ts';

test('law: every seat goes up once and back once, nobody goes back before all are up, and a seed is a plan', () => {
  fc.assert(fc.property(fc.nat(), (seed) => {
    const plan = planOf(seed);
    const [up, back] = [plan.slice(0, SEATS.length), plan.slice(SEATS.length)];
    for (const [way, to] of [[up, 2], [back, 1]] as const) {
      assert.deepEqual(way.map(({ seat }) => seat).sort(), [...SEATS].sort());
      assert.ok(way.every((step) => step.to === to));
    }
    assert.deepEqual(planOf(seed), plan);
  }));
});
