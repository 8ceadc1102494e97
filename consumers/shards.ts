// Exactly once by partition number: for every number n this member is assigned, one shard = one task, its positions and one transactional
// producer `<name>-<n>`. Outputs and positions of all the shard's topics commit in one transaction.
// Order of a take-over: fence (make the transactor), read positions, open the task, replay in silence up to the committed positions, first transaction.
// No record at or beyond a committed position is handed over before all topics have reached theirs (the barrier): the topic that is there first is paused.
// Members join a group that never receives a commit; positions live in `<name>-positions`. See ARCHITECTURE.md, "Exactly once".
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { createKafka, type Log } from '../producers/kafka.ts';
import type { Outgoing } from '../producers/outgoing.ts';
import { createTransactor, type Position, type Transactor } from '../producers/transaction.ts';
import { fatal, kindOf, messageOf } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { coPartitioned } from './assigner.ts';
import { incomingOf, type Incoming } from './record.ts';

/** The state of one partition number. Any throw makes the shard start over with a new task. */
export type Task = {
  /** Where to begin reading, per topic; absent: at the committed positions. */
  readonly from?: ReadonlyMap<TopicName, bigint>;
  /** Records of one topic in order. committed: those below it are replayed, and a call holds only such or only others. Returns what to send (nothing in a replay). */
  handle(topic: TopicName, records: readonly Incoming[], committed: bigint): Promise<readonly Outgoing[]>;
  /** About once a second and only behind the barrier. caughtUp: both inputs were read to their ends. */
  tick?(caughtUp: boolean): Promise<readonly Outgoing[]> | readonly Outgoing[];
  /** All that was handled has been committed. */
  committed?(): void;
  /** Handed back, or given up after an error. */
  close?(): void;
  /** A short text that is committed beside the positions and handed to the next opening. */
  note?(): string;
};
export type Opening = { readonly partition: number; readonly positions: ReadonlyMap<TopicName, bigint>; /** oldest offsets that still stand */ readonly lows: ReadonlyMap<TopicName, bigint>; /** '' when there is none */ readonly note: string };
export type Shards = {
  stop(): Promise<void>;
  /** Partition numbers owned and behind their barrier. */
  readonly live: () => readonly number[];
  /** `<topic>-<n>` → records not yet committed. */
  readonly lags: () => ReadonlyMap<string, number>;
};
export type ShardOptions = {
  readonly settings: Settings; readonly registry: Registry; readonly log: Log; readonly name: string; readonly topics: readonly TopicName[];
  readonly open: (opening: Opening) => Promise<Task>;
  readonly closed?: (partition: number) => void;
  readonly onFatal: (error: unknown) => void;
};
type Shard = {
  readonly partition: number; readonly task: Task; readonly transactor: Transactor;
  /** Positions in force when the shard was opened: the barrier. */
  readonly committed: ReadonlyMap<TopicName, bigint>;
  /** Next offset to hand to the task, control records included. */
  readonly next: Map<TopicName, bigint>;
  /** Last delivered offset + 1: what is committed. */
  readonly delivered: Map<TopicName, bigint>;
  readonly high: Map<TopicName, bigint>;
  pending: Outgoing[];
  live: boolean;
};
const TICK_MS = 1000;
const BACK_OFF_MS = 500;
export const positionsGroupOf = (name: string): string => `${name}-positions`;

