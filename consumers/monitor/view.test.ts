import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addTo, mergeInto, type Cells } from './cells.ts';
import { inSpans } from './view.ts';

const bucket = (startMs: number, lengthMs: number, hits: number) => {
  const cells: Cells = new Map();
  if (hits > 0) addTo(cells, 'a', 'a', hits);
  return { startMs, lengthMs, cells };
};
const brief = (list: ReturnType<typeof inSpans>): unknown[] => list.map(({ startMs, lengthMs, cells }) => [startMs, lengthMs, cells.get('a')?.get('a')]);

test('neighbouring buckets become one span, those as long as a span stay', () => {
  const buckets = [bucket(0, 100, 5), bucket(100, 1, 1), bucket(104, 1, 2), bucket(109, 1, 3), bucket(110, 1, 4), bucket(131, 1, 5)];
  assert.deepEqual(brief(inSpans(buckets, 10)), [[0, 100, 5], [100, 10, 6], [110, 10, 4], [130, 10, 5]]);
  assert.deepEqual(brief(inSpans([], 10)), []);
});
test('law: no label is lost or counted twice, spans are in order, and the buckets stay as they were', () => {
  const list = fc.array(fc.record({ startMs: fc.nat(500), lengthMs: fc.constantFrom(1, 5, 50), hits: fc.integer({ min: 1, max: 9 }) }), { maxLength: 60 });
  fc.assert(fc.property(list, fc.integer({ min: 1, max: 60 }), (raw, spanMs) => {
    const buckets = raw.sort((a, b) => a.startMs - b.startMs || b.lengthMs - a.lengthMs).map(({ startMs, lengthMs, hits }) => bucket(startMs - (startMs % lengthMs), lengthMs, hits)).sort((a, b) => a.startMs - b.startMs);
    const before = brief(buckets);
    const spans = inSpans(buckets, spanMs);
    const total = (those: readonly { readonly cells: Cells }[]): number => {
      const sum: Cells = new Map();
      for (const { cells } of those) mergeInto(sum, cells);
      return sum.get('a')?.get('a') ?? 0;
    };
    assert.equal(total(spans), total(buckets));
    assert.deepEqual(brief(buckets), before);
    assert.ok(spans.every(({ lengthMs }) => lengthMs >= spanMs));
    const merged = spans.filter(({ lengthMs }) => lengthMs === spanMs).map(({ startMs }) => startMs);
    assert.deepEqual(merged, [...merged].sort((a, b) => a - b));
  }));
});
