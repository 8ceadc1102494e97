// The serving side over a thread of the test's own: a thread that ends fails what was asked of it and nothing else, and comes again.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { silent } from '../../producers/kafka.ts';
import { readSettings } from '../../schemas/settings.ts';
import { closeAtEnd, until } from '../../stack/testing.ts';
import { openRecent } from './reader.ts';

/** Answers every question; `die` ends it, and `silence` it never answers. */
const THREAD = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', (message) => {
  if (message === 'stop') parentPort.close();
  else if (message.question.id === 'die') process.exit(1);
  else if (message.question.id !== 'silence') parentPort.postMessage({ asked: message.asked, answer: { status: 'absent', heldSince: Number(message.question.id) } });
});
parentPort.postMessage({ stage: 'caught up' });`;
function bench(t: TestContext, env: Record<string, string> = {}) {
  const reader = openRecent(readSettings(env), silent, new URL(`data:text/javascript,${encodeURIComponent(THREAD)}`));
  closeAtEnd(t, () => reader.stop());
  return { reader, find: (id: string) => reader.ask({ kind: 'find', id }), ready: () => until('the thread is ready', () => (reader.stage() === 'caught up' ? true : undefined)) };
}
test('each question gets its own answer', async (t) => {
  const { find, ready } = bench(t);
  await ready();
  const answers = await Promise.all(['3', '1', '2'].map(find));
  assert.deepEqual(answers.map((answer) => answer.status === 'absent' && answer.heldSince), [3, 1, 2]);
});
test('a thread that ends: what was asked fails as something to ask again, and a new one answers', async (t) => {
  const { reader, find, ready } = bench(t);
  await ready();
  const [silence, death] = await Promise.allSettled([find('silence'), find('die')]);
  for (const one of [silence, death]) assert.ok(one.status === 'rejected' && Reflect.get(one.reason as object, 'code') === 'recent_away');
  assert.equal(reader.stage(), 'predictions');
  await assert.rejects(find('1'), { code: 'recent_away' });
  await ready();
  assert.equal((await find('1')).status, 'absent');
});
test('no more than a thousand questions are open', async (t) => {
  const { find, ready } = bench(t);
  await ready();
  const waiting = Array.from({ length: 1000 }, (_, i) => find(i === 999 ? 'die' : 'silence').catch(() => undefined));
  await assert.rejects(find('1'), /too many questions/);
  await Promise.all(waiting);
});
test('turned off: no thread, and a reason', async (t) => {
  const { reader, find } = bench(t, { RECENT_PREDICTIONS: '0' });
  assert.equal(reader.stage(), 'off');
  await assert.rejects(find('1'), /RECENT_PREDICTIONS=0/);
});
