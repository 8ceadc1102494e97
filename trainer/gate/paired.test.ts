import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scoresOf } from '../../schemas/f1.ts';
import { createRandom } from '../../schemas/random.ts';
import { judge } from '../model/evaluate.ts';
import { bandOf, compare, zFor, type Pair } from './paired.ts';

const close = (a: number | undefined, b: number, within = 1e-12): void => assert.ok(a !== undefined && Math.abs(a - b) < within, `${a ?? 'absent'}, expected ${b}`);
const pairs = (...segments: readonly (readonly [label: string, champion: string, challenger: string, n: number])[]): Pair[] => segments.flatMap(([label, champion, challenger, n]) => Array.from({ length: n }, () => ({ label, champion, challenger })));

test('by hand: 10 of a and 10 of b, two rows of a gained and one of b lost', () => {
  const { weighted, categories, gained, lost, pValue, rows } = compare(pairs(['a', 'a', 'a', 8], ['a', 'b', 'a', 2], ['b', 'b', 'b', 9], ['b', 'b', 'a', 1]));
  assert.deepEqual([gained, lost, rows], [2, 1, 20]);
  close(pValue, 0.5);
  const [a, b] = categories;
  // champion: F_a = 16/18, F_b = 20/22; challenger: F_a = 20/21, F_b = 18/19.
  close(a?.delta, 20 / 21 - 16 / 18);
  close(b?.delta, 18 / 19 - 20 / 22);
  close(weighted?.delta, (20 / 21 + 18 / 19 - 16 / 18 - 20 / 22) / 2);
  // Influence on F_a by segment: champion 2(1 − 8/9)/18 on a hit, −(8/9)/18 on an error with a, 0 otherwise; the challenger's likewise with 20/21 and 21.
  const [hit, miss, hit2, miss2] = [1 / 81, -4 / 81, 2 / 441, -20 / 441];
  const half = (2 - (16 / 18 + 20 / 21) / 2) / 19.5;
  close(a?.error, Math.sqrt(8 * (hit2 - hit) ** 2 + 2 * (hit2 - miss) ** 2 + 1 * miss2 ** 2 + half ** 2));
});
test('nothing compared is nothing claimed', () => {
  const none = compare([]);
  assert.deepEqual([none.weighted, none.categories, none.rows, none.pValue], [undefined, [], 0, 1]);
});
test('rows answered alike show no difference, and no certainty either', () => {
  const { weighted, categories } = compare(pairs(['a', 'a', 'a', 9], ['a', 'b', 'b', 1], ['b', 'b', 'b', 10]));
  assert.ok(weighted !== undefined && weighted.delta === 0 && weighted.error > 0 && categories.every(({ delta, error }) => delta === 0 && error > 0));
  const [low, high] = bandOf(weighted);
  assert.ok(low < 0 && high > 0);
});
test('quantiles of the normal distribution', () => {
  for (const [level, z] of [[0.5, 0], [0.05, 1.6448536269514722], [0.025, 1.959963984540054], [0.05 / 6, 2.3939797998185104], [1e-6, 4.753424308822899], [0.975, -1.959963984540054]] as const) close(zFor(level), z, 1e-9);
});

const word = fc.constantFrom('a', 'b', 'c');
const some = fc.array(fc.record({ label: word, champion: word, challenger: word }), { minLength: 1, maxLength: 80 });
type Compare = typeof compare;
const turned = (list: readonly Pair[]): Pair[] => list.map(({ label, champion, challenger }) => ({ label, champion: challenger, challenger: champion }));
const LAWS: { name: string; holds: (compare: Compare) => void; broken: Compare }[] = [
  {
    name: 'each side scores as judge scores it alone',
    holds: (one) => fc.assert(fc.property(some, (list) => {
      const { champion, challenger } = one(list);
      for (const [side, said] of [[champion, 'champion'], [challenger, 'challenger']] as const) {
        const alone = judge(list.map((pair) => ({ product_description: pair[said], category: pair.label })), (row) => row.product_description);
        assert.deepEqual(scoresOf(side.cells), alone.scores);
        assert.deepEqual(side.weighted, alone.scores.weighted);
      }
    })),
    broken: (list) => compare(list.slice(1)),
  },
  {
    name: 'the other way round every difference has the other sign and the same error',
    holds: (one) => fc.assert(fc.property(some, (list) => {
      const [there, back] = [one(list), one(turned(list))];
      assert.deepEqual([there.gained, there.lost], [back.lost, back.gained]);
      close(there.weighted?.delta, -(back.weighted?.delta ?? NaN));
      close(there.weighted?.error, back.weighted?.error ?? NaN);
      there.categories.forEach(({ delta, error }, i) => {
        close(delta, -(back.categories[i]?.delta ?? NaN));
        close(error, back.categories[i]?.error ?? NaN);
      });
    })),
    broken: (list) => {
      const found = compare(list);
      return { ...found, categories: found.categories.map((one) => ({ ...one, delta: Math.abs(one.delta) })) };
    },
  },
];
for (const { name, holds, broken } of LAWS) {
  test(`law of pairs: ${name}`, () => holds(compare));
  test(`law of pairs, shown to bite: ${name}`, () => assert.throws(() => holds(broken)));
}

/** Rows of three categories, 5 % of them of c; the two agree on most. */
function drawn(seed: number, n: number): Pair[] {
  const random = createRandom(seed);
  const names = ['a', 'b', 'c'];
  const say = (label: string): string => (random.next() < 0.85 ? label : random.pick(names));
  return Array.from({ length: n }, () => {
    const u = random.next();
    const label = u < 0.6 ? 'a' : u < 0.95 ? 'b' : 'c';
    const alike = say(label);
    return random.next() < 0.8 ? { label, champion: alike, challenger: alike } : { label, champion: say(label), challenger: say(label) };
  });
}
test('the errors are those of a bootstrap over rows, within a tenth; those of a small category not below', () => {
  const list = drawn(7, 1500);
  const random = createRandom(8);
  const found = compare(list);
  const again = Array.from({ length: 600 }, () => compare(list.map(() => random.pick(list))));
  const spread = (values: readonly number[]): number => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  };
  const ratio = (error: number | undefined, values: readonly number[]): number => (error ?? NaN) / spread(values);
  const whole = ratio(found.weighted?.error, again.map(({ weighted }) => weighted?.delta ?? 0));
  assert.ok(whole > 0.9 && whole < 1.1, String(whole));
  for (const { category, error } of found.categories) {
    const one = ratio(error, again.map(({ categories }) => categories.find((other) => other.category === category)?.delta ?? 0));
    assert.ok(one > 0.9 && one < 1.25, `${category} ${one}`);
  }
});
test('bands cover the true difference about as often as they say', () => {
  // Both models are equally good: the true difference is 0.
  const RUNS = 400;
  const covered = Array.from({ length: RUNS }, (_, seed) => compare(drawn(1000 + seed, 400))).filter(({ weighted }) => {
    const [low, high] = weighted === undefined ? [1, 1] : bandOf(weighted);
    return low <= 0 && high >= 0;
  }).length;
  assert.ok(covered >= 0.92 * RUNS && covered <= 0.99 * RUNS, `${covered} of ${RUNS}`);
});
