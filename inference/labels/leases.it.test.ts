// The leases of labels in the real table.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { silent } from '../../producers/kafka.ts';
import { closeAtEnd, openBench, until } from '../../stack/testing.ts';
import { openLabelDesk } from './desk.ts';
import { openSharedLeases } from './sharedLeases.ts';

test('the table: of many who want the same ones each is given to one; database time frees them; a database that is away is told', async (t) => {
  const { settings } = await openBench(t);
  const open = (change: object = {}) => {
    const leases = openSharedLeases({ ...settings, labelLeaseMs: 1500, ...change });
    closeAtEnd(t, () => leases.close());
    return leases;
  };
  const pools = [open(), open(), open()];
  const mark = randomUUID().slice(0, 8);
  const ids = Array.from({ length: 40 }, (_, i) => `${mark}-${i}`);
  const got = await Promise.all(Array.from({ length: 24 }, async (_, i) => ({ holder: `${mark}-h${i % 6}`, taken: await (pools[i % 3] ?? assert.fail()).take(`${mark}-h${i % 6}`, ids.slice(i % 5, 20 + i % 7)) })));
  const holders = new Map<string, Set<string>>();
  for (const { holder, taken } of got) for (const { id } of taken) holders.set(id, (holders.get(id) ?? new Set()).add(holder));
  assert.deepEqual([...holders.values()].filter((those) => those.size !== 1), []);
  assert.equal(holders.size, 26);
  const [pool] = pools;
  assert.ok(pool !== undefined);
  const own = [...holders].filter(([, those]) => those.has(`${mark}-h0`)).map(([id]) => id);
  const inHand = await pool.held(`${mark}-h0`);
  assert.deepEqual([inHand.mine.toSorted(), ids.filter((id) => inHand.others.includes(id)).length], [own.toSorted(), 26 - own.length]);
  await until('their time runs out', async () => ((await pool.take(`${mark}-late`, ids)).length === ids.length ? true : undefined));
  await pool.release(`${mark}-late`, ids);
  assert.deepEqual((await pool.held(`${mark}-late`)).mine, []);

  const desk = openLabelDesk({ recent: { ask: () => Promise.resolve({ status: 'queue', predictions: [], waiting: 3 }) }, shared: open({ mysqlPort: 1 }), serves: () => undefined, leaseMs: 1000, nowMs: Date.now, log: silent });
  assert.deepEqual(await desk.lease('anna', { order: 'newest', limit: 5, except: [] }), { items: [], waiting: 3, shared: false });
});
