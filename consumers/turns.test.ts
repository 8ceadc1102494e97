// One turn at a time; what is said meanwhile is not lost; a stop waits for the turn under way.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fatal, transient } from '../schemas/failure.ts';
import { takeTurns } from './turns.ts';

const NEVER_MS = 1_000_000;
/** Turns whose work ends when the test says so. */
function watched(t: TestContext) {
  const heard: string[] = [];
  const open: { readonly end: () => void; readonly fail: (error: unknown) => void }[] = [];
  let began = 0;
  const turns = takeTurns({
    everyMs: NEVER_MS, onAway: () => heard.push('away'), onFatal: () => heard.push('fatal'),
    drain: () => new Promise<void>((end, fail) => {
      began += 1;
      open.push({ end, fail });
    }),
  });
  t.after(() => turns.stop());
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { turns, heard, began: () => began, async end(error?: unknown) {
    const one = open.shift();
    if (error === undefined) one?.end();
    else one?.fail(error);
    await settle();
  } };
}

test('a turn begins by itself; however often it is woken meanwhile, one more follows', async (t) => {
  const { turns, began, end } = watched(t);
  assert.equal(began(), 1);
  for (let i = 0; i < 5; i += 1) turns.wake();
  assert.equal(began(), 1);
  await end();
  assert.equal(began(), 2);
  await end();
  assert.equal(began(), 2);
  turns.wake();
  assert.equal(began(), 3);
  await end();
});
test('a transient failure is told and the next turn tries again; another is fatal', async (t) => {
  const { turns, heard, began, end } = watched(t);
  await end(transient('mysql_failed', 'away'));
  turns.wake();
  await end(fatal('broken', 'broken'));
  assert.deepEqual([heard, began()], [['away', 'fatal'], 2]);
});
test('a stop waits for the turn under way, and none follows it', async (t) => {
  const { turns, began, end } = watched(t);
  turns.wake();
  let stopped = false;
  const stopping = turns.stop().then(() => (stopped = true));
  await Promise.resolve();
  assert.equal(stopped, false);
  await end();
  await stopping;
  turns.wake();
  assert.equal(began(), 1);
});
