import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSettling, type Settling, type Unsettled } from './settling.ts';

const waiting = (id: string, dueMs: number, offset: number): Unsettled => ({ id, modelName: 'm', modelVersion: 'v', dueMs, predictedAt: 0, predicted: 'a', audit: false, label: 'a', source: 's', offset });
const law = (make: () => Settling) => fc.property(fc.array(fc.tuple(fc.nat(30), fc.boolean())), (steps) => {
  const settling = make();
  let model: Unsettled[] = [];
  steps.forEach(([dueMs, takes], i) => {
    const one = waiting(`p${(i * 7) % 11}-${i}`, dueMs, i);
    settling.add(one);
    model.push(one);
    if (takes) {
      const due = model.filter((each) => each.dueMs <= 15).sort((a, b) => a.dueMs - b.dueMs || (a.id < b.id ? -1 : 1));
      const came: Unsettled[] = [];
      for (let next = settling.next(15); next !== undefined; next = settling.next(15)) came.push(next);
      assert.deepEqual(came, due);
      model = model.filter((each) => each.dueMs > 15);
    }
    assert.deepEqual([settling.size(), settling.oldestOffset()], [model.length, model[0]?.offset]);
  });
});
test('law: all that is due comes, in the order of (time, id); what waits is known', () => {
  fc.assert(law(createSettling));
});
test('the law can fail: first come, first served', () => {
  const broken = (): Settling => {
    const inner = createSettling();
    const line: Unsettled[] = [];
    return {
      ...inner,
      add: (one) => void (inner.add(one), line.push(one)),
      next: (nowMs) => (inner.next(nowMs) === undefined ? undefined : line.splice(line.findIndex((one) => one.dueMs <= nowMs), 1)[0]),
    };
  };
  assert.throws(() => fc.assert(law(broken), { seed: 1 }));
});
