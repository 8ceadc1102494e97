// What every consumer asks of a record before its rules see it: right partition, key equal to the id, bytes that are an event.
import type { Outgoing } from '../producers/outgoing.ts';
import { LoopError, messageOf } from '../schemas/failure.ts';
import { partitionOf } from '../schemas/partition.ts';
import type { Registry } from '../schemas/registry.ts';
import type { EventOf, TopicName } from '../schemas/topics.ts';
import { deadLetterOf } from './deadLetters.ts';
import type { Incoming } from './record.ts';

export type Read<T extends TopicName> =
  | { readonly status: 'event'; readonly event: EventOf[T] }
  /** Belongs to another partition: `again` puts it there. */
  | { readonly status: 'misplaced'; readonly again: Outgoing }
  | { readonly status: 'dead'; readonly reason: string; readonly letter: Outgoing };
/** Header of a record put on its right partition: where it stood. */
export const MOVED_HEADER = 'loop-moved-from';

type Ask<T extends TopicName> = { readonly topic: T; readonly record: Incoming; readonly registry: Registry; readonly partitions: number; readonly idOf: (event: EventOf[T]) => string; readonly consumer: string; readonly nowMs: number };
const deadOf = <T extends TopicName>({ record, consumer, nowMs }: Ask<T>, reason: string, error: unknown): Read<T> => ({ status: 'dead', reason, letter: deadLetterOf(record, reason, error, consumer, nowMs) });

/** Reads one record of a topic keyed by `idOf(event)`, at once; undefined when its writer schema is not known yet: then await `readInput`. */
export function readKnown<T extends TopicName>(ask: Ask<T>): Read<T> | undefined {
  const { topic, record, registry, partitions, idOf } = ask;
  const { key, value } = record;
  if (value === null) return deadOf(ask, 'no_value', 'the record has no value');
  if (key === null) return deadOf(ask, 'no_key', 'the record has no key; the key must be the id in the value');
  const right = partitionOf(key, partitions);
  if (right !== record.partition) {
    if (record.headers[MOVED_HEADER] !== undefined) return deadOf(ask, 'misplaced_again', 'the record was moved once and is misplaced still');
    return { status: 'misplaced', again: { topic, key, raw: value, partition: right, headers: { ...record.headers, [MOVED_HEADER]: `${record.partition}@${record.offset}` } } };
  }
  try {
    const decode = registry.known(topic, value);
    if (decode === undefined) return undefined;
    const event = decode(value);
    const id = idOf(event);
    if (id !== key.toString()) return deadOf(ask, 'key_differs', `the key '${key.toString()}' is not the id '${id}' in the value`);
    return { status: 'event', event };
  } catch (error) {
    if (error instanceof LoopError && error.kind === 'poison') return deadOf(ask, error.code, messageOf(error));
    throw error;
  }
}

/** The same, fetching the writer schema when needed. Only transient failures are thrown. */
export async function readInput<T extends TopicName>(ask: Ask<T>): Promise<Read<T>> {
  const known = readKnown(ask);
  if (known !== undefined) return known;
  try {
    await ask.registry.learn(ask.topic, ask.record.value ?? new Uint8Array());
  } catch (error) {
    if (error instanceof LoopError && error.kind === 'poison') return deadOf(ask, error.code, messageOf(error));
    throw error;
  }
  return readKnown(ask) ?? deadOf(ask, 'unknown_schema', 'the writer schema stayed unknown');
}
