// Reads the topic of dead letters from its end backwards. Nothing is kept: it is asked for rarely, and by few.
import { follow, startKey } from '../../consumers/follow.ts';
import type { Incoming } from '../../consumers/record.ts';
import { createKafka, type Log } from '../../producers/kafka.ts';
import type { DeadLetter } from '../../schemas/events.ts';
import { messageOf, transient } from '../../schemas/failure.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import { DEAD_LETTERS, letterView, LOOKS, ORIGINS, placeOf, type LetterPlace, type LetterView } from './letter.ts';

export type Listed = { readonly items: readonly LetterView[]; /** where an older look goes on; undefined: there is nothing older */ readonly next: bigint | undefined };
export type DeadLetterReader = {
  /** The newest first, below the offset `before`. */
  list(wish: { readonly topic: string | undefined; readonly limit: number; readonly before: bigint | undefined }): Promise<Listed>;
  /** undefined: no record stands there. */
  find(place: LetterPlace): Promise<DeadLetter | undefined>;
};
/** The topic has one partition. */
const PARTITION = 0;
const WITHIN_MS = 10_000;

export function openDeadLetters(settings: Settings, registry: Registry, log: Log): DeadLetterReader {
  const away = (reason: string): Error => transient('kafka_unavailable', `the dead letters cannot be read now (${reason})`);
  async function bounds(): Promise<{ readonly low: bigint; readonly high: bigint }> {
    const admin = createKafka(settings, 'dead-letters-ends').admin();
    try {
      await admin.connect();
      const [found] = (await admin.fetchTopicOffsets(DEAD_LETTERS)).filter(({ partition }) => partition === PARTITION);
      return { low: BigInt(found?.low ?? 0), high: BigInt(found?.high ?? 0) };
    } catch (error) {
      throw away(messageOf(error));
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
  /** Hands over the records of offsets [from, to), in order. */
  async function between(from: bigint, to: bigint, each: (record: Incoming) => Promise<void>): Promise<void> {
    if (from >= to) return;
    const done = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => done.reject(away(`no answer within ${WITHIN_MS} ms`)), WITHIN_MS);
    try {
      const following = await follow({
        settings, clientId: 'dead-letters', log, topics: [DEAD_LETTERS], startAt: new Map([[startKey(DEAD_LETTERS, PARTITION), from]]), onFatal: (error) => done.reject(away(messageOf(error))), onCaughtUp: () => done.resolve(undefined),
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
  /** What the value holds, where it is an event after all: much of what cannot be used can be read. */
  async function eventIn({ topic, original_value }: DeadLetter): Promise<unknown> {
    const origin = ORIGINS.find((one) => one === topic);
    return original_value === null || origin === undefined ? undefined : registry.decode(origin, original_value).catch(() => undefined);
  }
  const letterIn = (record: Incoming): Promise<DeadLetter | undefined> => (record.value === null ? Promise.resolve(undefined) : registry.decode(DEAD_LETTERS, record.value).catch(() => undefined));
  return {
    async list({ topic, limit, before }) {
      const { low, high } = await bounds();
      let end = before === undefined || before > high ? high : before;
      let items: LetterView[] = [];
      for (const offsets of LOOKS) {
        const start = end - BigInt(offsets) > low ? end - BigInt(offsets) : low;
        const found: LetterView[] = [];
        await between(start, end, async (record) => {
          const letter = await letterIn(record);
          if (letter === undefined || (topic !== undefined && letter.topic !== topic)) return;
          found.push(letterView(record, letter, await eventIn(letter), (bytes) => Buffer.from(bytes).toString('base64')));
          // Oldest first here: the newest of them are wanted.
          if (found.length > limit - items.length) found.shift();
        });
        const isFull = items.length + found.length === limit;
        items = [...items, ...found.reverse()];
        end = start;
        // Below the oldest that is told there may be more.
        const below = isFull ? (placeOf(items.at(-1)?.id ?? '')?.offset ?? end) : end;
        if (isFull || below <= low) return { items, next: below > low ? below : undefined };
      }
      return { items, next: end };
    },
    async find(place) {
      if (place.partition !== PARTITION) return undefined;
      const { low, high } = await bounds();
      if (place.offset < low || place.offset >= high) return undefined;
      let found: DeadLetter | undefined;
      await between(place.offset, place.offset + 1n, async (record) => {
        found = await letterIn(record);
      });
      return found;
    },
  };
}
