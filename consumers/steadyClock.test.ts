import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steadyClock } from './steadyClock.ts';

const DAY = 86_400_000;
test('a jump ahead is not followed, one back is, and time goes on in between', () => {
  let [wall, monotonic] = [1_000_000, 50];
  const now = steadyClock(() => wall, () => monotonic);
  const pass = (ms: number, jumpMs = 0): number => {
    wall += ms + jumpMs;
    monotonic += ms;
    return now();
  };
  assert.deepEqual([now(), pass(10), pass(5, DAY), pass(5), pass(0, -DAY), pass(10), pass(0, -DAY), pass(10), pass(0, DAY)], [1_000_000, 1_000_010, 1_000_015, 1_000_020, 1_000_020, 1_000_030, 1_000_030 - DAY, 1_000_040 - DAY, 1_000_040]);
});
test('whole milliseconds, whatever the monotonic clock counts in: a note of a time must be read again', () => {
  let [wall, monotonic] = [1000, 50.25];
  const now = steadyClock(() => wall, () => monotonic);
  wall += 1000;
  for (const ms of [0.1, 0.7, 3.3]) {
    monotonic += ms;
    assert.ok(Number.isInteger(now()));
  }
});
