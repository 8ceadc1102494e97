// The mix of answers and the distance between two mixes: laws, known values, and what chance does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom, type Random } from '../../schemas/random.ts';
import { createMixes, driftsOf, topOf, type MixCounts, type VersionMix } from './mix.ts';
import { excessPsi, psi, psiByChance } from './psi.ts';
import type { Shape } from './store.ts';

const histogram = (shares: readonly number[], count: number, random: Random): number[] => {
  const counts = shares.map(() => 0);
  for (let i = 0; i < count; i += 1) {
    let left = random.next();
    const cell = shares.findIndex((share) => (left -= share) < 0);
    counts[cell < 0 ? shares.length - 1 : cell] = (counts[cell < 0 ? shares.length - 1 : cell] ?? 0) + 1;
  }
  return counts;
};

test('PSI of (1/2, 1/2) against (8/10, 2/10) is what the formula says by hand', () => {
  const want = 0.3 * Math.log(0.8 / 0.5) - 0.3 * Math.log(0.2 / 0.5);
  assert.ok(Math.abs((psi([500_000, 500_000], [800_000, 200_000]) ?? Number.NaN) - want) < 1e-5);
});
test('law: PSI is symmetric, never negative, 0 for equal histograms, and does not know the order of the cells; an empty side is no evidence', () => {
  const counts = fc.array(fc.record({ r: fc.nat({ max: 1000 }), c: fc.nat({ max: 1000 }) }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(counts, (cells) => {
    const [r, c] = [cells.map((one) => one.r), cells.map((one) => one.c)];
    const there = psi(r, c);
    const empty = r.every((n) => n === 0) || c.every((n) => n === 0);
    assert.equal(there === undefined, empty);
    if (there === undefined) return;
    assert.ok(there >= 0 && Math.abs(there - (psi(c, r) ?? Number.NaN)) < 1e-9);
    assert.ok(Math.abs(there - (psi(r.toReversed(), c.toReversed()) ?? Number.NaN)) < 1e-9);
    assert.ok(Math.abs(psi([...r, 1], [...r, 1]) ?? Number.NaN) < 1e-12);
  }));
});

const GROCERY = [0.34, 0.26, 0.23, 0.11, 0.06];
const TRIALS = 300;
test('what chance gives is what is taken off: on average over samples of one population', () => {
  const random = createRandom(7);
  for (const [n, m] of [[250, 250], [1000, 1500]] as const) {
    let sum = 0;
    for (let i = 0; i < TRIALS; i += 1) {
      const [r, c] = [histogram(GROCERY, n, random), histogram(GROCERY, m, random)];
      sum += (psi(r, c) ?? Number.NaN) / psiByChance(r, c);
    }
    assert.ok(sum / TRIALS > 0.85 && sum / TRIALS < 1.15, `${n}, ${m}: ${sum / TRIALS} of what is expected`);
  }
});
test('small samples of one population raise no alarm, and would if chance were not taken off', () => {
  const random = createRandom(8);
  const even = Array.from({ length: 10 }, () => 0.1);
  let alarms = 0;
  let withoutCorrection = 0;
  for (let i = 0; i < TRIALS; i += 1) {
    const [r, c] = [histogram(even, 60, random), histogram(even, 60, random)];
    if ((excessPsi(r, c) ?? 0) > 0.25) alarms += 1;
    if ((psi(r, c) ?? 0) > 0.25) withoutCorrection += 1;
  }
  assert.ok(alarms <= TRIALS / 20 && withoutCorrection > TRIALS / 2, `${alarms} and ${withoutCorrection} of ${TRIALS}`);
});

const shapeOf = (category: string, modelVersion = 'v1', modelName = 'm'): Shape => ({ modelName, modelVersion, categories: ['a', 'b', 'c'], category, audit: false });
type Answer = { readonly category: string; readonly confidence: number };
const answers = fc.array(fc.record({ category: fc.constantFrom('a', 'b', 'c'), confidence: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 60 });
const fold = (list: readonly Answer[], size: number, state = new Map<string, VersionMix>()): Map<string, VersionMix> => {
  const mixes = createMixes(state, size);
  list.forEach(({ category, confidence }, i) => mixes.add(shapeOf(category), confidence, i));
  return state;
};
const inWords = (mix: VersionMix, { total, categories, confidence }: MixCounts) => ({ total, categories: Object.fromEntries(categories.map((n, i) => [mix.names[i] ?? '', n]).filter(([, n]) => n !== 0)), sure: confidence.reduce((sum, n) => sum + n, 0) });
const counted = (list: readonly Answer[]) => ({ total: list.length, categories: Object.fromEntries(['a', 'b', 'c'].map((one) => [one, list.filter(({ category }) => category === one).length]).filter(([, n]) => n !== 0)), sure: list.length });

test('law: at every prefix the mix is the first N, the last full N of those after them, and the rest', () => {
  fc.assert(fc.property(answers, fc.integer({ min: 1, max: 9 }), (list, size) => {
    const mix = fold(list, size).get('m v1');
    if (list.length === 0) return assert.equal(mix, undefined);
    const after = list.slice(size);
    const full = Math.floor(after.length / size) * size;
    assert.ok(mix !== undefined);
    assert.deepEqual([inWords(mix, mix.reference), inWords(mix, mix.before), inWords(mix, mix.current)], [counted(list.slice(0, size)), counted(after.slice(Math.max(0, full - size), full)), counted(after.slice(full))]);
  }));
});
test('law: stored and read again anywhere, it goes on as if it had not been', () => {
  fc.assert(fc.property(answers, fc.integer({ min: 1, max: 9 }), fc.nat({ max: 60 }), (list, size, cut) => {
    const stored = new Map(JSON.parse(JSON.stringify([...fold(list.slice(0, cut), size)])) as [string, VersionMix][]);
    const whole = fold(list, size);
    const mixes = createMixes(stored, size);
    list.slice(cut).forEach(({ category, confidence }, i) => mixes.add(shapeOf(category), confidence, cut + i));
    assert.deepEqual([...stored], [...whole]);
  }));
});
test('the restart law can fail: a fold that begins a new reference after a restart differs', () => {
  const list = Array.from({ length: 12 }, (_, i) => ({ category: i < 6 ? 'a' : 'b', confidence: 0.9 }));
  assert.notDeepEqual([...fold(list.slice(6), 4)], [...fold(list, 4)]);
});

test('drift: absent before there is as much after the reference as in it, then small, then large; partitions add up; only the version that answered last', () => {
  const random = createRandom(3);
  const draw = (shares: readonly number[], count: number, sure: number): Answer[] => histogram(shares, count, random).flatMap((n, i) => Array.from({ length: n }, () => ({ category: ['a', 'b', 'c'][i] ?? '', confidence: sure - 0.2 * random.next() })));
  const like = (): Answer[] => random.shuffle(draw([0.6, 0.3, 0.1], 500, 0.99));
  const [one, two] = [new Map<string, VersionMix>(), new Map<string, VersionMix>()];
  const both = () => driftsOf([...one, ...two]).get('m v1');
  fold(like(), 500, one);
  fold(like().slice(1), 500, one);
  assert.equal(both(), undefined);
  fold(like(), 500, one);
  for (let i = 0; i < 3; i += 1) fold(like(), 500, two);
  const calm = both();
  assert.ok(calm !== undefined && calm.category < 0.02 && calm.confidence < 0.02, JSON.stringify(calm));
  for (const side of [one, two]) for (let i = 0; i < 2; i += 1) fold(random.shuffle(draw([0.2, 0.3, 0.5], 500, 0.75)), 500, side);
  const moved = both();
  assert.ok(moved !== undefined && moved.category > 0.25 && moved.confidence > 0.25, JSON.stringify(moved));
  createMixes(one, 500).add(shapeOf('a', 'v2'), 0.9, 10_000);
  assert.equal(driftsOf([...one, ...two]).size, 0);
});
test('a version without predictions is forgotten and begins anew; size 0 keeps nothing', () => {
  const state = new Map<string, VersionMix>();
  const mixes = createMixes(state, 2);
  for (const category of ['a', 'a', 'b']) mixes.add(shapeOf(category), 0.9, 1);
  mixes.drop('m v1');
  assert.equal(state.size, 0);
  mixes.add(shapeOf('b'), 0.9, 2);
  assert.deepEqual(state.get('m v1')?.reference.categories, [1]);
  assert.equal(fold([{ category: 'a', confidence: 1 }], 0).size, 0);
});
test('the cells of the confidence: from 0.3, 0.4 … 0.9, 0.95 and 0.99 on', () => {
  const cellOf = (confidence: number): number => fold([{ category: 'a', confidence }], 1).get('m v1')?.reference.confidence.indexOf(1) ?? Number.NaN;
  assert.deepEqual([0, 0.29, 0.3, 0.55, 0.9, 0.94, 0.95, 0.989, 0.99, 1].map(cellOf), [0, 0, 1, 3, 7, 7, 8, 8, 9, 9]);
});
test('the confidence is the largest probability, 0 without any', () => {
  assert.deepEqual([topOf([]), topOf([{ category: 'a', probability: 0.2 }, { category: 'b', probability: 0.7 }, { category: 'c', probability: 0.1 }])], [0, 0.7]);
});
