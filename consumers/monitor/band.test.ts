import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scoresOf, type Scores } from '../../schemas/f1.ts';
import { createRandom } from '../../schemas/random.ts';
import { bandsOf, type Band, type Bands } from './band.ts';
import { addTo, type Cells } from './cells.ts';
import { CATEGORIES } from './log.testing.ts';
import { coefficientsOf, influence } from './score.ts';

test('the mean influence at the plug-in is the weighted F1', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('a', 'b', 'c')), { minLength: 1, maxLength: 60 }), (pairs) => {
    const cells: Cells = new Map();
    for (const [label, predicted] of pairs) addTo(cells, label, predicted, 1);
    const coefficients = coefficientsOf(cells, 1);
    assert.ok(coefficients !== undefined);
    const mean = pairs.reduce((sum, [label, predicted]) => sum + influence(coefficients, label, predicted), 0) / pairs.length;
    assert.ok(Math.abs(mean - (scoresOf(cells).weighted ?? 0)) < 1e-9);
  }));
});

test('the 95 % bands hold the truth about 95 times in 100: every average, every category (seeded simulation)', () => {
  const random = createRandom(21);
  const draw = (n: number): Cells => {
    const cells: Cells = new Map();
    for (let i = 0; i < n; i += 1) {
      const label = random.next() < 0.5 ? 'a' : random.next() < 0.6 ? 'b' : 'c';
      addTo(cells, label, random.next() < 0.85 ? label : random.pick(CATEGORIES), 1);
    }
    return cells;
  };
  const figures: readonly (readonly [string, (scores: Scores) => number | undefined, (bands: Bands) => Band | undefined])[] = [
    ['weighted', (scores) => scores.weighted, (bands) => bands.weighted],
    ['macro', (scores) => scores.macro, (bands) => bands.macro],
    ['micro', (scores) => scores.micro, (bands) => bands.micro],
    ['category c', (scores) => scores.classes.find((one) => one.category === 'c')?.f1, (bands) => bands.classes.get('c')],
  ];
  const truth = scoresOf(draw(400_000));
  const inside = figures.map(() => 0);
  for (let run = 0; run < 400; run += 1) {
    const cells = draw(500);
    const bands = bandsOf(cells, scoresOf(cells));
    figures.forEach(([, score, bandOf], i) => {
      const band = bandOf(bands);
      const right = score(truth) ?? Number.NaN;
      if (band !== undefined && band[0] <= right && right <= band[1]) inside[i] = (inside[i] ?? 0) + 1;
    });
  }
  figures.forEach(([name], i) => assert.ok((inside[i] ?? 0) >= 365 && (inside[i] ?? 0) <= 395, `${name}: ${inside[i]}`));
});
test('few labels without an error are no certainty; no labels have no band', () => {
  const cells: Cells = new Map([['a', new Map([['a', 2]])]]);
  const { weighted, classes } = bandsOf(cells, scoresOf(cells));
  assert.ok(weighted !== undefined && weighted[0] > 0.3 && weighted[0] < 0.4 && weighted[1] === 1, String(weighted));
  assert.deepEqual(classes.get('a'), weighted);
  assert.equal(bandsOf(new Map(), scoresOf(new Map())).weighted, undefined);
});
