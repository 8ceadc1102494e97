import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aisleOf } from '../schemas/features.ts';
import { syntheticWorld, worldFromRows } from './drift.ts';
import type { Row } from './catalogue.ts';

const rows: Row[] = Array.from({ length: 40 }, (_, aisle) => Array.from({ length: 100 }, (_unused, i) => ({ product_description: `aisle${'abcdefghij'[aisle % 10]}${'klmn'[Math.floor(aisle / 10)]} Product ${aisle}x${i}`, category: aisle % 2 === 0 ? 'a' : 'b' }))).flat();

test('new families are in the fresh stream only', () => {
  for (const world of [worldFromRows(rows, 1), syntheticWorld(1)]) {
    const families = new Set(world.families);
    assert.ok(families.size > 0);
    assert.ok([...world.base, ...world.familiar].every((row) => !families.has(aisleOf(row.product_description).aisle)));
    const base = new Set(world.base.map((row) => row.product_description));
    assert.ok(world.familiar.every((row) => !base.has(row.product_description)));
  }
});
test('the same seed gives the same world', () => {
  assert.deepEqual(worldFromRows(rows, 5), worldFromRows(rows, 5));
});
test('a file without families is refused with the reason', () => {
  assert.throws(() => worldFromRows([{ product_description: 'Milk', category: 'a' }], 1), /too few products/);
});
