// Dead letters as admins see them, read from the end of their topic backwards.
import type { Incoming } from '../../consumers/record.ts';
import type { Log } from '../../producers/kafka.ts';
import type { DeadLetter } from '../../schemas/events.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import { openBackwards, type Page } from '../backwards.ts';
import { DEAD_LETTERS, letterView, ORIGINS, type LetterPlace, type LetterView } from './letter.ts';

export type Listed = Page<LetterView>;
export type DeadLetterReader = {
  /** The newest first, below the offset `before`. */
  list(wish: { readonly topic: string | undefined; readonly limit: number; readonly before: bigint | undefined }): Promise<Listed>;
  /** undefined: no record stands there. */
  find(place: LetterPlace): Promise<DeadLetter | undefined>;
};

export function openDeadLetters(settings: Settings, registry: Registry, log: Log): DeadLetterReader {
  const backwards = openBackwards(settings, DEAD_LETTERS, 'dead letters', log);
  /** What the value holds, where it is an event after all: much of what cannot be used can be read. */
  async function eventIn({ topic, original_value }: DeadLetter): Promise<unknown> {
    const origin = ORIGINS.find((one) => one === topic);
    return original_value === null || origin === undefined ? undefined : registry.decode(origin, original_value).catch(() => undefined);
  }
  const letterIn = (record: Incoming | undefined): Promise<DeadLetter | undefined> => (record === undefined || record.value === null ? Promise.resolve(undefined) : registry.decode(DEAD_LETTERS, record.value).catch(() => undefined));
  return {
    list: ({ topic, limit, before }) => backwards.list({ limit, before }, async (record) => {
      const letter = await letterIn(record);
      if (letter === undefined || (topic !== undefined && letter.topic !== topic)) return undefined;
      return letterView(record, letter, await eventIn(letter), (bytes) => Buffer.from(bytes).toString('base64'));
    }),
    find: async (place) => letterIn(await backwards.at(place)),
  };
}
