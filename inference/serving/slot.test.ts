import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSlot, type Lease, type Slot } from './slot.ts';

type Model = { readonly id: number; disposed: number };
type Step = 'lease' | 'release' | 'swap';

/** Runs any sequence and checks after each step: no leased model is disposed, none is disposed twice, a retired one without leases is. */
function holds(make: (dispose: (model: Model) => void) => Slot<Model>, steps: readonly Step[]): void {
  const slot = make((model) => (model.disposed += 1));
  const all: Model[] = [];
  const leases: Lease<Model>[] = [];
  for (const step of steps) {
    if (step === 'swap') {
      const model = { id: all.length, disposed: 0 };
      all.push(model);
      slot.swap(model);
    } else if (step === 'lease') {
      const lease = slot.lease();
      assert.equal(lease === undefined, all.length === 0);
      if (lease !== undefined) {
        assert.equal(lease.model, all.at(-1), 'a lease gets the newest model');
        leases.push(lease);
      }
    } else leases.shift()?.release();
    for (const model of all) {
      const leased = leases.some((lease) => lease.model === model);
      assert.equal(model.disposed, model === all.at(-1) || leased ? 0 : 1);
    }
  }
}
const steps = fc.array(fc.constantFrom<Step>('lease', 'release', 'swap'), { maxLength: 40 });

test('law: disposed exactly once, after the last lease, never while serving', () => {
  fc.assert(fc.property(steps, (list) => holds(createSlot, list)));
});
test('the law can fail: a slot that disposes at the swap', () => {
  const hasty = (dispose: (model: Model) => void): Slot<Model> => {
    const inner = createSlot<Model>(() => undefined);
    return { ...inner, swap: (model) => (inner.current() === undefined ? undefined : dispose(inner.current() ?? model), inner.swap(model)) };
  };
  assert.throws(() => fc.assert(fc.property(steps, (list) => holds(hasty, list)), { seed: 1 }));
});
test('a second release does nothing', () => {
  const slot = createSlot<Model>((model) => (model.disposed += 1));
  const model = { id: 0, disposed: 0 };
  slot.swap(model);
  const lease = slot.lease();
  const other = slot.lease();
  slot.swap({ id: 1, disposed: 0 });
  lease?.release();
  lease?.release();
  assert.equal(model.disposed, 0);
  other?.release();
  assert.equal(model.disposed, 1);
});
