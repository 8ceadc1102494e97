// What leaves us: events (encoded here) or original bytes (dead letters, misplaced records), cut into sends the broker accepts.
import type { IHeaders, Message, TopicMessages } from 'kafkajs';
import { encode } from '../schemas/codec.ts';
import { fatal } from '../schemas/failure.ts';
import { partitionOf } from '../schemas/partition.ts';
import type { EventOf, TopicName } from '../schemas/topics.ts';

type Common = { readonly partition?: number; readonly headers?: Readonly<Record<string, string>> };
type EventMessage = { [T in TopicName]: Common & { readonly topic: T; readonly key: string; readonly value: EventOf[T] | null } }[TopicName];
type RawMessage = Common & { readonly topic: TopicName; readonly key: Uint8Array | string | null; readonly raw: Uint8Array | null };
export type Outgoing = EventMessage | RawMessage;
export type Widths = ReadonlyMap<TopicName, number>;

// All messages of one send to a partition become one record batch; the broker refuses a batch over 1 MB, for ever.
export const MAX_MESSAGES = 5000;
export const MAX_BYTES = 700_000;
const OVERHEAD_BYTES = 100;

const bytesOf = (bytes: Uint8Array | null): Buffer | null => (bytes === null || Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
const keyOf = (key: Uint8Array | string | null): Buffer | string | null => (typeof key === 'string' ? key : bytesOf(key));
/** At most, for a key that is text. */
const sizeOf = (key: Buffer | string | null): number => (key === null ? 0 : typeof key === 'string' ? key.length * 3 : key.length);

function encoded(message: EventMessage, ids: ReadonlyMap<TopicName, number>): Buffer | null {
  if (message.value === null) return null;
  const id = ids.get(message.topic);
  if (id === undefined) throw fatal('schema_missing', `no schema id for ${message.topic}`);
  return encode(message.topic, message.value, id);
}

/** What goes to the broker at once, with its size (bytes: at most). */
export type Chunk = { readonly topicMessages: readonly TopicMessages[]; readonly messages: number; readonly bytes: number };

/** Messages per send, in order. Partition: the given one, else Java's murmur2 of the key (0 without a key). */
export function chunksOf(messages: readonly Outgoing[], ids: ReadonlyMap<TopicName, number>, widths: Widths): Chunk[] {
  const chunks: Chunk[] = [];
  let open = new Map<TopicName, Message[]>();
  let count = 0;
  let bytes = 0;
  const close = (): void => {
    if (count > 0) chunks.push({ topicMessages: [...open].map(([topic, list]) => ({ topic, messages: list })), messages: count, bytes });
    open = new Map();
    count = 0;
    bytes = 0;
  };
  for (const message of messages) {
    const { topic } = message;
    const key = keyOf(message.key);
    const value = 'raw' in message ? bytesOf(message.raw) : encoded(message, ids);
    const size = sizeOf(key) + (value?.length ?? 0) + OVERHEAD_BYTES;
    if (count >= MAX_MESSAGES || bytes + size > MAX_BYTES) close();
    const partition = message.partition ?? (key === null ? 0 : partitionOf(key, widths.get(topic) ?? 1));
    let list = open.get(topic);
    if (list === undefined) open.set(topic, (list = []));
    list.push(message.headers === undefined ? { key, value, partition } : { key, value, partition, headers: { ...message.headers } satisfies IHeaders });
    count += 1;
    bytes += size;
  }
  close();
  return chunks;
}

/** Chunks as one send: one list per topic. (kafkajs copies its list once per entry.) */
export function joined(chunks: readonly Chunk[]): TopicMessages[] {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return [...first.topicMessages];
  const lists = new Map<string, Message[]>();
  for (const { topicMessages } of chunks) {
    for (const { topic, messages } of topicMessages) {
      const list = lists.get(topic);
      if (list === undefined) lists.set(topic, [...messages]);
      else for (const message of messages) list.push(message);
    }
  }
  return [...lists].map(([topic, list]) => ({ topic, messages: list }));
}
