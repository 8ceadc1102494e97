// Reads a topic of one partition from its end backwards. Nothing is kept: it is asked for rarely, and by few.
import type { Admin } from 'kafkajs';
import { follow, startKey } from '../consumers/follow.ts';
import type { Incoming } from '../consumers/record.ts';
import type { Log } from '../producers/kafka.ts';
import { withAdmin } from '../producers/withAdmin.ts';
import { messageOf, transient } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';

export type Page<T> = { readonly items: readonly T[]; /** where an older look goes on; undefined: there is nothing older */ readonly next: bigint | undefined };
export type Bounds = { readonly low: bigint; readonly high: bigint };
export type Backwards = {
  /** What `pick` makes of the newest records below `before`, newest first. All throw transient `kafka_unavailable`. */
  list<T extends object>(wish: { readonly limit: number; readonly before: bigint | undefined }, pick: (record: Incoming) => Promise<T | undefined>): Promise<Page<T>>;
  /** undefined: no record stands there. */
  at(place: { readonly partition: number; readonly offset: bigint }): Promise<Incoming | undefined>;
  /** Where it begins and ends. */
  bounds(): Promise<Bounds>;
  /** Hands over the records of offsets [from, to), in order. */
  between(from: bigint, to: bigint, each: (record: Incoming) => Promise<void>, withinMs?: number): Promise<void>;
  /** Drops everything below; false: our Kafka user may not delete here. */
  cut(below: bigint): Promise<boolean>;
};
const PARTITION = 0;
const WITHIN_MS = 10_000;
/** How far back the next look goes: more each time, for what is looked for may be rare among the others. */
const LOOKS = [200, 800, 3200] as const;

/** The client tells what went wrong per partition. */
function isForbidden(error: unknown): boolean {
  const read = (from: unknown, name: string): unknown => (typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined);
  const partitions: unknown = read(error, 'partitions');
  return [error, ...(Array.isArray(partitions) ? partitions.map((one) => read(one, 'error')) : [])].some((one) => read(one, 'type') === 'TOPIC_AUTHORIZATION_FAILED');
}

/** called: what the records are, for people. */
export function openBackwards(settings: Settings, topic: TopicName, called: string, log: Log): Backwards {
  const away = (reason: string): Error => transient('kafka_unavailable', `the ${called} cannot be read now (${reason})`);
  const ask = <R>(work: (admin: Admin) => Promise<R>): Promise<R> => withAdmin(settings, `${topic}-ends`, work).catch((error: unknown) => {
    throw away(messageOf(error));
  });
  const bounds = (): Promise<Bounds> => ask(async (admin) => {
    const [found] = (await admin.fetchTopicOffsets(topic)).filter(({ partition }) => partition === PARTITION);
    return { low: BigInt(found?.low ?? 0), high: BigInt(found?.high ?? 0) };
  });
  async function between(from: bigint, to: bigint, each: (record: Incoming) => Promise<void>, withinMs = WITHIN_MS): Promise<void> {
    if (from >= to) return;
    const done = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => done.reject(away(`no answer within ${withinMs} ms`)), withinMs);
    try {
      const following = await follow({
        settings, clientId: topic, log, topics: [topic], startAt: new Map([[startKey(topic, PARTITION), from]]), onFatal: (error) => done.reject(away(messageOf(error))), onCaughtUp: () => done.resolve(undefined),
        async onBatch(records) {
          for (const record of records) {
            if (record.offset >= to) return done.resolve(undefined);
            if (record.partition === PARTITION) await each(record);
          }
        },
      });
      await done.promise.finally(() => following.stop());
    } finally {
      clearTimeout(timer);
    }
  }
  return {
    bounds, between,
    cut: (below) => ask((admin) => admin.deleteTopicRecords({ topic, partitions: [{ partition: PARTITION, offset: String(below) }] }).then(() => true, (error: unknown) => {
      if (isForbidden(error)) return false;
      throw error;
    })),
    async list<T extends object>({ limit, before }: { readonly limit: number; readonly before: bigint | undefined }, pick: (record: Incoming) => Promise<T | undefined>): Promise<Page<T>> {
      const { low, high } = await bounds();
      let end = before === undefined || before > high ? high : before;
      let items: { readonly item: T; readonly offset: bigint }[] = [];
      const page = (next: bigint | undefined): Page<T> => ({ items: items.map(({ item }) => item), next });
      for (const offsets of LOOKS) {
        const start = end - BigInt(offsets) > low ? end - BigInt(offsets) : low;
        const found: { readonly item: T; readonly offset: bigint }[] = [];
        await between(start, end, async (record) => {
          const item = await pick(record);
          if (item === undefined) return;
          found.push({ item, offset: record.offset });
          // Oldest first here: the newest of them are wanted.
          if (found.length > limit - items.length) found.shift();
        });
        const isFull = items.length + found.length === limit;
        items = [...items, ...found.reverse()];
        end = start;
        // Below the oldest that is told there may be more.
        const below = isFull ? (items.at(-1)?.offset ?? end) : end;
        if (isFull || below <= low) return page(below > low ? below : undefined);
      }
      return page(end);
    },
    async at({ partition, offset }) {
      if (partition !== PARTITION) return undefined;
      const { low, high } = await bounds();
      if (offset < low || offset >= high) return undefined;
      let found: Incoming | undefined;
      await between(offset, offset + 1n, (record) => Promise.resolve(void (found = record)));
      return found;
    },
  };
}
