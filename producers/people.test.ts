import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAudited } from '../schemas/audit.ts';
import { createRandom } from '../schemas/random.ts';
import { DEMO_HABITS, sayingsAbout } from './people.ts';

const CATEGORIES = ['a', 'b', 'c'];
const crowd = (seed: number, n: number, habits = DEMO_HABITS) => {
  const random = createRandom(seed);
  return Array.from({ length: n }, (_, i) => sayingsAbout(`p${i}`, 'a', CATEGORIES, habits, random));
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
test('who is audited is verified by all means, the others as often as before', () => {
  const all = crowd(2, 5000, { ...DEMO_HABITS, auditRate: 0.1 });
  const audited = all.filter((_, i) => isAudited(`p${i}`, 0.1));
  const others = all.filter((_, i) => !isAudited(`p${i}`, 0.1));
  assert.ok(audited.length > 400 && audited.every((sayings) => sayings.length > 0));
  assert.ok(Math.abs(others.filter((sayings) => sayings.length > 0).length / others.length - DEMO_HABITS.verifiedShare) < 0.03);
});
