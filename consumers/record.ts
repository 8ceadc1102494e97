// A record as every consumer sees it.
import type { KafkaMessage } from 'kafkajs';
import type { TopicName } from '../schemas/topics.ts';

export type Incoming = { readonly topic: TopicName; readonly partition: number; readonly offset: bigint; /** broker time */ readonly timestampMs: number; readonly key: Buffer | null; readonly value: Buffer | null; readonly headers: Readonly<Record<string, string>> };

export function incomingOf(topic: TopicName, partition: number, message: KafkaMessage): Incoming {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value.toString();
  return { topic, partition, offset: BigInt(message.offset), timestampMs: Number(message.timestamp), key: message.key, value: message.value, headers };
}
