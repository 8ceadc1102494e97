// A dead letter as an admin sees it: where it came from, why it is here, its first bytes, and what they say where they say something. Pure.
import type { DeadLetter } from '../../schemas/events.ts';
import { CUT_HEADERS } from '../../consumers/deadLetters.ts';
import { TOPIC_NAMES, type TopicName } from '../../schemas/topics.ts';

export const DEAD_LETTERS = 'dead-letters' satisfies TopicName;
/** Where dead letters come from. Nothing that claims to be a letter may be sent into the audit log. */
export const ORIGINS: readonly TopicName[] = TOPIC_NAMES.filter((topic) => topic !== DEAD_LETTERS && topic !== 'audit-log');
/** Where it stands among the dead letters. */
export type LetterPlace = { readonly partition: number; readonly offset: bigint };
export const letterId = ({ partition, offset }: LetterPlace): string => `${DEAD_LETTERS}:${partition}:${offset}`;
const ID = new RegExp(`^${DEAD_LETTERS}:(\\d{1,6}):(\\d{1,18})$`);
export function placeOf(id: string): LetterPlace | undefined {
  const match = ID.exec(id);
  return match === null ? undefined : { partition: Number(match[1]), offset: BigInt(match[2] ?? 0) };
}

/** What is shown of a value in a list, and where one is looked at. */
export const SHOWN_BYTES = 4096;
export const INSPECTED_BYTES = 65_536;
const decoder = new TextDecoder('utf-8', { fatal: true });
/** Undefined where the bytes are no text that one can read. */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes);
    // Control characters are what tells bytes from text.
    return /[\0-\x08\x0e-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
export type LetterView = {
  readonly id: string; readonly topic: string; readonly partition: number; readonly offset: number; readonly reason: string; readonly error: string; readonly consumer: string; /** null: a release that did not say it */ readonly process_version: string | null; readonly at_ms: number;
  readonly key: string | null; readonly bytes_base64: string | null; readonly length: number; readonly text: string | null;
};
export type Headers = Readonly<Record<string, string>>;
/** Whether the whole record is kept; a cut one can only be looked at. */
export const isWhole = (headers: Headers): boolean => Object.values(CUT_HEADERS).every((name) => headers[name] === undefined);
/** Of the record as it came. */
function lengthOf(value: Uint8Array | null, headers: Headers): number {
  const said = Number(headers[CUT_HEADERS.value]);
  return Number.isSafeInteger(said) ? said : (value?.length ?? 0);
}
/** event: what the value holds, where it can be decoded. base64: an encoder. most: bytes that are shown. */
export function letterView(place: LetterPlace, letter: DeadLetter, event: unknown, base64: (bytes: Uint8Array) => string, headers: Headers = {}, most = SHOWN_BYTES): LetterView {
  const { topic, partition, offset, reason, error, consumer, died_at, original_key, original_value } = letter;
  const text = original_value === null ? undefined : event === undefined ? textIn(original_value) : JSON.stringify(event);
  return {
    id: letterId(place), topic, partition, offset, reason, error, consumer, process_version: headers['process-version'] ?? null, at_ms: died_at, key: original_key === null ? null : (textIn(original_key) ?? `base64:${base64(original_key)}`),
    bytes_base64: original_value === null ? null : base64(original_value.subarray(0, most)), length: lengthOf(original_value, headers), text: text?.slice(0, most) ?? null,
  };
}
