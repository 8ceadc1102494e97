// The plain producer: a send is resolved when the broker has acknowledged it (acks=all). Sends that come while one is under way go together in the next.
// Not idempotent on purpose: a retry may double a record, and every reader drops doubles by id; kafkajs's idempotent producer can jam after an error.
import type { Kafka } from 'kafkajs';
import { LoopError, messageOf, transient } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import { topicSpecs } from '../schemas/topics.ts';
import { chunksOf, MAX_BYTES, MAX_MESSAGES, type Outgoing, type Widths } from './outgoing.ts';

export type { Outgoing } from './outgoing.ts';
export type Publisher = {
  /** Throws transient `kafka_unavailable` when the broker does not acknowledge, poison when an event does not fit its schema (then nothing was sent). */
  send(messages: readonly Outgoing[]): Promise<void>;
  close(): Promise<void>;
};
export const widthsOf = (settings: Settings): Widths => new Map(topicSpecs(settings).map((spec) => [spec.name, spec.partitions]));
type Waiting = { readonly chunks: ReturnType<typeof chunksOf>; readonly done: () => void; readonly fail: (error: unknown) => void };

const sizeOf = ({ chunks }: Waiting): { readonly messages: number; readonly bytes: number } => {
  const list = chunks.flat().flatMap((one) => one.messages);
  return { messages: list.length, bytes: list.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0) + 100, 0) };
};
/** Sends in their order; neighbours travel together while the broker takes them as one batch. A send of several chunks goes alone. */
function groupsOf(batch: readonly Waiting[]): Waiting[][] {
  const groups: Waiting[][] = [];
  let room = { messages: 0, bytes: 0 };
  for (const one of batch) {
    const { messages, bytes } = sizeOf(one);
    const last = groups.at(-1);
    if (last !== undefined && one.chunks.length === 1 && messages <= room.messages && bytes <= room.bytes) {
      last.push(one);
      room = { messages: room.messages - messages, bytes: room.bytes - bytes };
    } else {
      groups.push([one]);
      room = one.chunks.length === 1 ? { messages: MAX_MESSAGES - messages, bytes: MAX_BYTES - bytes } : { messages: 0, bytes: 0 };
    }
  }
  return groups;
}

export async function createPublisher({ kafka, registry, settings }: { kafka: Kafka; registry: Registry; settings: Settings }): Promise<Publisher> {
  const ids = await registry.ids();
  const widths = widthsOf(settings);
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 4 } });
  await producer.connect();
  let queue: Waiting[] = [];
  let pumping: Promise<void> | undefined;

  async function pump(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue;
      queue = [];
      for (const group of groupsOf(batch)) {
        try {
          if (group.length === 1) for (const topicMessages of group[0]?.chunks ?? []) await producer.sendBatch({ acks: -1, topicMessages });
          else await producer.sendBatch({ acks: -1, topicMessages: group.flatMap((one) => one.chunks.flat()) });
          for (const one of group) one.done();
        } catch (cause) {
          const error = cause instanceof LoopError ? cause : transient('kafka_unavailable', `Kafka did not acknowledge (${messageOf(cause)})`, { cause });
          for (const one of group) one.fail(error);
        }
      }
    }
    pumping = undefined;
  }
  return {
    send(messages) {
      return new Promise((done, fail) => {
        const chunks = chunksOf(messages, ids, widths);
        if (chunks.length === 0) return done();
        queue.push({ chunks, done, fail });
        pumping ??= pump();
      });
    },
    async close() {
      await pumping;
      await producer.disconnect();
    },
  };
}
