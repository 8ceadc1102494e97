import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barsOf, type Measured } from './bars.ts';
import type { Told } from './contender.ts';
import { qualityOf, type Quality } from './figures.ts';

test('quality: F1 of all rows and of those without an aisle, the worst category by name, the calibration error', () => {
  const rows = [['tea Green Tea', 'a'], ['tea Black Tea', 'a'], ['Green Tea', 'a'], ['Bread', 'b']].map(([text = '', category = '']) => ({ text, category }));
  const quality = qualityOf(rows, { predicted: ['a', 'a', 'b', 'b'], confidence: [1, 1, 1, 1] });
  // a: 2 of 3 found, none wrong: F1 .8; b: 1 found, 1 wrong: F1 2/3. Without an aisle: a 0, b 2/3.
  assert.ok(Math.abs(quality.weighted - (0.8 * 3 + 2 / 3) / 4) < 1e-12);
  assert.ok(Math.abs(quality.withoutAisle - 1 / 3) < 1e-12);
  assert.deepEqual([quality.worstCategory, quality.ece], ['b', 0.25]);
  assert.throws(() => qualityOf(rows, { predicted: ['a'], confidence: [1] }), RangeError);
});

const told: Told = { predicted: [], confidence: [], trainSeconds: 3, trainCpuSeconds: 4, peakRssBytes: 1e8, modelBytes: 3e6, predictionsPerSecond: 1e4, sha256: 'aa', versions: 'x' };
const good: Quality = { weighted: 0.95, macro: 0.93, worst: 0.78, worstCategory: 'c', withoutAisle: 0.87, ece: 0.01 };
const measured = (quality: Partial<Quality>, more: Partial<Told> = {}, again = 'aa'): Measured => ({ contender: { name: 'ours, wasm', peer: undefined, program: '', args: [] }, runs: [{ seed: 1, told: { ...told, ...more }, quality: { ...good, ...quality } }], again });
const missed = (one: Measured, judge = true): string[] => barsOf([one], judge).filter(({ holds }) => !holds).map(({ name }) => name.replace(/^ours, wasm: |, mean of 1 seeds$/g, ''));

test('every bar can be missed, and only that one is', () => {
  assert.deepEqual(missed(measured({})), []);
  assert.deepEqual(missed(measured({ weighted: 0.9459 })), ['weighted F1']);
  assert.deepEqual(missed(measured({ macro: 0.92 })), ['macro F1']);
  assert.deepEqual(missed(measured({ worst: 0.7 })), ["worst category's F1"]);
  assert.deepEqual(missed(measured({ withoutAisle: 0.86 })), ['weighted F1 of rows without an aisle']);
  assert.deepEqual(missed(measured({ ece: 0.013 })), ['ECE']);
  assert.deepEqual(missed(measured({}, { trainSeconds: 10.5 })), ['training']);
  assert.deepEqual(missed(measured({}, { modelBytes: 1.1e7 })), ['model file']);
  assert.deepEqual(missed(measured({}, {}, 'bb')), ['the same rows and seed twice']);
  assert.deepEqual(missed(measured({ weighted: 0.1, ece: 1 }), false), []);
  assert.deepEqual(barsOf([measured({})], true, ['ours, tfjs-node']).filter(({ holds }) => !holds).map(({ name }) => name), ['ours, tfjs-node: training']);
});
