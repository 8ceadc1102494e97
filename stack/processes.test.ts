import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { failingProcess, failuresAfter, PROCESSES, restartDelayMs } from './processes.ts';

const SESSION_MS = 6000;
const failures = fc.integer({ min: 1, max: 1000 });
const ranMs = fc.integer({ min: 0, max: 10 ** 9 });

test('a group member never returns before its old session has ended', () => {
  fc.assert(fc.property(fc.constantFrom('join' as const, 'monitor' as const), failures, ranMs, (name, n, ran) => restartDelayMs(name, n, ran, SESSION_MS) >= SESSION_MS));
});
test('the others return at once the first time, ever later when they keep dying, never later than half a minute', () => {
  for (const name of ['inference', 'trainer'] as const) {
    assert.ok(restartDelayMs(name, 1, 0, SESSION_MS) <= 100);
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 500].map((n) => restartDelayMs(name, n, 10, SESSION_MS));
    assert.deepEqual(delays, delays.toSorted((a, b) => a - b));
    assert.equal(delays.at(-1), 30_000);
  }
});
test('who ran for long starts afresh', () => {
  for (const name of PROCESSES) assert.equal(restartDelayMs(name, 9, 60_000, SESSION_MS), restartDelayMs(name, 1, 60_000, SESSION_MS));
});
test('a crash loop backs off, and one long run forgives it', () => {
  const delays = (name: 'trainer' | 'join', runsMs: readonly number[]): number[] => {
    let failures = 0;
    return runsMs.map((ran) => {
      failures = failuresAfter(failures, ran);
      return restartDelayMs(name, failures, ran, SESSION_MS);
    });
  };
  assert.deepEqual(delays('trainer', Array<number>(10).fill(10)), [100, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual(delays('trainer', [10, 10, 10, 10, 30_001, 10, 10]), [100, 500, 1000, 2000, 100, 500, 1000]);
  assert.deepEqual(delays('trainer', [29_999, 29_999, 29_999]), [100, 500, 1000]);
  assert.deepEqual(delays('join', [10, 10, 10, 10, 10, 10, 10, 40_000]), [6000, 6000, 6000, 6000, 6000, 8000, 16_000, 6000]);
});
test('a process that keeps failing is named; one that was killed once is not', () => {
  assert.equal(failingProcess({}), undefined);
  assert.equal(failingProcess({ join: { starts: 2, failures: 1, lastExit: 'SIGKILL' } }), undefined);
  assert.deepEqual(failingProcess({ inference: { starts: 1, failures: 0 }, trainer: { starts: 5, failures: 4, lastExit: 'exit 1' } }), { name: 'trainer', lastExit: 'exit 1' });
});
