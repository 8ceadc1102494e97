// Laws of the tallies: whatever is added and taken back, through merging and changes of the bucket's length, the cells equal a batch count.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellsOf } from '../../schemas/confusion.ts';
import { addTo, mergeInto, type Cells } from './cells.ts';
import { createTallies, type Lengths, type Tallies } from './tallies.ts';

const HOUR = 3_600_000;
const MINUTES: Lengths = [{ fromMs: 0, lengthMs: 60_000 }];
type Made = (lengths: () => Lengths) => Tallies;
type Step = { readonly label: string; readonly predicted: string; readonly laterMs: number; readonly takeBack: number | undefined; readonly lengthMs: number | undefined };
const steps = fc.array(fc.record({
  label: fc.constantFrom('a', 'b', 'c'), predicted: fc.constantFrom('a', 'b', 'c'), laterMs: fc.oneof(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 0, max: 80 * HOUR })),
  takeBack: fc.option(fc.nat(1000), { nil: undefined }), lengthMs: fc.option(fc.constantFrom(1000, 7000, 60_000, 2 * HOUR), { nil: undefined, freq: 8 }),
}), { maxLength: 120 });

const lawOfCounting = (make: Made) => fc.property(steps, (list: readonly Step[]) => {
  let lengths: Lengths = MINUTES;
  const tallies = make(() => lengths);
  const standing: { label: string; predicted: string; at: number }[] = [];
  let time = 10 * HOUR;
  for (const { label, predicted, laterMs, takeBack, lengthMs } of list) {
    // As the fold does it: a new length counts from after everything that was counted.
    if (lengthMs !== undefined) lengths = [...lengths, { fromMs: time + 1, lengthMs }];
    time += laterMs;
    tallies.age(time);
    const old = takeBack === undefined ? undefined : standing.splice(takeBack % Math.max(1, standing.length), 1)[0];
    if (old !== undefined) tallies.add(old.label, old.predicted, old.at, -1);
    tallies.add(label, predicted, time, 1);
    standing.push({ label, predicted, at: time });
    const want: Cells = new Map();
    for (const one of standing) addTo(want, one.label, one.predicted, 1);
    const sum: Cells = new Map();
    for (const bucket of tallies.buckets()) mergeInto(sum, bucket.cells);
    assert.deepEqual(cellsOf(sum), cellsOf(want));
    assert.deepEqual(cellsOf(tallies.cumulative()), cellsOf(want));
    assert.ok(tallies.buckets().every((bucket, i, all) => bucket.labels > 0 && (i === 0 || (all[i - 1]?.startMs ?? 0) <= bucket.startMs)));
  }
});
test('law: buckets and total equal a batch count of what stands', () => {
  fc.assert(lawOfCounting(createTallies), { numRuns: 150 });
});
test('the law can fail: corrections taken out of the newest bucket', () => {
  const broken: Made = (lengths) => {
    const inner = createTallies(lengths);
    let newest = 0;
    return { ...inner, add: (label, predicted, at, by) => inner.add(label, predicted, by === 1 ? (newest = at) : newest, by) };
  };
  assert.throws(() => fc.assert(lawOfCounting(broken), { numRuns: 150, seed: 1 }));
});
test('the law can fail: lengths applied to times that were counted before the change', () => {
  const broken: Made = (lengths) => createTallies(() => lengths().slice(-1));
  assert.throws(() => fc.assert(lawOfCounting(broken), { numRuns: 150, seed: 1 }));
});

test('law: add, then take back, is identity', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('a', 'b'), fc.nat(1_000_000)), { maxLength: 50 }), (list) => {
    const tallies = createTallies(() => MINUTES);
    for (const [label, predicted, at] of list) tallies.add(label, predicted, at, 1);
    for (const [label, predicted, at] of list.toReversed()) tallies.add(label, predicted, at, -1);
    assert.deepEqual([tallies.buckets(), tallies.cumulative()], [[], new Map()]);
  }));
});

test('old buckets are merged into hours, then days, and a correction finds them', () => {
  const tallies = createTallies(() => MINUTES);
  tallies.add('a', 'b', 10 * HOUR + 5, 1);
  tallies.add('a', 'a', 10 * HOUR + 120_000, 1);
  assert.equal(tallies.age(10 * HOUR), false);
  assert.equal(tallies.age(70 * HOUR), true);
  assert.deepEqual(tallies.buckets().map((bucket) => [bucket.lengthMs, bucket.labels]), [[HOUR, 2]]);
  tallies.age(500 * HOUR);
  assert.deepEqual(tallies.buckets().map((bucket) => [bucket.lengthMs, bucket.labels]), [[24 * HOUR, 2]]);
  tallies.add('a', 'b', 10 * HOUR + 5, -1);
  assert.deepEqual(cellsOf(tallies.cumulative()), [['a', 'a', 1]]);
});
test('a cell below zero is an error, not a number', () => {
  assert.throws(() => createTallies(() => MINUTES).add('a', 'b', 0, -1), RangeError);
});
