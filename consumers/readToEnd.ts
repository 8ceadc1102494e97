// Reads topics from their start to where they ended when asked, read_committed: transactional tails of markers and aborted records included.
import { randomUUID } from 'node:crypto';
import { createKafka } from '../producers/kafka.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { incomingOf, type Incoming } from './record.ts';

export type Ends = ReadonlyMap<string, bigint>;
const RETRIES = 5;
export const endKey = (topic: TopicName, partition: number): string => `${topic}-${partition}`;

/** Calls onRecord for every committed record below the ends taken first, in order per partition. Resolves with those ends as `<topic>-<partition>` → next offset. Records beyond them are not delivered.
 *  Rejects with what onRecord throws, which is not called again. An end is the last stable offset (kafkajs asks as a read_committed reader): an open transaction, and what stands behind it, is not waited for. until: ends to wait for instead. */
export async function readToEnd({ settings, clientId, topics, onRecord, until }: { settings: Settings; clientId: string; topics: readonly TopicName[]; onRecord: (record: Incoming) => void | Promise<void>; until?: Ends }): Promise<Ends> {
  const kafka = createKafka(settings, clientId);
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map<string, bigint>();
  const open = new Set<string>();
  const groupId = `read-to-end-${clientId}-${randomUUID()}`;
  try {
    for (const topic of topics) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        const key = endKey(topic, partition);
        const end = until?.get(key) ?? BigInt(high);
        ends.set(key, end);
        if (BigInt(low) < end) open.add(key);
      }
    }
    if (open.size === 0) return ends;
    // After a crash kafkajs would start it again by a timer, also when it has been disconnected meanwhile: it would read for ever, and keep the process.
    const consumer = kafka.consumer({ groupId, sessionTimeout: 30_000, maxWaitTimeInMs: 100, allowAutoTopicCreation: false, retry: { retries: RETRIES, restartOnFailure: () => Promise.resolve(false) } });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        const names = new Map<string, TopicName>(topics.map((topic) => [topic, topic]));
        const finish = (topic: string, partition: number, next: bigint): void => {
          const key = `${topic}-${partition}`;
          if (next >= (ends.get(key) ?? 0n)) open.delete(key);
          if (open.size === 0) resolve();
        };
        // The event also comes for batches of only markers or aborted records, which never reach the handler.
        consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
          if (typeof payload.firstOffset === 'string') finish(payload.topic, payload.partition, BigInt(payload.lastOffset) + 1n);
        });
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
        consumer.run({
          autoCommit: false,
          eachBatch: async ({ batch, heartbeat }) => {
            const topic = names.get(batch.topic);
            const end = ends.get(`${batch.topic}-${batch.partition}`) ?? 0n;
            if (topic === undefined) return;
            try {
              for (const message of batch.messages) if (BigInt(message.offset) < end) await onRecord(incomingOf(topic, batch.partition, message));
            } catch (error) {
              // Thrown further it would be called again with the same records.
              return reject(error);
            }
            await heartbeat();
          },
        }).catch(reject);
      });
    } finally {
      await consumer.disconnect();
      await admin.deleteGroups([groupId]).catch(() => undefined);
    }
    return ends;
  } finally {
    await admin.disconnect();
  }
}
