// One shard: the task of one partition number, how far its topics are, and its transactional producer, from the opening to the close.
// Order of an opening: fence (make the transactor), read positions, open the task. Every transaction commits the positions of all topics.
import type { Admin, Kafka } from 'kafkajs';
import type { Outgoing } from '../producers/outgoing.ts';
import { createTransactor, type Transactor } from '../producers/transaction.ts';
import { transient } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import type { Barrier } from './barrier.ts';
import type { Incoming } from './record.ts';

export type CaughtUp = (topic: TopicName) => number | undefined;
/** The state of one partition number. Any throw makes the shard start over with a new task. Calls never overlap, `close` included. */
export type Task = {
  /** Where to begin reading, per topic; absent: at the committed positions. */
  readonly from?: ReadonlyMap<TopicName, bigint>;
  /** Records of one topic in order. committed: those below it are replayed, and a call holds only such or only others. Returns what to send (nothing in a replay). */
  handle(topic: TopicName, records: readonly Incoming[], committed: bigint): Promise<readonly Outgoing[]>;
  /** About once a second and only behind the barrier. caughtUpAtMs: a wall clock time at which a topic had been read to its end, when there is one. */
  tick?(caughtUpAtMs: CaughtUp): Promise<readonly Outgoing[]> | readonly Outgoing[];
  /** All that was handled has been committed. */
  committed?(): void;
  /** Handed back, or given up after an error. */
  close?(): void;
  /** A short text that is committed beside the positions and handed to the next opening. */
  note?(): string;
};
export type Opening = { readonly partition: number; readonly positions: ReadonlyMap<TopicName, bigint>; /** oldest offsets that still stand */ readonly lows: ReadonlyMap<TopicName, bigint>; /** '' when there is none */ readonly note: string };
/** One topic of a shard. committed: in force at the opening. next: to be handed over next. delivered: last offset handed over + 1, which is what is committed. high: the high watermark last seen. newestMs, spanMs: broker time of the last record, and how far the last batch moved it. */
export type Place = { readonly committed: bigint; next: bigint; delivered: bigint; high: bigint; newestMs: number; spanMs: number };
export type Shard = {
  readonly partition: number; readonly task: Task; readonly places: ReadonlyMap<TopicName, Place>;
  /** Behind its barrier. */
  live: boolean;
  /** Topics that wait for the first one, see pace.ts. */
  readonly slowed: Set<TopicName>;
  readonly passed: () => boolean;
  /** Hands records over; `next` is where the topic stands afterwards. */
  take(topic: TopicName, records: readonly Incoming[], next: bigint): Promise<void>;
  tick(caughtUpAtMs: CaughtUp): Promise<void>;
  /** Sends what is waiting and commits all positions, once the barrier is passed. due: commit even when nothing waits. Any rejection means: shut it down. */
  settle(due: boolean): Promise<void>;
  shut(): Promise<void>;
};
export const positionsGroupOf = (name: string): string => `${name}-positions`;

type Options = {
  readonly kafka: Kafka; readonly admin: Admin; readonly registry: Registry; readonly settings: Settings; readonly name: string; readonly topics: readonly TopicName[];
  readonly partition: number; readonly barrier: Barrier; readonly open: (opening: Opening) => Promise<Task>;
};
/** Throws transient `log_shorter` when a committed position lies beyond the end of its log. */
export async function openShard({ kafka, admin, registry, settings, name, topics, partition, barrier, open }: Options): Promise<Shard> {
  // From here on no older owner of this number can commit: only then are the positions read.
  const transactor = await createTransactor({ kafka, registry, settings, transactionalId: `${name}-${partition}` });
  try {
    const { positions, lows, highs, note } = await standingOf(admin, name, topics, partition);
    const task = await open({ partition, positions, lows, note });
    const places = new Map(topics.map((topic): [TopicName, Place] => {
      const committed = positions.get(topic) ?? 0n;
      const from = task.from?.get(topic) ?? committed;
      return [topic, { committed, next: from, delivered: from, high: highs.get(topic) ?? 0n, newestMs: Number.NEGATIVE_INFINITY, spanMs: 0 }];
    }));
    return shardOf(name, partition, task, places, transactor, barrier);
  } catch (error) {
    await transactor.close().catch(() => undefined);
    throw error;
  }
}

async function standingOf(admin: Admin, name: string, topics: readonly TopicName[], partition: number): Promise<{ positions: Map<TopicName, bigint>; lows: Map<TopicName, bigint>; highs: Map<TopicName, bigint>; note: string }> {
  const standing = { positions: new Map<TopicName, bigint>(), lows: new Map<TopicName, bigint>(), highs: new Map<TopicName, bigint>(), note: '' };
  const committed = await admin.fetchOffsets({ groupId: positionsGroupOf(name), topics: [...topics] });
  for (const topic of topics) {
    const ends = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition);
    const [low, high] = [BigInt(ends?.low ?? 0), BigInt(ends?.high ?? 0)];
    const there = committed.find((one) => one.topic === topic)?.partitions.find((one) => one.partition === partition);
    const position = BigInt(there?.offset ?? -1);
    if (position > high) throw transient('log_shorter', `${name} has committed ${topic}-${partition} up to ${position}, but the log ends at ${high}: its end was lost or the topic was made anew. Bring it back, or start over with ./loop reset`);
    if (there?.metadata) standing.note = there.metadata;
    standing.positions.set(topic, position < low ? low : position);
    standing.lows.set(topic, low);
    standing.highs.set(topic, high);
  }
  return standing;
}

function shardOf(name: string, partition: number, task: Task, places: ReadonlyMap<TopicName, Place>, transactor: Transactor, barrier: Barrier): Shard {
  let waiting: Outgoing[] = [];
  const passed = (): boolean => barrier([...places.values()]);
  const shard: Shard = {
    partition, task, places, live: false, slowed: new Set(), passed,
    async take(topic, records, next) {
      const place = places.get(topic);
      const last = records.at(-1);
      if (place === undefined) return;
      if (last !== undefined) {
        for (const one of await task.handle(topic, records, place.committed)) waiting.push(one);
        place.delivered = last.offset + 1n;
        place.spanMs = Math.max(0, last.timestampMs - (records[0]?.timestampMs ?? last.timestampMs));
        place.newestMs = last.timestampMs;
      }
      if (next > place.next) place.next = next;
    },
    async tick(caughtUpAtMs) {
      for (const one of (await task.tick?.(caughtUpAtMs)) ?? []) waiting.push(one);
    },
    async settle(due) {
      if (!passed() || (!due && waiting.length === 0)) return;
      const positions = [...places].map(([topic, { delivered, committed }]) => ({ topic, partition, offset: delivered > committed ? delivered : committed }));
      const note = task.note?.();
      await transactor.run({ messages: waiting, groupId: positionsGroupOf(name), positions, ...(note === undefined ? {} : { note }) });
      waiting = [];
      shard.live = true;
      task.committed?.();
    },
    async shut() {
      try {
        task.close?.();
      } finally {
        await transactor.close();
      }
    },
  };
  return shard;
}
