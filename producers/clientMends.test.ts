// A client over a long life: as many connections after an outage as before.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import './kafka.ts';
import { stockPool } from './clientMends.ts';

type Fake = { nodeId: unknown; readonly connectionPool: { host: string; port: number; rack?: unknown }; isConnected(): boolean; connect(): Promise<void>; disconnect(): Promise<void>; metadata(): Promise<unknown> };
type Pool = { createBroker(options: { connectionPool: Fake['connectionPool']; nodeId?: unknown }): Fake; connect(): Promise<void>; refreshMetadata(topics: readonly string[]): Promise<unknown>; findBroker(asked: { nodeId: string }): Promise<Fake> };
const load = createRequire(import.meta.url);
const ours = load('kafkajs/src/cluster/brokerPool.js') as typeof stockPool;
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
    /** besides: something else finds its way to the known broker while the pool looks for it. */
    async outage(besides: boolean) {
      world.away = true;
      for (const broker of all) broker.up = false;
      const back = Promise.all([pool.refreshMetadata([]), ...(besides ? [pool.refreshMetadata([])] : [])]);
      await new Promise((resolve) => setImmediate(resolve));
      world.away = false;
      if (besides) await pool.findBroker({ nodeId: '7' });
      await back;
    },
  };
}
async function heldAfter(Of: typeof stockPool, outages: number, besides: boolean): Promise<{ readonly connections: number; readonly nodeId: unknown }> {
  const client = clientOf(Of);
  await client.pool.connect();
  await client.pool.refreshMetadata([]);
  for (let i = 0; i < outages; i += 1) {
    await client.outage(besides);
    // What a request does next.
    await client.pool.findBroker({ nodeId: '7' });
    await client.pool.refreshMetadata([]);
  }
  const { nodeId } = await client.pool.findBroker({ nodeId: '7' });
  return { connections: client.connections(), nodeId };
}

test('a client holds one connection to its broker, however often that was away; the stock one holds two after the first time', async () => {
  for (const outages of [0, 1, 2, 5]) {
    for (const besides of [false, true]) {
      assert.deepEqual(await heldAfter(ours, outages, besides), { connections: 1, nodeId: 7 }, `${outages} outages`);
      assert.equal((await heldAfter(stockPool, outages, besides)).connections, outages === 0 ? 1 : 2, `${outages} outages`);
    }
  }
});
