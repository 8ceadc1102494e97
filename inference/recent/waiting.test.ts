import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWaiting } from './waiting.ts';

function clock() {
  const timers = new Set<() => void>();
  return { timers, later: (callBack: () => void) => (timers.add(callBack), () => void timers.delete(callBack)), ring: () => [...timers].forEach((one) => (timers.delete(one), one())) };
}
test('an id that comes answers all who wait for it, once; another id answers nobody', () => {
  const { timers, later, ring } = clock();
  const waiting = createWaiting({ max: 10, waitMs: 500, later });
  const told: string[] = [];
  for (const who of ['first', 'second']) waiting.add('a', () => told.push(who));
  waiting.came('b');
  assert.deepEqual([told, waiting.some()], [[], true]);
  waiting.came('a');
  assert.equal(waiting.some(), false);
  waiting.came('a');
  ring();
  assert.deepEqual([told, timers.size], [['first', 'second'], 0]);
});
test('who waits in vain is answered when the time is over; no more than so many wait', () => {
  const { later, ring } = clock();
  const waiting = createWaiting({ max: 2, waitMs: 500, later });
  let told = 0;
  const add = (): boolean => waiting.add('a', () => (told += 1));
  assert.deepEqual([add(), add(), add()], [true, true, false]);
  ring();
  assert.deepEqual([told, add()], [2, true]);
});
