// The plain producer: a send is resolved when the broker has acknowledged it (acks=all). Sends that come while one is under way go together in the next.
// Not idempotent on purpose: a retry may double a record, and every reader drops doubles by id; kafkajs's idempotent producer can jam after an error.
import type { Kafka } from 'kafkajs';
import { LoopError, messageOf, transient } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import { topicSpecs } from '../schemas/topics.ts';
import { chunksOf, type Outgoing, type Widths } from './outgoing.ts';

export type { Outgoing } from './outgoing.ts';
export type Publisher = {
  /** Throws transient `kafka_unavailable` when the broker does not acknowledge, poison when an event does not fit its schema (then nothing was sent). */
  send(messages: readonly Outgoing[]): Promise<void>;
  close(): Promise<void>;
};
export const widthsOf = (settings: Settings): Widths => new Map(topicSpecs(settings).map((spec) => [spec.name, spec.partitions]));
type Waiting = { readonly chunks: ReturnType<typeof chunksOf>; readonly done: () => void; readonly fail: (error: unknown) => void };

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
      // Small sends travel together; a large one keeps its own chunks.
      const small = batch.filter((one) => one.chunks.length === 1);
      const groups = small.length > 0 && small.length <= 500 ? [small, ...batch.filter((one) => one.chunks.length !== 1).map((one) => [one])] : batch.map((one) => [one]);
      for (const group of groups) {
        try {
          if (group.length === 1 || group.length === 0) for (const topicMessages of group[0]?.chunks ?? []) await producer.sendBatch({ acks: -1, topicMessages });
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
