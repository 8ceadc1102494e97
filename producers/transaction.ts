// The transactional producer: outputs and input offsets in one Kafka transaction. Making one fences every older holder of the same id.
import type { Kafka } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { chunksOf, type Outgoing } from './outgoing.ts';
import { widthsOf } from './publisher.ts';

export type Position = { readonly topic: TopicName; readonly partition: number; readonly offset: bigint; /** stored beside it */ readonly note?: string };
export type Transactor = {
  /** All or nothing. After any rejection this transactor is spent: close it and make another. */
  run(work: { messages: readonly Outgoing[]; groupId?: string; positions?: readonly Position[]; /** awaited before the commit: when it rejects, nothing is committed */ check?: Promise<unknown> }): Promise<void>;
  close(): Promise<void>;
};

const isConcurrent = (error: unknown): boolean => typeof error === 'object' && error !== null && Reflect.get(error, 'type') === 'CONCURRENT_TRANSACTIONS';
const CONCURRENT_PAUSE_MS = 5;

/** Resolves when initialised: from then on no older owner of `transactionalId` can commit. */
export async function createTransactor({ kafka, registry, settings, transactionalId, timeoutMs = 30_000 }: { kafka: Kafka; registry: Registry; settings: Settings; transactionalId: string; timeoutMs?: number }): Promise<Transactor> {
  const ids = await registry.ids();
  const widths = widthsOf(settings);
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: timeoutMs, allowAutoTopicCreation: false, retry: { initialRetryTime: 30, maxRetryTime: 1000, retries: 20 } });
  await producer.connect();
  // kafkajs initialises lazily; an empty transaction makes it happen now.
  await (await producer.transaction()).abort();
  return {
    async run({ messages, groupId, positions = [], check }) {
      // Whether it is looked at or not: a rejection is ours.
      check?.catch(() => undefined);
      const chunks = chunksOf(messages, ids, widths);
      const transaction = await producer.transaction();
      try {
        if (groupId !== undefined && positions.length > 0) {
          const topics = positions.map(({ topic, partition, offset, note }) => ({ topic, partitions: [{ partition, offset: String(offset), metadata: note ?? null }] }));
          for (let tries = 0; ; tries += 1) {
            try {
              await transaction.sendOffsets({ consumerGroupId: groupId, topics });
              break;
            } catch (error) {
              if (!isConcurrent(error) || tries > 400) throw error;
              await pause(CONCURRENT_PAUSE_MS);
            }
          }
        }
        for (const { topicMessages } of chunks) await transaction.sendBatch({ acks: -1, topicMessages: [...topicMessages] });
        await check;
        await transaction.commit();
      } catch (error) {
        if (transaction.isActive()) await transaction.abort().catch(() => undefined);
        throw error;
      }
    },
    close: () => producer.disconnect(),
  };
}
