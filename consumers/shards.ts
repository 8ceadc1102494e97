// Exactly once by partition number: for every number n this member is assigned, one shard = one task, its positions and one transactional
// producer `<name>-<n>`. Outputs and positions of all the shard's topics commit in one transaction.
// Here is the group: who owns which number, what flows to it, when it starts over. Opening and committing are in shard.ts, the barrier in barrier.ts.
// Members join a group that never receives a commit; positions live in `<name>-positions`. See ARCHITECTURE.md, "Exactly once".
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Batch, Consumer } from 'kafkajs';
import { createKafka, type Log } from '../producers/kafka.ts';
import { fatal, LoopError, messageOf, transient } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { coPartitioned } from './assigner.ts';
import { allReached, dueOf, type Barrier } from './barrier.ts';
import { mustWait } from './pace.ts';
import type { Pulse } from './pulse.ts';
import { leaveWhenReplaced } from './replaced.ts';
import { incomingOf, offsetOf, type Incoming } from './record.ts';
import { steadyClock } from './steadyClock.ts';
import { openShard, type CaughtUp, type Opening, type Place, type Shard, type Task } from './shard.ts';

export type Shards = {
  stop(): Promise<void>;
  /** Partition numbers that the group has given us; undefined: we are in no group now. */
  readonly owned: () => readonly number[] | undefined;
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
  /** Watches over it. */
  readonly pulse?: Pulse;
  /** Another one only in the test that shows what the right one is for. */
  readonly barrier?: Barrier;
};
/** One stretch of ownership of a partition number. opensAtBeat: not to be opened before so many heartbeats were answered. queued: batches of the same fetch that wait for their turn. owes: records were handed over whose positions are not committed. ledTo: where the first topic stood at the last tick. */
type Tenure = { readonly partition: number; shard: Shard | undefined; opensAtBeat: number; ticking: boolean; queued: number; owes: boolean; ledTo: bigint };
const TICK_MS = 1000;

