// Dead letters as admins see them, read from the end of their topic backwards.
import type { Incoming } from '../../consumers/record.ts';
import type { Log } from '../../producers/kafka.ts';
import type { DeadLetter } from '../../schemas/events.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import { openBackwards, type Bounds, type Page } from '../backwards.ts';
import { DEAD_LETTERS, INSPECTED_BYTES, letterView, ORIGINS, SHOWN_BYTES, type Headers, type LetterPlace, type LetterView } from './letter.ts';
import { aboutThisLog, isPurged, sweepFrom, swept, type PurgeRule, type Sweep } from './purge.ts';

export type Listed = Page<LetterView>;
export type Found = { readonly letter: DeadLetter; readonly headers: Headers; readonly view: LetterView };
export type DeadLetterReader = {
  /** The newest first, below the offset `before`. */
  list(wish: { readonly topic: string | undefined; readonly reason: string | undefined; readonly limit: number; readonly before: bigint | undefined }, purged: readonly PurgeRule[]): Promise<Listed>;
  /** undefined: no letter stands there, or it has been purged. */
  find(place: LetterPlace, purged: readonly PurgeRule[]): Promise<Found | undefined>;
  /** Where the log begins and ends. */
  bounds(): Promise<Bounds>;
  /** Looks over the log up to `high`: what the fresh rules match, and how far nothing stays. done: false: it was too long for one look, and `cutTo` is as far as it came. */
  sweep(bounds: Bounds, standing: readonly PurgeRule[], fresh: readonly PurgeRule[]): Promise<Sweep & { readonly done: boolean }>;
  /** Drops everything below; false: Kafka does not let us. */
  cut(below: bigint): Promise<boolean>;
};
/** A look over all of them, for somebody who waits for an answer. */
const SWEEP_WITHIN_MS = 20_000;

export function openDeadLetters(settings: Settings, registry: Registry, log: Log): DeadLetterReader {
  const backwards = openBackwards(settings, DEAD_LETTERS, 'dead letters', log);
  /** What the value holds, where it is an event after all: much of what cannot be used can be read. */
  async function eventIn({ topic, original_value }: DeadLetter): Promise<unknown> {
    const origin = ORIGINS.find((one) => one === topic);
    return original_value === null || origin === undefined ? undefined : registry.decode(origin, original_value).catch(() => undefined);
  }
  const letterIn = (record: Incoming): Promise<DeadLetter | undefined> => (record.value === null ? Promise.resolve(undefined) : registry.decode(DEAD_LETTERS, record.value).catch(() => undefined));
  const viewOf = async (record: Incoming, letter: DeadLetter, most: number): Promise<LetterView> => letterView(record, letter, await eventIn(letter), (bytes) => Buffer.from(bytes).toString('base64'), record.headers, most);
  return {
    async list({ topic, reason, limit, before }, rules) {
      const purged = aboutThisLog(rules, (await backwards.bounds()).high);
      return backwards.list({ limit, before }, async (record) => {
        const letter = await letterIn(record);
        if (letter === undefined || (topic !== undefined && letter.topic !== topic) || (reason !== undefined && letter.reason !== reason) || isPurged(purged, record.offset, letter)) return undefined;
        return viewOf(record, letter, SHOWN_BYTES);
      });
    },
    async find(place, rules) {
      const record = await backwards.at(place);
      const letter = record === undefined ? undefined : await letterIn(record);
      if (record === undefined || letter === undefined || isPurged(aboutThisLog(rules, (await backwards.bounds()).high), record.offset, letter)) return undefined;
      return { letter, headers: record.headers, view: await viewOf(record, letter, INSPECTED_BYTES) };
    },
    bounds: () => backwards.bounds(),
    async sweep({ low, high }, rules, fresh) {
      const standing = aboutThisLog(rules, high);
      let sweep = sweepFrom(low);
      try {
        await backwards.between(low, high, async (record) => {
          sweep = swept(sweep, standing, fresh, record.offset, await letterIn(record));
        }, SWEEP_WITHIN_MS);
      } catch (error) {
        if (sweep.cutTo === low && sweep.kept === 0) throw error;
        return { ...sweep, done: false };
      }
      // What stands behind the last letter are marks of transactions.
      return { ...sweep, cutTo: sweep.kept === 0 ? high : sweep.cutTo, done: true };
    },
    cut: (below) => backwards.cut(below),
  };
}
