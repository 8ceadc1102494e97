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

/** Reads one record of a topic keyed by `idOf(event)`. Only transient failures are thrown. */
export async function readInput<T extends TopicName>({ topic, record, registry, partitions, idOf, consumer, nowMs }: {
  topic: T; record: Incoming; registry: Registry; partitions: number; idOf: (event: EventOf[T]) => string; consumer: string; nowMs: number;
}): Promise<Read<T>> {
  const dead = (reason: string, error: unknown): Read<T> => ({ status: 'dead', reason, letter: deadLetterOf(record, reason, error, consumer, nowMs) });
  const { key, value } = record;
  if (value === null) return dead('no_value', 'the record has no value');
  if (key === null) return dead('no_key', 'the record has no key; the key must be the id in the value');
  const right = partitionOf(key, partitions);
  if (right !== record.partition) {
    if (record.headers[MOVED_HEADER] !== undefined) return dead('misplaced_again', 'the record was moved once and is misplaced still');
    return { status: 'misplaced', again: { topic, key, raw: value, partition: right, headers: { ...record.headers, [MOVED_HEADER]: `${record.partition}@${record.offset}` } } };
  }
  try {
    const decode = registry.known(topic, value);
    const event = decode === undefined ? await registry.decode(topic, value) : decode(value);
    const id = idOf(event);
    if (id !== key.toString()) return dead('key_differs', `the key '${key.toString()}' is not the id '${id}' in the value`);
    return { status: 'event', event };
  } catch (error) {
    if (error instanceof LoopError && error.kind === 'poison') return dead(error.code, messageOf(error));
    throw error;
  }
}