export async function runShards({ settings, registry, log, name, topics, open, closed, onFatal, pulse, barrier = allReached }: ShardOptions): Promise<Shards> {
  const admin = createKafka(settings, `${name}-admin`, log).admin();
  await admin.connect();
  const widths = await Promise.all(topics.map(async (topic) => (await admin.fetchTopicOffsets(topic)).length));
  if (new Set(widths).size > 1) throw fatal('partitions_differ', `${topics.join(' and ')} must have equally many partitions, they have ${widths.join(' and ')}`);

  const names = new Map<string, TopicName>(topics.map((topic) => [topic, topic]));
  const tenures = new Map<number, Tenure>();
  const turns = new Map<number, Promise<void>>();
  let memberId = '';
  /** Heartbeats and rejoins answered so far: each says that we are a member still. */
  let beats = 0;
  /** Per broker: when the last fetch began, and the one before, whose batches have all been handled. */
  const fetches = new Map<number, { startedMs: number; handledMs: number }>();
  let stopping = false;
  const clock = steadyClock(Date.now, () => performance.now());
  let joined = false;
  /** See pulse.ts. */
  let signs = 0;

  /** Work on one partition number happens in turn: opening, handling, committing and closing never overlap. */
  function inTurn(partition: number, work: () => Promise<void>): Promise<void> {
    const turn = (turns.get(partition) ?? Promise.resolve()).then(work);
    turns.set(partition, turn.catch(() => undefined));
    return turn;
  }
  const isOurs = (tenure: Tenure): boolean => tenures.get(tenure.partition) === tenure;

  function makeConsumer(): Consumer {
    const made: Consumer = createKafka(settings, name, log).consumer({
      groupId: name, partitionAssigners: [coPartitioned], sessionTimeout: settings.sessionTimeoutMs, heartbeatInterval: 1000, rebalanceTimeout: 12_000,
      maxWaitTimeInMs: 100, maxBytesPerPartition: 1024 * 1024, allowAutoTopicCreation: false, retry: { initialRetryTime: 50, maxRetryTime: 2000, retries: 30, restartOnFailure: () => Promise.resolve(made === consumer) },
    });
    leaveWhenReplaced(made, () => made === consumer);
    return made;
  }
  let consumer = makeConsumer();
  const seek = (topic: TopicName, partition: number, offset: bigint): void => consumer.seek({ topic, partition, offset: String(offset) });
  /** Nothing comes while there is no shard to take it. */
  const halt = (partition: number): void => consumer.pause(topics.map((topic) => ({ topic, partitions: [partition] })));
  /** Every topic goes on from where the shard stands; in a replay, one that has reached its committed position waits for the others. */
  function flow({ partition, places, live, slowed }: Shard): void {
    slowed.clear();
    for (const [topic, { next, committed }] of places) {
      if (!live && next >= committed) consumer.pause([{ topic, partitions: [partition] }]);
      else consumer.resume([{ topic, partitions: [partition] }]);
      seek(topic, partition, next);
    }
  }

  /** Lets topics of a live shard wait for the first one, or go on. */
  function keepPace({ partition, places, live, slowed }: Shard): void {
    const [first, ...others] = topics;
    const lead = first === undefined ? undefined : places.get(first);
    for (const topic of others) {
      const place = places.get(topic);
      const waits = live && place !== undefined && lead !== undefined && mustWait(place, lead);
      if (waits === slowed.has(topic)) continue;
      if (waits) consumer.pause([{ topic, partitions: [partition] }]);
      else consumer.resume([{ topic, partitions: [partition] }]);
      if (waits) slowed.add(topic);
      else slowed.delete(topic);
    }
  }
  /** About once a second: a first topic that does not move (its records may be hidden by an open transaction) is not waited for. */
  function keepMoving(tenure: Tenure, { partition, places, slowed }: Shard): void {
    const [first] = topics;
    const led = (first === undefined ? undefined : places.get(first)?.next) ?? 0n;
    if (tenure.ledTo === led) {
      for (const topic of slowed) consumer.resume([{ topic, partitions: [partition] }]);
      slowed.clear();
    }
    tenure.ledTo = led;
  }

  /** Takes the shard out. In turn: what is under way ends first. */
  async function shut(tenure: Tenure): Promise<void> {
    const { shard } = tenure;
    tenure.shard = undefined;
    tenure.owes = false;
    if (shard === undefined) return;
    closed?.(tenure.partition);
    await shard.shut().catch((error: unknown) => log.warn({ partition: tenure.partition, reason: messageOf(error) }, 'could not close in order'));
  }
  /** After any error. A zombie must hear that it is one before it fences the rightful owner: opening waits for the next heartbeat. */
  async function startOver(tenure: Tenure, error: unknown): Promise<void> {
    await shut(tenure);
    signs += 1;
    if (!isOurs(tenure) || stopping) return;
    if (error instanceof LoopError && error.kind === 'fatal') return onFatal(error);
    log.warn({ partition: tenure.partition, reason: messageOf(error) }, 'partition starts over');
    tenure.opensAtBeat = beats + 1;
    halt(tenure.partition);
  }

  async function openIn(tenure: Tenure): Promise<void> {
    const { partition } = tenure;
    if (!isOurs(tenure) || stopping || tenure.shard !== undefined || beats < tenure.opensAtBeat) return;
    const shard = await openShard({ kafka: createKafka(settings, `${name}-${partition}`, log), admin, registry, settings, name, topics, partition, barrier, open });
    tenure.shard = shard;
    if (!isOurs(tenure)) return shut(tenure);
    flow(shard);
    await settle(tenure, shard, true);
  }
  async function settle(tenure: Tenure, shard: Shard, due: boolean): Promise<void> {
    const before = shard.live;
    await shard.settle(due || tenure.owes);
    if (shard.passed()) tenure.owes = false;
    if (before || !shard.live || !isOurs(tenure) || stopping) return;
    signs += 1;
    flow(shard);
    log.info({ partition: shard.partition, positions: [...shard.places].map(([topic, { delivered }]) => `${topic}@${delivered}`).join(' ') }, 'partition is live');
  }
  /** Runs work on a tenure in turn; an error makes it start over. */
  const guarded = (tenure: Tenure, work: () => Promise<void>): Promise<void> =>
    inTurn(tenure.partition, () => work().catch((error: unknown) => startOver(tenure, error)));

  async function handleBatch(tenure: Tenure, shard: Shard, topic: TopicName, batch: Batch): Promise<void> {
    const place = shard.places.get(topic);
    if (place === undefined || tenure.shard !== shard || !isOurs(tenure)) return;
    place.high = BigInt(batch.highWatermark);
    const fetchedAt: unknown = Reflect.get(batch, 'fetchedOffset');
    const due = dueOf(place, shard.live, BigInt(String(fetchedAt)), BigInt(batch.lastOffset()));
    if (due.status === 'elsewhere') {
      await checkStanding(topic, shard.partition, place);
      return seek(topic, shard.partition, place.next);
    }
    const [from, to] = [Number(due.from), Number(due.to)];
    const records: Incoming[] = [];
    for (const message of batch.messages) {
      const record = incomingOf(topic, shard.partition, message);
      const offset = offsetOf(record);
      if (offset >= from && offset < to) records.push(record);
    }
    await shard.take(topic, records, due.to);
    signs += 1;
    if (!isOurs(tenure)) return;
    if (!shard.live && place.next >= place.committed) flow(shard);
    const last = records.at(-1);
    if (last !== undefined && last.offset >= place.committed) tenure.owes = true;
  }
  /** kafkajs goes on at the log's start, without a word, when it is asked for an offset that is not there. */
  async function checkStanding(topic: TopicName, partition: number, { next }: Place): Promise<void> {
    const ends = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition);
    if (ends !== undefined && (next < BigInt(ends.low) || next > BigInt(ends.high))) throw transient('log_moved', `${topic}-${partition} was to be read at ${next}, but holds ${ends.low} to ${ends.high}`);
  }

  async function begin(on: Consumer): Promise<void> {
    on.on(on.events.GROUP_JOIN, ({ payload }) => {
      if (on !== consumer) return;
      joined = true;
      const assigned: Record<string, number[]> = payload.memberAssignment;
      const owned = new Set(assigned[topics[0] ?? ''] ?? []);
      beats += 1;
      // Under a new member id nothing is kept: the session was lost, and others may have owned our numbers meanwhile.
      for (const [partition, tenure] of tenures) {
        if (owned.has(partition) && payload.memberId === memberId) continue;
        tenures.delete(partition);
        void inTurn(partition, () => shut(tenure));
      }
      memberId = payload.memberId;
      for (const partition of owned) {
        const tenure = tenures.get(partition) ?? { partition, shard: undefined, opensAtBeat: 0, ticking: false, queued: 0, owes: false, ledTo: -1n };
        tenures.set(partition, tenure);
        // A rejoin resets every partition, kept ones too; a seek here takes effect before the next fetch.
        if (tenure.shard !== undefined) flow(tenure.shard);
        else {
          halt(partition);
          void guarded(tenure, () => openIn(tenure));
        }
      }
      log.info({ partitions: [...owned].join(',') }, 'joined the group');
    });
    on.on(on.events.HEARTBEAT, () => {
      if (on === consumer) beats += 1;
    });
    on.on(on.events.REBALANCING, () => {
      if (on === consumer) joined = false;
    });
    on.on(on.events.FETCH_START, ({ payload }) => {
      if (on !== consumer) return;
      // There is no prefetch: when a fetch begins, all batches of the one before have been handled.
      fetches.set(payload.nodeId, { startedMs: clock(), handledMs: fetches.get(payload.nodeId)?.startedMs ?? Number.NEGATIVE_INFINITY });
    });
    on.on(on.events.END_BATCH_PROCESS, ({ payload }) => {
      if (on !== consumer) return;
      // Batches of only control or aborted records never reach the handler but move the position, in a replay too.
      const topic = names.get(payload.topic);
      const shard = tenures.get(payload.partition)?.shard;
      const place = topic === undefined ? undefined : shard?.places.get(topic);
      if (place === undefined || shard === undefined || payload.batchSize > 0 || typeof payload.firstOffset !== 'string') return;
      const due = dueOf(place, shard.live, BigInt(payload.firstOffset), BigInt(payload.lastOffset));
      if (due.status === 'elsewhere') return;
      place.next = due.to;
      place.high = BigInt(payload.highWatermark);
      signs += 1;
      if (!shard.live && place.next >= place.committed) flow(shard);
      else keepPace(shard);
    });
    on.on(on.events.CRASH, ({ payload }) => {
      if (on !== consumer) return;
      signs += 1;
      joined = false;
      if (!payload.restart && !stopping) onFatal(payload.error);
    });

    await on.connect();
    await on.subscribe({ topics: [...topics], fromBeginning: true });
    await on.run({
      autoCommit: false, eachBatchAutoResolve: true, partitionsConsumedConcurrently: Math.max(1, widths.reduce((sum, width) => sum + width, 0)),
      async eachBatch({ batch }) {
        const topic = names.get(batch.topic);
        const tenure = tenures.get(batch.partition);
        const shard = tenure?.shard;
        // Without a shard nobody waits here: an opening may take long, and kafkajs sends no heartbeat meanwhile.
        if (topic === undefined || tenure === undefined || shard === undefined || stopping || on !== consumer) return;
        tenure.queued += 1;
        await guarded(tenure, async () => {
          tenure.queued -= 1;
          await handleBatch(tenure, shard, topic, batch);
          // One transaction for all batches that one fetch brought to this number: the last of them commits. The client hands them out one after the other.
          await turnOfTheLoop();
          if (tenure.queued === 0 && tenure.shard === shard && isOurs(tenure)) await settle(tenure, shard, false);
          if (tenure.shard === shard && isOurs(tenure)) keepPace(shard);
        });
      },
    });
  }
  pulse?.watch({
    name, topics, signs: () => signs,
    behind(ends) {
      if (!joined) return 1;
      // What is being opened stands still by itself; its shard tells of failures.
      return ends.reduce((sum, { topic, partition, high }) => {
        const place = tenures.get(partition)?.shard?.places.get(topic);
        return sum + (place === undefined ? 0 : Math.max(0, Number(high - place.next)));
      }, [...tenures.values()].filter(({ shard }) => shard === undefined).length);
    },
    async restart() {
      // As after a lost session: nothing is kept, and each number is closed in its turn before it is opened again.
      for (const [partition, tenure] of tenures) {
        tenures.delete(partition);
        void inTurn(partition, () => shut(tenure));
      }
      memberId = '';
      joined = false;
      consumer.disconnect().catch(() => undefined);
      if (stopping) return;
      consumer = makeConsumer();
      await begin(consumer);
    },
  });
  await begin(consumer);

  /** A wall clock time at which the shard had read a topic to its end; after a suspension that is not now. */
  const caughtUpAtMs = ({ places }: Shard): CaughtUp => {
    const handledMs = Math.min(...[...fetches.values()].map((fetch) => fetch.handledMs));
    return (topic) => {
      const place = places.get(topic);
      return place !== undefined && place.next >= place.high && Number.isFinite(handledMs) ? handledMs : undefined;
    };
  };
  async function tick(tenure: Tenure): Promise<void> {
    if (!isOurs(tenure)) return;
    const { shard } = tenure;
    if (shard === undefined) return openIn(tenure);
    keepMoving(tenure, shard);
    if (shard.live) await shard.tick(caughtUpAtMs(shard));
    await settle(tenure, shard, !shard.live);
  }
  const ticking = setInterval(() => {
    for (const tenure of tenures.values()) {
      if (tenure.ticking) continue;
      tenure.ticking = true;
      void guarded(tenure, () => tick(tenure)).catch(() => undefined).finally(() => (tenure.ticking = false));
    }
  }, TICK_MS);

  const shards = (): Shard[] => [...tenures.values()].flatMap(({ shard }) => (shard?.live === true ? [shard] : []));
  let ending: Promise<void> | undefined;
  return {
    owned: () => (joined ? [...tenures.keys()].sort((a, b) => a - b) : undefined),
    live: () => shards().map(({ partition }) => partition).sort((a, b) => a - b),
    lags: () => new Map(shards().flatMap(({ partition, places }) => [...places].map(([topic, { high, next }]): [string, number] => [`${topic}-${partition}`, Math.max(0, Number(high - next))]))),
    stop() {
      ending ??= (async () => {
        stopping = true;
        clearInterval(ticking);
        await consumer.disconnect();
        await Promise.all([...tenures.values()].map((tenure) => inTurn(tenure.partition, () => shut(tenure))));
        await Promise.all([...turns.values()]);
        await admin.disconnect();
      })();
      return ending;
    },
  };
}
