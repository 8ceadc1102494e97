// Follows every partition of some topics from their start, without a lasting group and without commits: for read models.
import { randomUUID } from 'node:crypto';
import { createKafka, type Log } from '../producers/kafka.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { incomingOf, type Incoming } from './record.ts';

export type Following = { stop(): Promise<void> };

/** onBatch is retried by the client when it throws. onCaughtUp: once, when what stood committed there at the start has been handled. onFatal: the follower has ended. */
export async function follow({ settings, clientId, log, topics, onBatch, onCaughtUp, onFatal }: {
  settings: Settings; clientId: string; log: Log; topics: readonly TopicName[];
  onBatch: (records: readonly Incoming[]) => Promise<void>; onCaughtUp?: () => void; onFatal: (error: Error) => void;
}): Promise<Following> {
  const kafka = createKafka(settings, clientId, log);
  const admin = kafka.admin();
  await admin.connect();
  const open = new Map<string, bigint>();
  for (const topic of topics) for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) if (BigInt(low) < BigInt(high)) open.set(`${topic}-${partition}`, BigInt(high));
  await admin.disconnect();
  const names = new Map<string, TopicName>(topics.map((topic) => [topic, topic]));
  const consumer = kafka.consumer({ groupId: `follow-${clientId}-${randomUUID()}`, sessionTimeout: 30_000, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  let announced = false;
  const announce = (): void => {
    if (announced || open.size > 0) return;
    announced = true;
    onCaughtUp?.();
  };
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const key = `${payload.topic}-${payload.partition}`;
    if (typeof payload.firstOffset === 'string' && BigInt(payload.lastOffset) + 1n >= (open.get(key) ?? 0n)) open.delete(key);
    announce();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) onFatal(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const topic = names.get(batch.topic);
      if (topic !== undefined) await onBatch(batch.messages.map((message) => incomingOf(topic, batch.partition, message)));
    },
  });
  announce();
  return { stop: () => consumer.disconnect() };
}
