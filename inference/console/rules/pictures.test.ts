// What the pictures show: scales, marks, gaps, and the matrix.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evidenceBars, evidenceLine, LEAST, remember, type Seen } from './evidence.ts';
import { f1Chart, inWords, runsOf } from './f1Chart.ts';
import { matrixOf, shortNames } from './matrix.ts';
import { comparisonOf, outcomeOf, reasonsOf, rowsInWords } from './runs.ts';
import { linear, log, powers, ticks, timeTicks } from './scale.ts';
import type { Bucket, Report, Run } from './wire.ts';

const bucket = (minute: number, f1: number | null, labels = 20): Bucket => ({ start_ms: minute * 60_000, length_ms: 60_000, labels, weighted_f1: f1, band: f1 === null ? null : [f1 - 0.05, Math.min(1, f1 + 0.05)] });
const frame = { width: 800, height: 280 };

test('scales and marks', () => {
  assert.deepEqual([linear([0, 10], [0, 100])(5), linear([1, 1], [7, 9])(1), log([0.01, 100], [0, 100])(1), log([0.01, 100], [0, 100])(0)], [50, 7, 50, 0]);
  assert.deepEqual(ticks(0.6, 1, 4), [0.6, 0.7, 0.8, 0.9, 1]);
  assert.deepEqual(powers(0.01, 30_000), [0.01, 0.1, 1, 10, 100, 1000, 10_000]);
  assert.deepEqual(timeTicks(30_000, 610_000, 6), { stepMs: 120_000, at: [120_000, 240_000, 360_000, 480_000, 600_000] });
});
test('law: marks are few, ascending and within', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 1, max: 4e9 }), fc.integer({ min: 2, max: 12 }), (from, span, most) => {
    const { at } = timeTicks(from, from + span, most);
    assert.ok(at.length <= most + 1 && at.every((one, i) => one >= from && one <= from + span && (i === 0 || one > (at[i - 1] ?? 0))));
  }));
});
test('where nobody labelled there is a gap; a bucket without evidence draws nothing', () => {
  assert.deepEqual(runsOf([bucket(0, 0.9), bucket(1, 0.91), bucket(2, null), bucket(9, 0.8)]).map((run) => run.length), [2, 1]);
  assert.equal(f1Chart([{ model_version: 'v1', buckets: [bucket(0, null)] }], [], 0.9, frame), undefined);
});
test('the chart: a line and a band per version, the threshold, promotions within, the support', () => {
  const chart = f1Chart([{ model_version: 'v1', buckets: [bucket(0, 0.95), bucket(1, 0.72)] }, { model_version: 'v2', buckets: [bucket(3, 0.97)] }], [{ atMs: 120_000, version: 'v2' }, { atMs: 9e9, version: 'v3' }], 0.9, frame);
  assert.ok(chart !== undefined);
  assert.deepEqual(chart.lines.map(({ version, dots }) => [version, dots.length]), [['v1', 0], ['v2', 1]]);
  assert.deepEqual([chart.marks.map(({ version }) => version), chart.support.length, chart.yTicks[0]?.value], [['v2'], 3, 0.7]);
  assert.ok(chart.thresholdY < chart.floor && chart.thresholdY > chart.top && chart.lines.every(({ line, band }) => !/NaN|undefined/.test(line + band)));
  assert.equal(inWords(chart, 0.9), 'F1 over time: 0.950 at first, 0.970 now, 0.720 at the lowest; threshold 0.90; versions v1, v2; 1 promotions in the picture.');
});
test('a few labels do not stretch the picture', () => {
  const low = (labels: number) => f1Chart([{ model_version: 'v1', buckets: [bucket(0, 0.95, 50), bucket(1, 0.1, labels)] }], [], 0.9, frame)?.yTicks[0]?.value;
  assert.deepEqual([low(2), low(20)], [0.8, 0.5]);
});
test('law: everything drawn lies in its frame', () => {
  const buckets = fc.array(fc.tuple(fc.nat(500), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 99 })), { minLength: 1, maxLength: 30 });
  fc.assert(fc.property(buckets, fc.double({ min: 0, max: 1, noNaN: true }), (list, threshold) => {
    const chart = f1Chart([{ model_version: 'v1', buckets: list.map(([minute, f1, labels]) => bucket(minute, f1, labels)).toSorted((a, b) => a.start_ms - b.start_ms) }], [], threshold, frame);
    const numbers = (chart?.lines ?? []).flatMap(({ line, band }) => [...`${line}${band}`.matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const));
    assert.ok(numbers.length > 0 && numbers.every(([x, y]) => x >= 0 && x <= frame.width && y >= 0 && y <= frame.height));
    assert.ok(chart?.support.every(({ x, y, width, height }) => x >= 0 && x + width <= frame.width && y + height <= frame.height + 0.2));
  }));
});

