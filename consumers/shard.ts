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
import { checkLogs, logIdsOf, type LogIds } from './logIds.ts';
import type { Incoming } from './record.ts';
import { judgeLog, readLogIds, writeLogIds } from './sameLog.ts';

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
  /** A short text that is committed beside the last topic's position and handed to the next opening. Only for a task of several topics: beside the first one stand the ids of the logs. */
  note?(): string;
};
export type Opening = { readonly partition: number; readonly positions: ReadonlyMap<TopicName, bigint>; /** oldest offsets that still stand */ readonly lows: ReadonlyMap<TopicName, bigint>; /** '' when there is none */ readonly note: string; /** of the topics */ readonly logIds: LogIds; /** topics that were deleted and made anew, and are begun again: what is remembered of their offsets is of another log */ readonly anew: ReadonlySet<TopicName> };
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
  /** Rejects with `log_replaced` or `topic_missing` when a topic is not the one that was opened any more. */
  check(): Promise<void>;
  /** Sends what is waiting and commits all positions, once the barrier is passed. due: commit even when nothing waits. Any rejection means: shut it down. */
  settle(due: boolean): Promise<void>;
  shut(): Promise<void>;
};
export const positionsGroupOf = (name: string): string => `${name}-positions`;

/** What to do when a topic was deleted and made anew. begin: read it from its beginning; nothing is kept of what was read. ask: hold, until ACCEPTED_LOGS names the new log. hold: until the old one is brought back. */
export type OnNewLog = 'begin' | 'ask' | 'hold';
type Options = {
  readonly kafka: Kafka; readonly admin: Admin; readonly registry: Registry; readonly settings: Settings; readonly name: string; readonly topics: readonly TopicName[];
  readonly partition: number; readonly barrier: Barrier; readonly open: (opening: Opening) => Promise<Task>;
  readonly onNewLog: OnNewLog; readonly acceptedLogs: Settings['acceptedLogs'];
  /** What happened to a log, in words, when it is begun anew or has lost what was not read. */
  readonly tell: (fields: object, text: string) => void;
};
/** Why a partition is held, until its topic is brought back or a person decides. */
export const HELD_CODES: ReadonlySet<string> = new Set(['log_replaced', 'log_shorter', 'log_cut', 'topic_missing']);
export type Held = { readonly code: string; readonly why: string };
/** Throws transient `log_replaced`, `log_shorter` or `topic_missing` when a committed position is not of the log that stands. */
export async function openShard({ kafka, admin, registry, settings, name, topics, partition, barrier, open, onNewLog, acceptedLogs, tell }: Options): Promise<Shard> {
  // From here on no older owner of this number can commit: only then are the positions read.
  const transactor = await createTransactor({ kafka, registry, settings, transactionalId: `${name}-${partition}` });
  try {
    const { highs, ...opening } = await standingOf({ admin, name, topics, partition, onNewLog, acceptedLogs, tell });
    const { positions, logIds } = opening;
    const task = await open(opening);
    const places = new Map(topics.map((topic): [TopicName, Place] => {
      const committed = positions.get(topic) ?? 0n;
      const from = task.from?.get(topic) ?? committed;
      return [topic, { committed, next: from, delivered: from, high: highs.get(topic) ?? 0n, newestMs: Number.NEGATIVE_INFINITY, spanMs: 0 }];
    }));
    return shardOf(name, partition, task, places, transactor, barrier, admin, logIds);
  } catch (error) {
    await transactor.close().catch(() => undefined);
    throw error;
  }
}