export async function runShards({ settings, registry, log, name, topics, open, closed, onFatal }: ShardOptions): Promise<Shards> {
  const kafka = createKafka(settings, name, log);
  const positionsGroup = positionsGroupOf(name);
  const admin = createKafka(settings, `${name}-admin`, log).admin();
  await admin.connect();
  const widths = await Promise.all(topics.map(async (topic) => (await admin.fetchTopicOffsets(topic)).length));
  if (new Set(widths).size > 1) throw fatal('partitions_differ', `${topics.join(' and ')} must have equally many partitions, they have ${widths.join(' and ')}`);

  const names = new Map<string, TopicName>(topics.map((topic) => [topic, topic]));
  const shards = new Map<number, Promise<Shard>>();
  /** Opened and ours still. */
  const current = new Map<number, Shard>();
  /** Of those, the ones behind their barrier. */
  const ready = new Map<number, Shard>();
  const turns = new Map<number, Promise<void>>();
  let owned = new Set<number>();
  let stopping = false;

  /** Work on one partition number happens in turn. */
  function inTurn(partition: number, work: () => Promise<void>): Promise<void> {
    const turn = (turns.get(partition) ?? Promise.resolve()).then(work);
    turns.set(partition, turn.catch(() => undefined));
    return turn;
  }

  async function openShard(partition: number): Promise<Shard> {
    const transactor = await createTransactor({ kafka: createKafka(settings, `${name}-${partition}`, log), registry, settings, transactionalId: `${name}-${partition}` });
    try {
      const committed = new Map<TopicName, bigint>();
      const lows = new Map<TopicName, bigint>();
      const next = new Map<TopicName, bigint>();
      const delivered = new Map<TopicName, bigint>();
      const high = new Map<TopicName, bigint>();
      let note = '';
      const standing = await admin.fetchOffsets({ groupId: positionsGroup, topics: [...topics] });
      for (const topic of topics) {
        const ends = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition);
        const low = BigInt(ends?.low ?? 0);
        const committedThere = standing.find((one) => one.topic === topic)?.partitions.find((one) => one.partition === partition);
        const raw = BigInt(committedThere?.offset ?? -1);
        if (committedThere?.metadata) note = committedThere.metadata;
        const position = raw < low ? low : raw;
        committed.set(topic, position);
        lows.set(topic, low);
        high.set(topic, BigInt(ends?.high ?? 0));
      }
      const task = await open({ partition, positions: committed, lows, note });
      for (const topic of topics) {
        const from = task.from?.get(topic) ?? committed.get(topic) ?? 0n;
        next.set(topic, from);
        delivered.set(topic, from);
      }
      return { partition, task, transactor, committed, next, delivered, high, pending: [], live: false };
    } catch (error) {
      await transactor.close().catch(() => undefined);
      throw error;
    }
  }

  function drop(partition: number): void {
    const dropped = shards.get(partition);
    shards.delete(partition);
    current.delete(partition);
    if (ready.delete(partition)) closed?.(partition);
    dropped?.then((shard) => {
      shard.task.close?.();
      return shard.transactor.close();
    }).catch(() => undefined);
  }

  async function shardOf(partition: number): Promise<Shard> {
    const standing = shards.get(partition);
    if (standing !== undefined) return standing;
    const opening = openShard(partition);
    shards.set(partition, opening);
    const shard = await opening;
    // It may have been revoked while it was opened.
    if (shards.get(partition) === opening) {
      current.set(partition, shard);
      readOn(shard);
    }
    return shard;
  }

  /** Lets all topics of a shard flow from where it stands. */
  function readOn(shard: Shard): void {
    consumer.resume(topics.map((topic) => ({ topic, partitions: [shard.partition] })));
    for (const topic of topics) consumer.seek({ topic, partition: shard.partition, offset: String(shard.next.get(topic) ?? 0n) });
  }
  const passedBarrier = (shard: Shard): boolean => topics.every((topic) => (shard.next.get(topic) ?? 0n) >= (shard.committed.get(topic) ?? 0n));
  const caughtUp = (shard: Shard): boolean => topics.every((topic) => (shard.next.get(topic) ?? 0n) >= (shard.high.get(topic) ?? 0n));

  /** Sends what is pending and commits all positions, when the barrier is passed. `due`: something was delivered or is to be sent. */
  async function settle(shard: Shard, due: boolean): Promise<void> {
    if (!passedBarrier(shard)) return;
    if (!due && shard.pending.length === 0) return;
    const positions: Position[] = topics.map((topic) => {
      const done = shard.delivered.get(topic) ?? 0n;
      const before = shard.committed.get(topic) ?? 0n;
      return { topic, partition: shard.partition, offset: done > before ? done : before };
    });
    const messages = shard.pending;
    const note = shard.task.note?.();
    await shard.transactor.run({ messages, groupId: positionsGroup, positions, ...(note === undefined ? {} : { note }) });
    shard.pending = [];
    if (current.get(shard.partition) !== shard) return;
    shard.task.committed?.();
    if (!shard.live) {
      shard.live = true;
      ready.set(shard.partition, shard);
      readOn(shard);
      log.info({ partition: shard.partition, positions: positions.map(({ topic, offset }) => `${topic}@${offset}`).join(' ') }, 'partition is live');
    }
  }

  async function handleBatch({ batch, heartbeat, isRunning }: EachBatchPayload, consumer: Consumer): Promise<void> {
    const topic = names.get(batch.topic);
    const { partition } = batch;
    if (topic === undefined || stopping || !owned.has(partition)) return;
    try {
      const shard = await shardOf(partition);
      if (current.get(partition) !== shard) return;
      const next = shard.next.get(topic) ?? 0n;
      const fetchedAt: unknown = Reflect.get(batch, 'fetchedOffset');
      shard.high.set(topic, BigInt(batch.highWatermark));
      if (BigInt(String(fetchedAt)) > next || BigInt(batch.lastOffset()) < next) {
        consumer.seek({ topic: batch.topic, partition, offset: String(next) });
        return;
      }
      const committed = shard.committed.get(topic) ?? 0n;
      const end = shard.live ? undefined : committed;
      const records: Incoming[] = [];
      for (const message of batch.messages) {
        const record = incomingOf(topic, partition, message);
        if (record.offset >= next && (end === undefined || record.offset < end)) records.push(record);
      }
      const last = records.at(-1);
      if (last !== undefined) for (const one of await shard.task.handle(topic, records, committed)) shard.pending.push(one);
      await heartbeat();
      if (current.get(partition) !== shard) return;
      const after = BigInt(batch.lastOffset()) + 1n;
      const reached = end !== undefined && after >= end ? end : after;
      shard.next.set(topic, reached > next ? reached : next);
      if (last !== undefined) shard.delivered.set(topic, last.offset + 1n);
      if (end !== undefined && reached === end && !passedBarrier(shard)) consumer.pause([{ topic, partitions: [partition] }]);
      await settle(shard, last !== undefined && last.offset >= committed);
    } catch (error) {
      drop(partition);
      if (stopping || !isRunning()) return;
      if (kindOf(error) === 'fatal' && isOurs(error)) {
        onFatal(error);
        return;
      }
      log.warn({ partition, topic, reason: messageOf(error) }, 'partition starts over');
      // A zombie must learn here that it is one, before it fences the rightful owner.
      await heartbeat();
      await pause(BACK_OFF_MS);
      for (const one of topics) consumer.seek({ topic: one, partition, offset: '0' });
    }
  }
  const isOurs = (error: unknown): boolean => typeof error === 'object' && error !== null && Reflect.get(error, 'name') === 'LoopError';

  const consumer = kafka.consumer({
    groupId: name, partitionAssigners: [coPartitioned], sessionTimeout: settings.sessionTimeoutMs, heartbeatInterval: 1000, rebalanceTimeout: 12_000,
    maxWaitTimeInMs: 100, maxBytesPerPartition: 512 * 1024, allowAutoTopicCreation: false, retry: { initialRetryTime: 50, maxRetryTime: 2000, retries: 30 },
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const assigned: Record<string, number[]> = payload.memberAssignment;
    owned = new Set(assigned[topics[0] ?? ''] ?? []);
    for (const partition of shards.keys()) if (!owned.has(partition)) drop(partition);
    // A rejoin resets every partition, kept ones too; a seek here takes effect before the next fetch.
    for (const shard of current.values()) for (const topic of topics) consumer.seek({ topic, partition: shard.partition, offset: String(shard.next.get(topic) ?? 0n) });
    // A topic that is silent never calls the handler, so shards are opened here too.
    for (const partition of owned) void inTurn(partition, () => openQuietly(partition));
    log.info({ partitions: [...owned].join(',') }, 'joined the group');
  });
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    // Batches of only control or aborted records never reach the handler but move the position.
    const topic = names.get(payload.topic);
    const shard = current.get(payload.partition);
    if (topic === undefined || shard === undefined || typeof payload.firstOffset !== 'string') return;
    if (!shard.live) return;
    const next = shard.next.get(topic) ?? 0n;
    if (BigInt(payload.firstOffset) <= next && BigInt(payload.lastOffset) + 1n > next) shard.next.set(topic, BigInt(payload.lastOffset) + 1n);
  });
  async function openQuietly(partition: number): Promise<void> {
    if (stopping || !owned.has(partition)) return;
    try {
      const shard = await shardOf(partition);
      if (current.get(partition) === shard) await settle(shard, !shard.live);
    } catch (error) {
      drop(partition);
      if (kindOf(error) === 'fatal' && isOurs(error)) onFatal(error);
      else log.warn({ partition, reason: messageOf(error) }, 'partition could not be opened; will try again');
    }
  }
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart && !stopping) onFatal(payload.error);
  });

  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: true, partitionsConsumedConcurrently: Math.max(1, ...widths), eachBatch: (payload) => inTurn(payload.batch.partition, () => handleBatch(payload, consumer)) });

  const ticking = setInterval(() => {
    for (const partition of owned) {
      void inTurn(partition, async () => {
        const opening = shards.get(partition);
        if (opening === undefined) return openQuietly(partition);
        const shard = await opening;
        if (stopping || !owned.has(partition)) return;
        try {
          if (shard.live) shard.pending.push(...((await shard.task.tick?.(caughtUp(shard))) ?? []));
          await settle(shard, !shard.live);
        } catch (error) {
          drop(partition);
          log.warn({ partition, reason: messageOf(error) }, 'partition starts over');
          for (const topic of topics) consumer.seek({ topic, partition, offset: '0' });
        }
      }).catch(() => undefined);
    }
  }, TICK_MS);

  let ending: Promise<void> | undefined;
  return {
    live: () => [...ready.keys()].sort((a, b) => a - b),
    lags() {
      const lags = new Map<string, number>();
      for (const [partition, shard] of ready) for (const topic of topics) lags.set(`${topic}-${partition}`, Math.max(0, Number((shard.high.get(topic) ?? 0n) - (shard.next.get(topic) ?? 0n))));
      return lags;
    },
    stop() {
      ending ??= (async () => {
        stopping = true;
        clearInterval(ticking);
        await consumer.disconnect();
        await Promise.all([...turns.values()]);
        for (const partition of [...shards.keys()]) {
          const shard = await shards.get(partition)?.catch(() => undefined);
          drop(partition);
          await shard?.transactor.close().catch(() => undefined);
        }
        await Promise.resolve();
        await admin.disconnect();
      })();
      return ending;
    },
  };
}
