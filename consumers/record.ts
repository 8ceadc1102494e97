// A record as every consumer sees it.
import type { KafkaMessage } from 'kafkajs';
import { FetchedRecord } from '../producers/wire/fetched.ts';
import type { TopicName } from '../schemas/topics.ts';

export type Incoming = {
  readonly topic: TopicName; readonly partition: number; readonly offset: bigint; /** broker time */ readonly timestampMs: number;
  readonly key: Buffer | null; readonly value: Buffer | null; readonly headers: Readonly<Record<string, string>>;
  /** For hot paths: where key and value stand in what was fetched. Absent when the record did not come from a fetch. */
  readonly window?: Window;
};
/** No key, no value: its `to` is below its `from`. */
export type Window = { readonly bytes: Buffer; readonly keyFrom: number; readonly keyTo: number; readonly valueFrom: number; readonly valueTo: number };
/** The offset as a number: exact below 2^53. */
export const offsetOf = (record: Incoming): number => (record instanceof FetchedIncoming ? record.window.offsetNumber : Number(record.offset));

/** Cuts out only what is asked for. */
class FetchedIncoming implements Incoming {
  readonly topic: TopicName;
  readonly partition: number;
  readonly window: FetchedRecord;
  constructor(topic: TopicName, partition: number, window: FetchedRecord) {
    this.topic = topic;
    this.partition = partition;
    this.window = window;
  }
  get offset(): bigint {
    return BigInt(this.window.offsetNumber);
  }
  get timestampMs(): number {
    return this.window.timestampMs;
  }
  get key(): Buffer | null {
    return this.window.key;
  }
  get value(): Buffer | null {
    return this.window.value;
  }
  get headers(): Readonly<Record<string, string>> {
    return headersOf(this.window.headers);
  }
}
function headersOf(given: KafkaMessage['headers']): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given ?? {})) if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value.toString();
  return headers;
}

export function incomingOf(topic: TopicName, partition: number, message: KafkaMessage | FetchedRecord): Incoming {
  if (message instanceof FetchedRecord) return new FetchedIncoming(topic, partition, message);
  return { topic, partition, offset: BigInt(message.offset), timestampMs: Number(message.timestamp), key: message.key, value: message.value, headers: headersOf(message.headers) };
}