export const WHAT_TO_DO = 'docs/how-to/replaced-topic.md says what to do';
async function standingOf({ admin, name, topics, partition, onNewLog, acceptedLogs, tell }: Omit<Options, 'kafka' | 'registry' | 'settings' | 'barrier' | 'open'>): Promise<Opening & { readonly highs: ReadonlyMap<TopicName, bigint> }> {
  const standing = { partition, positions: new Map<TopicName, bigint>(), lows: new Map<TopicName, bigint>(), highs: new Map<TopicName, bigint>(), note: '', anew: new Set<TopicName>() };
  // The ids first: a log that is put in a topic's place while the rest is asked for is found out before anything is committed.
  const logIds = await logIdsOf(admin, topics);
  const committed = new Map((await admin.fetchOffsets({ groupId: positionsGroupOf(name), topics: [...topics] })).map(({ topic, partitions }) => [topic, partitions.find((one) => one.partition === partition)]));
  const positionOf = (topic: TopicName): bigint | undefined => {
    const position = BigInt(committed.get(topic)?.offset ?? -1);
    return position < 0n ? undefined : position;
  };
  const noted = topics.map((topic) => committed.get(topic)?.metadata ?? '');
  const known = noted.map(readLogIds).find((ids) => ids !== undefined);
  standing.note = noted.findLast((note) => note !== '' && readLogIds(note) === undefined) ?? '';
  for (const topic of topics) {
    const ends = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition);
    const [low, high, logId, position] = [BigInt(ends?.low ?? 0), BigInt(ends?.high ?? 0), logIds.get(topic), positionOf(topic)];
    const verdict = judgeLog({ position, logId: known?.get(topic) }, { low, high, logId }, { committedBefore: topics.some((one) => positionOf(one) !== undefined), mayBegin: onNewLog === 'begin' || (onNewLog === 'ask' && logId !== undefined && acceptedLogs.get(topic) === logId) });
    const where = `${name} has read ${topic}-${partition} up to ${position ?? 'a position the broker has forgotten'}`;
    if (verdict.status === 'held' && verdict.code === 'log_replaced') throw transient('log_replaced', `${where}, but the topic was deleted and made anew: what stands there now (${low} to ${high}) is another log.${onNewLog === 'ask' ? ` To read it from its beginning: ACCEPTED_LOGS=${topic}=${logId ?? ''}.` : ''} ${WHAT_TO_DO}`);
    if (verdict.status === 'held') throw transient('log_shorter', `${where}, but the log ends at ${high}: its end was lost, or the topic was made anew. ${WHAT_TO_DO}`);
    if (verdict.status === 'begins' && verdict.anew) {
      standing.anew.add(topic);
      tell({ partition, topic, from: String(verdict.position), logId }, 'the topic was deleted and made anew: it is read from its beginning');
    }
    if (verdict.status === 'goes on' && verdict.gone > 0n) tell({ partition, topic, from: String(position), to: String(verdict.position) }, 'offsets were deleted before they were read: retention is too short, or we were away too long');
    standing.positions.set(topic, verdict.position);
    standing.lows.set(topic, low);
    standing.highs.set(topic, high);
  }
  return { ...standing, logIds };
}

function shardOf(name: string, partition: number, task: Task, places: ReadonlyMap<TopicName, Place>, transactor: Transactor, barrier: Barrier, admin: Admin, logIds: LogIds): Shard {
  const topics = [...places.keys()];
  const idsNote = writeLogIds(logIds);
  // An older release reads its note beside the last topic.
  const noteBeside = (topic: TopicName, note: string | undefined): string => (topics.length > 1 && topic === topics.at(-1) && note !== undefined ? note : idsNote);
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
    check: () => checkLogs(admin, logIds),
    async settle(due) {
      if (!passed() || (!due && waiting.length === 0)) return;
      const note = task.note?.();
      const positions = [...places].map(([topic, { delivered, committed }]) => ({ topic, partition, offset: delivered > committed ? delivered : committed, note: noteBeside(topic, note) }));
      // Asked now, after all of it was fetched: what is committed was read in the logs that were opened, not in others put in their place meanwhile.
      await transactor.run({ messages: waiting, groupId: positionsGroupOf(name), positions, check: checkLogs(admin, logIds) });
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
