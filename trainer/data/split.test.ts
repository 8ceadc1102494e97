// The dataset's laws: whoever trains when, a text is on one side; what is said last wins and every overruled row is counted; the hold-out is the base corpus's alone.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { baseCorpus } from '../../producers/catalogue.ts';
import { normalise } from '../../schemas/features.ts';
import { countPerCategory, readDataset, writeDataset } from './datasetFile.ts';
import { datasetRows, isHoldOut, partsOf, partsOfRows, recencyWeightOf, type LabelledRow } from './split.ts';

// Few texts and many spellings, so that duplicates and conflicts are the rule.
const text = fc.tuple(fc.constantFrom('Crème Brûlée', 'tea', 'Oat Milk 1 L', 'soap', 'Kaffee', 'bread'), fc.constantFrom('', ' ', '  x', ' two'), fc.boolean()).map(([name, tail, loud]) => (loud ? ` ${name.toUpperCase()}` : name) + tail);
const category = fc.constantFrom('A', 'B', 'C');
const baseRow = fc.record({ product_description: text, category });
const said = fc.record({ product_description: text, category, source: fc.constantFrom('given', 'label'), atMs: fc.integer({ min: 1, max: 20 }), isRecent: fc.boolean() }) as fc.Arbitrary<LabelledRow>;
const inputs = fc.record({ base: fc.array(baseRow, { maxLength: 30 }), later: fc.array(said, { maxLength: 30 }) });
const keyOf = (row: { readonly product_description: string }): string => normalise(row.product_description);

