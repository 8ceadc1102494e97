// Exactly once by partition number: for every number n this member is assigned, one shard = one task, its positions and one transactional
// producer `<name>-<n>`. Outputs and positions of all the shard's topics commit in one transaction.
// Here is the group: which numbers are ours, and when we know it. What happens on a number is in tenures.ts, what flows to it in flow.ts and feeding.ts, opening and committing in shard.ts, the barrier in barrier.ts.
// Members join a group that never receives a commit; positions live in `<name>-positions`. See ARCHITECTURE.md, "Exactly once".
import { createKafka, type Log } from '../producers/kafka.ts';
import { fatal } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { coPartitioned } from './assigner.ts';
import { allReached, type Barrier } from './barrier.ts';
import { feedingOf } from './feeding.ts';
import { flowOf } from './flow.ts';
import { memberOf } from './member.ts';
import type { Pulse } from './pulse.ts';
import { openShard, type CaughtUp, type Held, type OnNewLog, type Opening, type Shard, type Task } from './shard.ts';
import { steadyClock } from './steadyClock.ts';
import { tenuresOf } from './tenures.ts';

export type Shards = {
  stop(): Promise<void>;
  /** Partition numbers that the group has given us; undefined: we are in no group now. */
  readonly owned: () => readonly number[] | undefined;
  /** Partition numbers owned that stand still until a topic is brought back or a person decides, and why. */
  readonly held: () => ReadonlyMap<number, Held>;
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
  readonly onNewLog: OnNewLog;
  /** Watches over it. */
  readonly pulse?: Pulse;
  /** Another one only in the test that shows what the right one is for. */
  readonly barrier?: Barrier;
};
const TICK_MS = 1000;

export async function runShards({ settings, registry, log, name, topics, open, closed, onFatal, onNewLog, pulse, barrier = allReached }: ShardOptions): Promise<Shards> {
  const admin = createKafka(settings, `${name}-admin`, log).admin();
  await admin.connect();
  const widths = await Promise.all(topics.map(async (topic) => (await admin.fetchTopicOffsets(topic)).length));
  if (new Set(widths).size > 1) throw fatal('partitions_differ', `${topics.join(' and ')} must have equally many partitions, they have ${widths.join(' and ')}`);

  let memberId = '';
  /** Heartbeats and rejoins answered so far: each says that we are a member still. */
  let beats = 0;
  /** Per broker: when the last fetch began, and the one before, whose batches have all been handled. */
  const fetches = new Map<number, { startedMs: number; handledMs: number }>();
  const clock = steadyClock(Date.now, () => performance.now());
  /** A wall clock time at which the shard had read a topic to its end; after a suspension that is not now. */
  const caughtUp = ({ places }: Shard): CaughtUp => {
    const handledMs = Math.min(...[...fetches.values()].map((fetch) => fetch.handledMs));
    return (topic) => {
      const place = places.get(topic);
      return place !== undefined && place.next >= place.high && Number.isFinite(handledMs) ? handledMs : undefined;
    };
  };

  const member = memberOf({
    settings, log, name, topics, pulse, onFatal,
    config: () => ({
      groupId: name, partitionAssigners: [coPartitioned], sessionTimeout: settings.sessionTimeoutMs, heartbeatInterval: 1000, rebalanceTimeout: 12_000,
      maxWaitTimeInMs: 100, maxBytesPerPartition: 1024 * 1024, retry: { initialRetryTime: 50, maxRetryTime: 2000, retries: 30 },
    }),
    run: { eachBatchAutoResolve: true, partitionsConsumedConcurrently: Math.max(1, widths.reduce((sum, width) => sum + width, 0)) },
  });
  const flow = flowOf(topics, member.consumer);
  const tenures = tenuresOf({
    log, flow, feeding: feedingOf({ admin, flow, sign: member.sign }), member, closed, onFatal, beats: () => beats, caughtUp,
    open: (partition) => openShard({ kafka: createKafka(settings, `${name}-${partition}`, log), admin, registry, settings, name, topics, partition, barrier, open, onNewLog, acceptedLogs: settings.acceptedLogs, tell: (fields, text) => log.warn(fields, text) }),
  });
  await member.start({
    joined(id, assigned) {
      const owned = new Set(assigned.get(topics[0] ?? '') ?? []);
      beats += 1;
      // Under a new member id nothing is kept: the session was lost, and others may have owned our numbers meanwhile.
      tenures.take(owned, id === memberId);
      memberId = id;
      log.info({ partitions: [...owned].join(',') }, 'joined the group');
    },
    replaced() {
      // As after a lost session: nothing is kept, and each number is closed in its turn before it is opened again.
      tenures.dropAll();
      memberId = '';
    },
    beat: () => void (beats += 1),
    fetching(broker) {
      fetches.set(broker, { startedMs: clock(), handledMs: fetches.get(broker)?.startedMs ?? Number.NEGATIVE_INFINITY });
    },
    batch: ({ topic, batch }) => tenures.batch(topic, batch),
    passed: (passed) => tenures.passed(passed),
    behind: (ends) => tenures.behind(ends),
  });
  const ticking = setInterval(() => tenures.tick(), TICK_MS);

  let ending: Promise<void> | undefined;
  return {
    owned: () => (member.hasJoined() ? tenures.owned() : undefined),
    held: () => tenures.held(),
    live: () => tenures.live().map(({ partition }) => partition).sort((a, b) => a - b),
    lags: () => new Map(tenures.live().flatMap(({ partition, places }) => [...places].map(([topic, { high, next }]): [string, number] => [`${topic}-${partition}`, Math.max(0, Number(high - next))]))),
    stop() {
      ending ??= (async () => {
        clearInterval(ticking);
        await member.stop();
        await tenures.close();
        await admin.disconnect();
      })();
      return ending;
    },
  };
}
