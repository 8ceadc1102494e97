// A client over a long life: as many connections after an outage as before, and heartbeats whatever the clock says.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test, type TestContext } from 'node:test';
import './kafka.ts';
import { stockGroup, stockPool } from './clientMends.ts';

type Fake = { nodeId: unknown; readonly connectionPool: { host: string; port: number; rack?: unknown }; isConnected(): boolean; connect(): Promise<void>; disconnect(): Promise<void>; metadata(): Promise<unknown> };
type Pool = { createBroker(options: { connectionPool: Fake['connectionPool']; nodeId?: unknown }): Fake; connect(): Promise<void>; refreshMetadata(topics: readonly string[]): Promise<unknown>; findBroker(asked: { nodeId: string }): Promise<Fake> };
const load = createRequire(import.meta.url);
const ours = load('kafkajs/src/cluster/brokerPool.js') as typeof stockPool;
const Group = load('kafkajs/src/consumer/consumerGroup.js') as typeof stockGroup;
const logger = { namespace: () => logger, debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A client of one broker that can be away; how many connections stand. */
function clientOf(Of: typeof stockPool) {
  const world = { away: false };
  const all: (Fake & { up: boolean })[] = [];
  const pool = new Of({ logger, retry: { initialRetryTime: 1, maxRetryTime: 1, retries: 20 }, connectionPoolBuilder: { build: (at?: object) => Promise.resolve({ host: 'kafka', port: 9092, ...at }) } }) as unknown as Pool;
  pool.createBroker = ({ connectionPool, nodeId }) => {
    const broker = {
      nodeId, connectionPool, up: false,
      isConnected: () => broker.up,
      connect: () => (world.away ? Promise.reject(Object.assign(new Error('refused'), { name: 'KafkaJSConnectionError', retriable: true })) : Promise.resolve(void (broker.up = true))),
      disconnect: () => Promise.resolve(void (broker.up = false)),
      metadata: () => Promise.resolve({ brokers: [{ nodeId: 7, host: 'kafka', port: 9092, rack: null }], topicMetadata: [] }),
    };
    all.push(broker);
    return broker;
  };
  return {
    pool,
    connections: () => all.filter(({ up }) => up).length,
    async outage() {
      world.away = true;
      for (const broker of all) broker.up = false;
      const back = pool.refreshMetadata([]);
      await new Promise((resolve) => setImmediate(resolve));
      world.away = false;
      await back;
    },
  };
}
async function heldAfter(Of: typeof stockPool, outages: number): Promise<{ readonly connections: number; readonly nodeId: unknown }> {
  const client = clientOf(Of);
  await client.pool.connect();
  await client.pool.refreshMetadata([]);
  for (let i = 0; i < outages; i += 1) {
    await client.outage();
    // What a request does next.
    await client.pool.findBroker({ nodeId: '7' });
    await client.pool.refreshMetadata([]);
  }
  const { nodeId } = await client.pool.findBroker({ nodeId: '7' });
  return { connections: client.connections(), nodeId };
}

test('a client holds one connection to its broker, however often that was away; the stock one holds two after the first time', async () => {
  for (const outages of [0, 1, 2, 5]) {
    assert.deepEqual(await heldAfter(ours, outages), { connections: 1, nodeId: 7 }, `${outages} outages`);
    assert.equal((await heldAfter(stockPool, outages)).connections, outages === 0 ? 1 : 2, `${outages} outages`);
  }
});

/** Heartbeats sent, asked for every second while the clock jumps a day ahead and back. */
async function beatsOf(t: TestContext, Of: typeof stockGroup): Promise<number> {
  const DAY_MS = 86_400_000;
  t.mock.timers.enable({ apis: ['Date'], now: 10 * DAY_MS });
  let beats = 0;
  const group = Object.assign(new Of({ logger, topics: [], cluster: {}, assigners: [], topicConfigurations: {}, instrumentationEmitter: { emit: () => undefined } }), { memberId: 'one', coordinator: { heartbeat: () => Promise.resolve(void (beats += 1)) } });
  for (const jumpMs of [0, DAY_MS, -DAY_MS, -DAY_MS, DAY_MS]) {
    t.mock.timers.setTime(Date.now() + jumpMs);
    for (let second = 0; second < 4; second += 1) {
      t.mock.timers.setTime(Date.now() + 1000);
      await group.heartbeat({ interval: 1000 });
    }
  }
  t.mock.timers.reset();
  return beats;
}
test('a member sends its heartbeats when the clock is set back; the stock one stops', async (t) => {
  assert.equal(await beatsOf(t, Group), 20);
  assert.ok((await beatsOf(t, stockGroup)) < 20);
});
