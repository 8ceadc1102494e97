// What every consumer asks of a record before its rules see it: right partition, key equal to the id, bytes that are an event.
import type { Outgoing } from '../producers/outgoing.ts';
import { LoopError, messageOf } from '../schemas/failure.ts';
import { partitionAt } from '../schemas/partition.ts';
import { oversize } from '../schemas/recordSize.ts';
import type { Registry } from '../schemas/registry.ts';
import type { EventOf, TopicName } from '../schemas/topics.ts';
import { deadLetterOf } from './deadLetters.ts';
import { offsetOf, type Incoming } from './record.ts';

export type Read<T extends TopicName> =
  | { readonly status: 'event'; readonly event: EventOf[T] }
  /** Belongs to another partition: `again` puts it there. */
  | { readonly status: 'misplaced'; readonly again: Outgoing }
  | { readonly status: 'dead'; readonly reason: string; readonly letter: Outgoing };
/** Header of a record put on its right partition: where it stood. */
export const MOVED_HEADER = 'loop-moved-from';

/** What is the same for all records of a batch. nowMs: of dead letters. */
type Ask<T extends TopicName> = { readonly topic: T; readonly registry: Registry; readonly partitions: number; readonly idOf: (event: EventOf[T]) => string; readonly consumer: string; readonly nowMs: number };
const deadOf = <T extends TopicName>({ consumer, nowMs }: Ask<T>, record: Incoming, reason: string, error: unknown): Read<T> => ({ status: 'dead', reason, letter: deadLetterOf(record, reason, error, consumer, nowMs) });
const NOTHING = Buffer.alloc(0);

/** Whether bytes[from, to) are `text`; plain characters are compared without making a string. */
function isText(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length === to - from) {
    let i = 0;
    while (i < text.length && text.charCodeAt(i) === bytes[from + i] && text.charCodeAt(i) < 128) i += 1;
    if (i === text.length) return true;
  }
  return bytes.toString('utf8', from, to) === text;
}

/** Reads one record of a topic keyed by `idOf(event)`, at once; undefined when its writer schema is not known yet: then await `readInput`. */
export function readKnown<T extends TopicName>(ask: Ask<T>, record: Incoming): Read<T> | undefined {
  const { topic, registry, partitions, idOf } = ask;
  const { window } = record;
  const keys = window?.bytes ?? record.key ?? NOTHING;
  const keyFrom = window?.keyFrom ?? 0;
  const keyTo = window?.keyTo ?? record.key?.length ?? -1;
  const values = window?.bytes ?? record.value ?? NOTHING;
  const valueFrom = window?.valueFrom ?? 0;
  const valueTo = window?.valueTo ?? record.value?.length ?? -1;
  if (valueTo < valueFrom) return deadOf(ask, record, 'no_value', 'the record has no value');
  if (keyTo < keyFrom) return deadOf(ask, record, 'no_key', 'the record has no key; the key must be the id in the value');
  const large = oversize(keyTo - keyFrom, valueTo - valueFrom);
  if (large !== undefined) return deadOf(ask, record, 'too_large', large);
  const right = partitionAt(keys, keyFrom, keyTo, partitions);
  if (right !== record.partition) {
    const { headers, key, value } = record;
    if (headers[MOVED_HEADER] !== undefined) return deadOf(ask, record, 'misplaced_again', 'the record was moved once and is misplaced still');
    return { status: 'misplaced', again: { topic, key, raw: value, partition: right, headers: { ...headers, [MOVED_HEADER]: `${record.partition}@${offsetOf(record)}` } } };
  }
  try {
    const decode = registry.known(topic, values, valueFrom, valueTo);
    if (decode === undefined) return undefined;
    const event = decode(values, valueFrom, valueTo);
    const id = idOf(event);
    if (!isText(id, keys, keyFrom, keyTo)) return deadOf(ask, record, 'key_differs', `the key '${keys.toString('utf8', keyFrom, keyTo)}' is not the id '${id}' in the value`);
    return { status: 'event', event };
  } catch (error) {
    if (error instanceof LoopError && error.kind === 'poison') return deadOf(ask, record, error.code, messageOf(error));
    throw error;
  }
}

/** The same, fetching the writer schema when needed. Only transient failures are thrown. */
export async function readInput<T extends TopicName>(ask: Ask<T>, record: Incoming): Promise<Read<T>> {
  const known = readKnown(ask, record);
  if (known !== undefined) return known;
  try {
    await ask.registry.learn(ask.topic, record.value ?? NOTHING);
  } catch (error) {
    if (error instanceof LoopError && error.kind === 'poison') return deadOf(ask, record, error.code, messageOf(error));
    throw error;
  }
  return readKnown(ask, record) ?? deadOf(ask, record, 'unknown_schema', 'the writer schema stayed unknown');
}
