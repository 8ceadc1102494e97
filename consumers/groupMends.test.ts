// A member over a long life: heartbeats whatever the clock says and over the broker in place, and a member again whatever befell its joining.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test, type TestContext } from 'node:test';
import '../producers/kafka.ts';
import { stockGroup } from './groupMends.ts';

const load = createRequire(import.meta.url);
const Group = load('kafkajs/src/consumer/consumerGroup.js') as typeof stockGroup;
const logger = { namespace: () => logger, debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const groupOf = <State>(Of: typeof stockGroup, brokers: object, state: State) => Object.assign(new Of({ logger, topics: [], cluster: { brokerPool: { brokers } }, assigners: [], topicConfigurations: {}, instrumentationEmitter: { emit: () => undefined } }), state);
/** Heartbeats sent, asked for every second while the clock jumps a day ahead and back. */
async function beatsOf(t: TestContext, Of: typeof stockGroup): Promise<number> {
  const DAY_MS = 86_400_000;
  t.mock.timers.enable({ apis: ['Date'], now: 10 * DAY_MS });
  let beats = 0;
  const group = groupOf(Of, {}, { memberId: 'one', coordinator: { heartbeat: () => Promise.resolve(void (beats += 1)) } });
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
  const group = groupOf(Group, brokers, { memberId: 'one', coordinator: before, offsetManager: { coordinator: before }, lastRequest: 0 });
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
type Stage = 'no coordinator' | 'coordinator' | 'join' | 'sync';
const EVENTS = new Map([['consumer.rebalancing', 'out'], ['consumer.group_join', 'in']]);
/** A consumer that is thrown out of its group once and whose joining anew fails once at `stage`: what it has told when it has fetched so many times more. */
async function toldOf(Of: typeof stockGroup, stage: Stage): Promise<string> {
  const FETCHES = 30;
  const { createErrorFromCode } = load('kafkajs/src/protocol/error.js') as { createErrorFromCode(code: number): Error };
  const { MemberAssignment } = load('kafkajs/src/consumer/assignerProtocol.js') as { MemberAssignment: { encode(assignment: object): Buffer } };
  const { KafkaJSGroupCoordinatorNotFound } = load('kafkajs/src/errors.js') as { KafkaJSGroupCoordinatorNotFound: new (text: string) => Error };
  const StockRunner = load('kafkajs/src/consumer/runner.js') as new (options: object) => Runner;
  const [UNKNOWN_MEMBER, LOADING] = [25, 14];
  const told: string[] = [];
  let [asked, fetches, thrownOut] = [0, 0, false];
  /** Fails at the second joining. */
  const at = <Answer>(one: Stage, answer: Answer): Promise<Answer> => {
    if (one === 'coordinator') asked += 1;
    if (asked !== 2 || !stage.endsWith(one)) return Promise.resolve(answer);
    return Promise.reject(stage === 'no coordinator' ? new KafkaJSGroupCoordinatorNotFound('Failed to find group coordinator') : createErrorFromCode(LOADING));
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
  const instrumentationEmitter = { emit: (name: string) => void (EVENTS.has(name) && told.push(EVENTS.get(name) ?? '')) };
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
  const runner = new StockRunner({ logger, retry, consumerGroup, instrumentationEmitter, concurrency: 1, heartbeatInterval: 0, onCrash: (error: Error) => void told.push(error.name) });
  await runner.start();
  while (fetches < FETCHES && !told.includes('KafkaJSNonRetriableError')) await new Promise((resolve) => setImmediate(resolve));
  await runner.stop();
  return told.join(' ');
}
test('a member that is thrown out joins again, wherever its first try failed; the stock one may fetch on without being a member, or end', async () => {
  for (const stage of ['no coordinator', 'coordinator', 'join', 'sync'] as const) assert.equal(await toldOf(Group, stage), 'out in out out in', stage);
  for (const stage of ['coordinator', 'join'] as const) assert.equal(await toldOf(stockGroup, stage), 'in', stage);
  assert.equal(await toldOf(stockGroup, 'no coordinator'), 'in KafkaJSNonRetriableError');
});
