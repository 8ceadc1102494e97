import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Seen } from './changes.ts';
import { FEED_LIMITS, openFeed, type FeedLimits } from './feed.ts';

/** A feed whose rounds happen when the test lets them. */
function feedOf(limits: Partial<FeedLimits> = {}) {
  const waiting: ((seen: Seen) => void)[] = [];
  const feed = openFeed(() => new Promise((resolve) => waiting.push(resolve)), () => 0, { ...FEED_LIMITS, everyMs: 1, ...limits });
  const listen = (): Readable => feed.listen() ?? assert.fail('nobody may listen');
  /** Answers the question that waits, once one does. */
  async function round(seen: Seen): Promise<void> {
    while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(waiting.length, 1, 'one question at a time, however many listen');
    waiting.shift()?.(seen);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { feed, listen, round, waiting };
}
const heard = (stream: Readable): string => String(stream.read() ?? '');

test('one question for all who listen; who comes later is told what is known at once', async () => {
  const { feed, listen, round } = feedOf();
  const [first, second] = [listen(), listen()];
  await round({ live: '1' });
  const third = listen();
  assert.deepEqual([first, second, third].map(heard), Array.from({ length: 3 }, () => 'retry: 2000\n\nevent: live\ndata: 1\n\n'));
  await round({ live: '2', runs: 'r' });
  assert.deepEqual([first, third].map(heard), Array.from({ length: 2 }, () => 'event: live\ndata: 2\n\nevent: runs\ndata: r\n\n'));
  feed.stop();
});
test('nobody listens: nothing is asked, and who comes then hears nothing old', async () => {
  const { feed, listen, round, waiting } = feedOf();
  const first = listen();
  await round({ live: '1' });
  first.destroy();
  await once(first, 'close');
  while (waiting.length > 0) await round({ live: 'late' });
  assert.equal(feed.listeners(), 0);
  const second = listen();
  assert.equal(heard(second), 'retry: 2000\n\n');
  await round({ live: '2' });
  assert.equal(heard(second), 'event: live\ndata: 2\n\n');
  feed.stop();
});
test('one that does not read is dropped when too much waits for it; the others go on', async () => {
  const { feed, listen, round } = feedOf({ bytes: 1000 });
  const [slow, quick] = [listen(), listen()];
  for (let i = 0; i < 4; i += 1) {
    heard(quick);
    await round({ live: `${i}`.repeat(400) });
  }
  assert.deepEqual([slow.destroyed, quick.destroyed, feed.listeners()], [true, false, 1]);
  feed.stop();
});
test('not without end: so many at once, and each for so long', async () => {
  const { feed, listen } = feedOf({ listeners: 2, listenMs: 5 });
  const [one, two] = [listen(), listen()];
  assert.equal(feed.listen(), undefined);
  one.resume();
  two.resume();
  await Promise.all([once(one, 'end'), once(two, 'end')]);
  feed.stop();
});
test('a beat shows that the line stands; a stop ends all at once and lets nobody in', async () => {
  const { feed, listen } = feedOf({ heartbeatMs: 2 });
  const stream = listen();
  heard(stream);
  await once(stream, 'readable');
  assert.match(heard(stream), /^: still here\n\n/);
  feed.stop();
  await once(stream, 'close');
  assert.deepEqual([feed.listen(), feed.listeners()], [undefined, 0]);
});
