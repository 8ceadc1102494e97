import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../schemas/random.ts';
import { DEMO_HABITS, sayingsAbout } from './people.ts';

const CATEGORIES = ['a', 'b', 'c'];
const crowd = (seed: number, n: number) => {
  const random = createRandom(seed);
  return Array.from({ length: n }, (_, i) => sayingsAbout(`p${i}`, 'a', CATEGORIES, DEMO_HABITS, random));
};

test('the same seed says the same', () => {
  assert.deepEqual(crowd(3, 200), crowd(3, 200));
});
test('every habit occurs: silent, right, wrong, corrected, twice, withdrawn, early', () => {
  const all = crowd(1, 5000);
  const has = (what: (sayings: (typeof all)[number]) => boolean): boolean => all.some(what);
  assert.ok(has((s) => s.length === 0));
  assert.ok(has((s) => s.length === 1 && s[0]?.category === 'a'));
  assert.ok(has((s) => s.length === 1 && s[0]?.category !== 'a'));
  assert.ok(has((s) => s.length === 2 && s[0]?.category !== 'a' && s[1]?.category === 'a'));
  assert.ok(has((s) => s.length === 2 && s[0]?.feedbackId === s[1]?.feedbackId));
  assert.ok(has((s) => s.at(-1)?.category === null));
  assert.ok(has((s) => s[0]?.delayMs === 0));
  const verified = all.filter((s) => s.length > 0).length / all.length;
  assert.ok(Math.abs(verified - DEMO_HABITS.verifiedShare) < 0.03);
});