test('the hold-out is a function of the base corpus alone, and nothing on its side is ever learnt', () => {
  fc.assert(fc.property(inputs, ({ base, later }) => {
    const alone = partsOf(base, [], 3, 2);
    const parts = partsOf(base, later, 3, 2);
    assert.deepEqual(parts.holdOut, alone.holdOut);
    const held = new Set(parts.holdOut.map(keyOf));
    assert.ok(parts.training.every((row) => !held.has(keyOf(row)) && !isHoldOut(row.product_description)));
  }));
});
test('one row per text on each side of the judgement, however it is spelt; folds never split a text', () => {
  fc.assert(fc.property(inputs, ({ base, later }) => {
    const { rows } = datasetRows(base, later, 3);
    for (const part of ['training', 'hold_out', 'evidence']) {
      const keys = rows.filter((row) => row.part === part).map(keyOf);
      assert.equal(new Set(keys).size, keys.length, part);
    }
    const { training, recent } = partsOfRows(rows, 2);
    for (const row of recent) for (const one of training) if (keyOf(one) === keyOf(row)) assert.equal(one.fold, row.fold);
  }));
});
test('recency: of what was said later about a text the last one stands, and it beats the base corpus', () => {
  fc.assert(fc.property(inputs, ({ base, later }) => {
    const { rows } = datasetRows(base, later, 3);
    const last = new Map([...later].sort((a, b) => a.atMs - b.atMs).map((row) => [keyOf(row), row]));
    const kept = new Map(rows.filter((row) => row.source !== 'base').map((row) => [keyOf(row), row]));
    assert.deepEqual([...kept.keys()].sort(), [...last.keys()].sort());
    for (const [key, row] of kept) assert.deepEqual([row.category, row.source, row.atMs, row.isRecent], [last.get(key)?.category, last.get(key)?.source, last.get(key)?.atMs, last.get(key)?.isRecent]);
    for (const row of rows) if (row.source === 'base' && row.part === 'training') assert.ok(!kept.has(keyOf(row)));
  }));
});
test('no row is lost: each is in the dataset, a duplicate, or overruled and counted', () => {
  fc.assert(fc.property(inputs, ({ base, later }) => {
    const { rows, counts } = datasetRows(base, later, 3);
    const agreeing = counts.replaced - (counts.conflicts - conflictsWithin(base) - conflictsWithin([...later].sort((a, b) => a.atMs - b.atMs)));
    assert.equal(rows.length + counts.duplicates + counts.conflicts + agreeing, base.length + later.length);
    assert.deepEqual([counts.training, counts.holdOut, counts.recent], [rows.filter((row) => row.part === 'training').length, rows.filter((row) => row.part === 'hold_out').length, rows.filter((row) => row.isRecent).length]);
    const perCategory = Object.values(countPerCategory(rows, ['A', 'B', 'C']));
    assert.equal(perCategory.reduce((sum, one) => sum + one.training + one.hold_out + one.evidence, 0), rows.length);
  }));
});
function conflictsWithin(rows: readonly { readonly product_description: string; readonly category: string }[]): number {
  const standing = new Map<string, string>();
  let conflicts = 0;
  for (const row of rows) {
    const before = standing.get(keyOf(row));
    if (before !== undefined && before !== row.category) conflicts += 1;
    standing.set(keyOf(row), row.category);
  }
  return conflicts;
}
test('the order in which things were said decides, not the order in which they arrive', () => {
  const distinct = fc.uniqueArray(said, { selector: (row) => row.atMs, maxLength: 20 });
  fc.assert(fc.property(fc.array(baseRow, { maxLength: 20 }), distinct.chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }))), (base, [rows, shuffled]) => {
    assert.equal(writeDataset(datasetRows(base, rows, 3).rows), writeDataset(datasetRows(base, shuffled, 3).rows));
  }));
});
test('what a dataset says as a file it says again when it is read', () => {
  const any = fc.record({ product_description: fc.string({ unit: 'grapheme', minLength: 1 }), category, source: fc.constantFrom('given', 'label'), atMs: fc.integer({ min: 0, max: 1_800_000_000_000 }), isRecent: fc.boolean() }) as fc.Arbitrary<LabelledRow>;
  fc.assert(fc.property(fc.array(baseRow), fc.array(any), fc.double({ min: 0, max: 20, noNaN: true }), (base, later, weight) => {
    const { rows } = datasetRows(base, later, weight, 7);
    assert.deepEqual(readDataset(Buffer.from(writeDataset(rows))), rows);
  }));
});
test('a label weighs RECENCY_WEIGHT when it is the newest, half of the extra a half-life earlier, never less than a base row', () => {
  assert.deepEqual([recencyWeightOf(3, 0, 90), recencyWeightOf(3, 90, 90), recencyWeightOf(3, 180, 90), recencyWeightOf(3, 90, Number.POSITIVE_INFINITY)], [3, 2, 1.5, 3]);
  fc.assert(fc.property(fc.double({ min: 1, max: 100, noNaN: true }), fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 1e9 }), (weight, a, b) => {
    const [younger, older] = [Math.min(a, b), Math.max(a, b)];
    assert.ok(recencyWeightOf(weight, older, 1000) <= recencyWeightOf(weight, younger, 1000) && recencyWeightOf(weight, older, 1000) >= 1);
  }));
});
test('a label on the hold-out side is evidence; a hold-out row that is contradicted stays and is counted', () => {
  const names = Array.from({ length: 500 }, (_, i) => `Product number ${i}`);
  const share = names.filter(isHoldOut).length / names.length;
  assert.ok(share > 0.12 && share < 0.28, String(share));
  const base = names.map((product_description) => ({ product_description, category: 'a' }));
  const later = names.slice(0, 100).map((product_description): LabelledRow => ({ product_description, category: 'b', source: 'label', atMs: 5, isRecent: true }));
  const { rows, counts } = datasetRows([...base, ...base], later, 3);
  const heldLabels = later.filter((row) => isHoldOut(row.product_description)).length;
  assert.deepEqual([counts.duplicates, counts.replaced, counts.conflicts, counts.holdOutConflicts, counts.recent], [500, 100 - heldLabels, 100 - heldLabels, heldLabels, 100]);
  assert.ok(rows.every((row) => row.part !== 'evidence' || row.source === 'label'));
  assert.ok(rows.filter((row) => row.weight === 3).every((row) => row.category === 'b'));
});
test('the hold-out of a fixed corpus is these rows: a change of text rules or hash must be noticed, it would unfreeze every hold-out', () => {
  const csv = writeDataset(datasetRows(baseCorpus(42), [], 3).rows.filter((row) => row.part === 'hold_out'));
  assert.equal(createHash('sha256').update(csv).digest('hex'), '70ae4fafd5cf3bbc499fad9e0978b0f7513abcbdb221e8a07713749119e87837');
});