test('evidence: one detector is one bar, several stand below the joint one; nothing is at the start', () => {
  const evidence = { statistic: 100, alarm_at: 10_000, labels_since_last_alarm: 5 };
  assert.deepEqual(evidenceBars({ ...evidence, detectors: { weighted: 100 } }).bars.map(({ name }) => name), ['weighted F1']);
  const { bars, alarm } = evidenceBars({ ...evidence, detectors: { weighted: 0, 'category:Beverages': 1e9 } });
  assert.deepEqual(bars.map(({ name }) => name), ['all together', 'weighted F1', 'Beverages']);
  assert.deepEqual([bars[1]?.share, bars[2]?.share, (bars[0]?.share ?? 1) < alarm && alarm < 1], [0, 1, true]);
});
test('what the page has seen: flat stretches are two points, versions are apart, it is bounded', () => {
  const flat = [1, 2, 3, 4].reduce<readonly Seen[]>((seen, atMs) => remember(seen, { atMs, version: 'v1', value: 7 }), []);
  assert.deepEqual(flat.map(({ atMs }) => atMs), [1, 4]);
  assert.equal(Array.from({ length: 5000 }, (_, i) => i).reduce<readonly Seen[]>((seen, i) => remember(seen, { atMs: i, version: 'v1', value: i }), []).length, 600);
  const box = { left: 0, right: 100, top: 0, bottom: 50 };
  assert.deepEqual([evidenceLine(flat, 'v2', 100, box), evidenceLine(flat.slice(0, 1), 'v1', 100, box)], [undefined, undefined]);
  assert.match(evidenceLine([...flat, { atMs: 5, version: 'v1', value: LEAST / 10 }], 'v1', 100, box)?.line ?? '', /^M0 [\d.]+L75 [\d.]+L100 50$/);
});
test('the matrix: every category has a row and a column, in the model\'s order, strangers behind', () => {
  const matrix = matrixOf([{ label: 'B', predicted: 'A', count: 1 }, { label: 'B', predicted: 'B', count: 9 }, { label: 'Old', predicted: 'A', count: 2 }], ['B', 'A']);
  assert.deepEqual([matrix.names, matrix.total, matrix.wrong], [['B', 'A', 'Old'], 12, 3]);
  assert.deepEqual(matrix.rows.map(({ total, cells }) => [total, cells.map((cell) => [cell.count, cell.level])]), [[10, [[9, 4], [1, 2], [0, 0]]], [0, [[0, 0], [0, 0], [0, 0]]], [2, [[0, 0], [2, 4], [0, 0]]]]);
  assert.deepEqual(shortNames(['Dry Goods & Pantry Staples', 'Beverages', 'Bread', '&']), ['DGPS', 'B1', 'B2', '?']);
});
test('runs: a verdict is a word', () => {
  const run: Run = { id: 'r', kind: 'training', retrain_id: 'x', cause: 'drift', status: 'FINISHED', outcome: 'promoted' };
  assert.deepEqual([outcomeOf(run), outcomeOf({ ...run, status: 'RUNNING', outcome: null, stage: 'cross-fit' }), outcomeOf({ ...run, approval: 'awaiting' }), outcomeOf({ ...run, outcome: 'rejected', approval: 'declined' }), outcomeOf({ ...run, status: 'FAILED', outcome: 'error' })],
    [{ word: 'promoted', tone: 'good' }, { word: 'running: cross-fit', tone: 'open' }, { word: 'awaits approval', tone: 'open' }, { word: 'declined', tone: 'plain' }, { word: 'error', tone: 'bad' }]);
});
test('runs: rows by where they are from, without what there was none of', () => {
  assert.equal(rowsInWords({ base: 7000, labelled: 12, conflicts: 0, holdOut: 1466 }), 'base 7,000, labelled 12, hold out 1,466');
});
test('runs: the comparison is of the run\'s own candidate, and the reasons one by one', () => {
  const compared = { rows: 3, weighted: { champion: 0.9, challenger: 0.95, delta: 0.05, band: [0, 0.1] as const, support: 3, limit: 0.01, holds: true }, categories: [], gained: 1, lost: 0, p_value: 0.5 };
  const report: Report = { verdict: { reasons: ['better'], warnings: ['below min_f1'] }, contests: [{ challenger: 'previous', version: 'v0', hold_out: { ...compared, rows: 99 }, recent: compared }, { challenger: 'candidate', version: null, hold_out: compared, recent: { ...compared, rows: 0, weighted: null } }] };
  assert.deepEqual(comparisonOf(report).map(({ where, rows }) => [where, rows.length]), [['Frozen hold-out, 3 rows', 1], ['Rows labelled since the champion learnt, 0 rows', 0]]);
  assert.deepEqual([reasonsOf(report, 'x'), reasonsOf(null, 'a; b'), reasonsOf({}, 'a'), reasonsOf(undefined, null), comparisonOf(null), comparisonOf({})], [['better', 'Warning: below min_f1'], ['a', 'b'], ['a'], [], [], []]);
});
