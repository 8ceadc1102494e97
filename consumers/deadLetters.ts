// A record that could not be used, set aside with its original bytes.
import type { Outgoing } from '../producers/outgoing.ts';
import { messageOf } from '../schemas/failure.ts';
import type { Incoming } from './record.ts';

/** reason: a short code for metrics; error: in words. */
export function deadLetterOf(record: Incoming, reason: string, error: unknown, consumer: string, nowMs: number): Outgoing {
  return {
    topic: 'dead-letters',
    key: record.key?.toString() ?? '',
    headers: { reason, topic: record.topic },
    value: { topic: record.topic, partition: record.partition, offset: Number(record.offset), reason, error: messageOf(error), consumer, original_key: record.key, original_value: record.value, died_at: nowMs },
  };
}
