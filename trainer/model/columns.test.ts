// Columns and batches against the sets they stand for, written down plainly.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Features } from '../../schemas/features.ts';
import { columnsOf } from './columns.ts';
import { pack } from './pack.ts';

const SPACE = 12;
/** Features of every row; a feature's scale is its number + 1. */
const rowsOf = (sets: readonly (readonly number[])[]): Features[] => sets.map((set) => ({ index: Uint32Array.from(set), scale: Float32Array.from(set, (feature) => feature + 1), rowScale: 1 }));
const someRows = fc.array(fc.uniqueArray(fc.nat(SPACE - 1), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 });
const rowsWith = (rows: readonly Features[], feature: number): string => rows.flatMap(({ index }, r) => (index.includes(feature) ? [r] : [])).join();

test('law: two features share a column exactly where they stand in the same rows, and its size is the sum of their scales', () => {
  fc.assert(fc.property(someRows, (sets) => {
    const rows = rowsOf(sets);
    const { columnOf, size, starts, of } = columnsOf(rows, SPACE);
    for (let a = 0; a < SPACE; a += 1) {
      const standsIn = rowsWith(rows, a);
      assert.equal(columnOf[a] === -1, standsIn === '');
      if (standsIn === '') continue;
      const alike = Array.from({ length: SPACE }, (_, b) => b).filter((b) => rowsWith(rows, b) === standsIn);
      for (let b = 0; b < SPACE; b += 1) assert.equal(columnOf[a] === columnOf[b], alike.includes(b));
      assert.equal(size[columnOf[a] ?? -1], alike.reduce((sum, b) => sum + b + 1, 0));
    }
    rows.forEach(({ index }, r) => {
      const columns = [...of.subarray(starts[r], starts[r + 1])];
      assert.deepEqual([...columns].sort((a, b) => a - b), [...new Set(Array.from(index, (feature) => columnOf[feature] ?? -1))].sort((a, b) => a - b));
    });
  }));
});
test('law: batches hold every entry once, by row and by column', () => {
  fc.assert(fc.property(someRows, fc.integer({ min: 1, max: 4 }), (sets, batch) => {
    const all = columnsOf(rowsOf(sets), SPACE);
    const batches = pack(all, batch);
    assert.deepEqual(batches.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)), sets.map((_, r) => r));
    for (const { from, to, columns, local, row, cscLocal, cscRow } of batches) {
      assert.ok(to - from <= batch);
      const entry = (at: number, r: number): string => `${columns[at] ?? -1} in ${from + r}`;
      const wanted = Array.from({ length: to - from }, (_, r) => [...all.of.subarray(all.starts[from + r], all.starts[from + r + 1])].map((column) => `${column} in ${from + r}`)).flat();
      assert.deepEqual(Array.from(local, (at, k) => entry(at, row[k] ?? -1)), wanted);
      assert.deepEqual(Array.from(cscLocal, (at, k) => entry(at, cscRow[k] ?? -1)).sort(), [...wanted].sort());
      for (const ascending of [row, cscLocal]) assert.ok(ascending.every((value, k) => k === 0 || value >= (ascending[k - 1] ?? 0)));
      assert.deepEqual([...new Set(cscLocal)], Array.from(columns, (_, i) => i));
    }
  }));
});
