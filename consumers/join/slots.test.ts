import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSlots, hashOf, type Slots } from './slots.ts';

// Few hashes, so that runs of collisions grow, wrap around the end and are broken up; some are equal in all bits.
const HASHES = [0, 1, 2, 1023, 1022, 1024, 2047, 0xffffffff, 0xfffffc00];
type Step = { do: 'insert' | 'move' | 'remove'; hash: number; nth: number };
const steps = fc.array(fc.record({ do: fc.constantFrom('insert' as const, 'insert' as const, 'move' as const, 'remove' as const), hash: fc.constantFrom(...HASHES), nth: fc.nat({ max: 50 }) }), { maxLength: 300, size: 'max' });

function compare(list: readonly Step[], slots: Slots): void {
  const model = new Map<number, number>();
  let next = 1;
  for (const step of list) {
    const standing = [...model.keys()];
    const position = standing[step.nth % Math.max(1, standing.length)] ?? 0;
    const hash = model.get(position) ?? step.hash;
    switch (step.do) {
      case 'insert':
        slots.insert(step.hash, next);
        model.set(next, step.hash);
        break;
      case 'move':
        assert.equal(slots.move(hash, position || next + 1, next), position !== 0);
        if (position !== 0) {
          model.delete(position);
          model.set(next, hash);
        }
        break;
      case 'remove':
        assert.equal(slots.remove(hash, position || next + 1), position !== 0);
        model.delete(position);
        break;
    }
    next += 1;
    assert.equal(slots.size(), model.size);
  }
  for (const [position, hash] of model) assert.equal(slots.find(hash, (candidate) => candidate === position), position);
  for (const hash of HASHES) {
    const met: number[] = [];
    assert.equal(slots.find(hash, (candidate) => (met.push(candidate), false)), 0);
    assert.deepEqual(met.sort((a, b) => a - b), [...model].filter(([, one]) => one === hash).map(([position]) => position).sort((a, b) => a - b));
  }
}
test('law: insert, move and remove with colliding hashes are those of a Map', () => {
  fc.assert(fc.property(steps, (list) => compare(list, createSlots())), { numRuns: 300 });
});
test('the law can fail: a removal that only empties its slot loses what collided', () => {
  assert.throws(() => fc.assert(fc.property(steps, (list) => {
    const slots = createSlots();
    const hidden = new Set<number>();
    // Behind an emptied slot a probe sees nothing.
    const hides = (hash: number): boolean => [...hidden].some((one) => (one & 1023) === (hash & 1023));
    compare(list, { ...slots, remove: (hash, position) => (hidden.add(hash), slots.remove(hash, position)), find: (hash, isSame) => (hides(hash) ? 0 : slots.find(hash, isSame)) });
  }), { numRuns: 300, seed: 1 }));
});
test('it grows and shrinks with what it holds', () => {
  const slots = createSlots();
  const empty = slots.bytes();
  for (let i = 1; i <= 100_000; i += 1) slots.insert(hashOf(`id-${i}`, 7), i);
  assert.ok(slots.bytes() / 100_000 < 12 / 0.35);
  for (let i = 1; i <= 100_000; i += 1) assert.equal(slots.find(hashOf(`id-${i}`, 7), (position) => position === i), i);
  for (let i = 1; i <= 100_000; i += 1) assert.equal(slots.remove(hashOf(`id-${i}`, 7), i), true);
  assert.equal(slots.bytes(), empty);
});
test('another salt, other collisions', () => {
  const seen = new Map<number, string>();
  let pair: readonly [string, string] | undefined;
  for (let i = 0; pair === undefined; i += 1) {
    const id = `id-${i}`;
    const hash = hashOf(id, 1);
    const other = seen.get(hash);
    if (other !== undefined) pair = [other, id];
    seen.set(hash, id);
  }
  const [a, b] = pair;
  assert.equal(hashOf(a, 1), hashOf(b, 1));
  assert.notEqual(hashOf(a, 2), hashOf(b, 2));
});
