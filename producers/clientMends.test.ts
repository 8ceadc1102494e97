// A client over a long life: as many connections after an outage as before, heartbeats whatever the clock says and over the broker in place, and a member again whatever befell its joining.
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

/** Heartbeats sent, asked for every second while the clock jumps a day ahead and back. */
async function beatsOf(t: TestContext, Of: typeof stockGroup): Promise<number> {
  const DAY_MS = 86_400_000;
  t.mock.timers.enable({ apis: ['Date'], now: 10 * DAY_MS });
  let beats = 0;
  const group = Object.assign(new Of({ logger, topics: [], cluster: { brokerPool: { brokers: {} } }, assigners: [], topicConfigurations: {}, instrumentationEmitter: { emit: () => undefined } }), { memberId: 'one', coordinator: { heartbeat: () => Promise.resolve(void (beats += 1)) } });
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

test('a group goes on over the broker that stands in the pool, and lets the one before go', async () => {
  const brokerOf = (nodeId: string) => {
    const broker = { nodeId, beats: 0, closed: 0, connectionPool: { host: 'kafka', port: 9092 }, heartbeat: () => Promise.resolve(void (broker.beats += 1)), disconnect: () => Promise.resolve(void (broker.closed += 1)) };
    return broker;
  };
  const [before, after] = [brokerOf('7'), brokerOf('7')];
  const brokers: Record<string, typeof before> = { 7: before };
  const group = Object.assign(new Group({ logger, topics: [], cluster: { brokerPool: { brokers } }, assigners: [], topicConfigurations: {}, instrumentationEmitter: { emit: () => undefined } }), { memberId: 'one', coordinator: before, offsetManager: { coordinator: before }, lastRequest: 0 });
  await group.heartbeat({ interval: 0 });
  // While the broker is in nobody's list.
  delete brokers['7'];
  await group.heartbeat({ interval: 0 });
  assert.deepEqual([before.beats, before.closed], [2, 0]);
  brokers['7'] = after;
  await group.heartbeat({ interval: 0 });
  await group.heartbeat({ interval: 0 });
  assert.deepEqual([before.beats, before.closed, after.beats, after.closed], [2, 1, 2, 0]);
  assert.ok(group.coordinator === after && group.offsetManager.coordinator === after);
});

type Runner = { start(): Promise<void>; stop(): Promise<void> };
type Stage = 'coordinator' | 'join' | 'sync';
/** A consumer that is thrown out of its group once and whose joining anew fails once at `stage`: how often it has joined when it has fetched so many times more. */
async function joinsOf(Of: typeof stockGroup, stage: Stage): Promise<number> {
  const FETCHES = 30;
  const { createErrorFromCode } = load('kafkajs/src/protocol/error.js') as { createErrorFromCode(code: number): Error };
  const { MemberAssignment } = load('kafkajs/src/consumer/assignerProtocol.js') as { MemberAssignment: { encode(assignment: object): Buffer } };
  const StockRunner = load('kafkajs/src/consumer/runner.js') as new (options: object) => Runner;
  const [UNKNOWN_MEMBER, LOADING] = [25, 14];
  let [joins, asked, fetches, thrownOut] = [0, 0, 0, false];
  /** Fails at the second joining. */
  const at = <Answer>(one: Stage, answer: Answer): Promise<Answer> => {
    if (one === 'coordinator') asked += 1;
    return one === stage && asked === 2 ? Promise.reject(createErrorFromCode(LOADING)) : Promise.resolve(answer);
  };
  const coordinator = {
    joinGroup: () => at('join', { generationId: 1, leaderId: 'another', memberId: `member-${asked}`, members: [], groupProtocol: 'x' }),
    syncGroup: () => at('sync', { memberAssignment: MemberAssignment.encode({ version: 1, assignment: { t: [0] }, userData: Buffer.alloc(0) }) }),
    heartbeat: () => {
      if (thrownOut) return Promise.resolve();
      thrownOut = true;
      return Promise.reject(createErrorFromCode(UNKNOWN_MEMBER));
    },
  };
  const instrumentationEmitter = { emit: (name: string) => void (joins += Number(name === 'consumer.group_join')) };
  const retry = { initialRetryTime: 1, maxRetryTime: 1, retries: 20 };
  const cluster = { brokerPool: { brokers: {} }, connect: () => Promise.resolve(), refreshMetadataIfNecessary: () => Promise.resolve(), findGroupCoordinator: () => at('coordinator', coordinator), findTopicPartitionMetadata: () => [{ partitionId: 0 }], getNodeIds: () => [1] };
  const consumerGroup = Object.assign(new Of({ logger, retry, cluster, topics: ['t'], topicConfigurations: { t: {} }, assigners: [], instrumentationEmitter }), {
    async fetch() {
      fetches += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return [];
    },
    leave: () => Promise.resolve(),
  });
  const runner = new StockRunner({ logger, retry, consumerGroup, instrumentationEmitter, concurrency: 1, heartbeatInterval: 0, onCrash: assert.fail });
  await runner.start();
  while (fetches < FETCHES) await new Promise((resolve) => setImmediate(resolve));
  await runner.stop();
  return joins;
}
test('a member that is thrown out joins again, wherever its first try failed; the stock one may fetch on without being a member', async () => {
  for (const stage of ['coordinator', 'join', 'sync'] as const) assert.equal(await joinsOf(Group, stage), 2, stage);
  assert.equal(await joinsOf(stockGroup, 'coordinator'), 1);
  assert.equal(await joinsOf(stockGroup, 'join'), 1);
});
