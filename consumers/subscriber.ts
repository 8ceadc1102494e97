// An ordinary group consumer, at least once: the offset is committed after the handler has resolved. Handlers must be idempotent.
import { setTimeout as pause } from 'node:timers/promises';
import { createKafka, type Log } from '../producers/kafka.ts';
import { kindOf, messageOf } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { incomingOf, type Incoming } from './record.ts';

export type Subscription = { stop(): Promise<void>; lags(): ReadonlyMap<string, number> };
const RETRY_MS = 500;

/** onRecord: transient failures are retried after a pause without committing; any other failure ends the subscription by onFatal. Poison is the handler's to set aside. */
export async function subscribe({ settings, clientId, groupId, log, topics, onRecord, onFatal }: {
  settings: Settings; clientId: string; groupId: string; log: Log; topics: readonly TopicName[]; onRecord: (record: Incoming) => Promise<void>; onFatal: (error: unknown) => void;
}): Promise<Subscription> {
  const consumer = createKafka(settings, clientId, log).consumer({ groupId, sessionTimeout: settings.sessionTimeoutMs, heartbeatInterval: 1000, rebalanceTimeout: 10_000, maxWaitTimeInMs: 150, allowAutoTopicCreation: false });
  const names = new Map<string, TopicName>(topics.map((topic) => [topic, topic]));
  const lags = new Map<string, number>();
  let stopping = false;
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart && !stopping) onFatal(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, heartbeat, resolveOffset, isRunning, isStale }) => {
      const topic = names.get(batch.topic);
      if (topic === undefined) return;
      for (const message of batch.messages) {
        if (!isRunning() || isStale() || stopping) return;
        for (;;) {
          try {
            await onRecord(incomingOf(topic, batch.partition, message));
            break;
          } catch (error) {
            if (kindOf(error) !== 'transient') {
              onFatal(error);
              return;
            }
            log.warn({ topic, offset: message.offset, reason: messageOf(error) }, 'will try again');
            await heartbeat();
            if (!isRunning()) return;
            await pause(RETRY_MS);
          }
        }
        const next = String(BigInt(message.offset) + 1n);
        await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: next }]);
        resolveOffset(message.offset);
        lags.set(`${batch.topic}-${batch.partition}`, Math.max(0, Number(BigInt(batch.highWatermark) - BigInt(next))));
        await heartbeat();
      }
    },
  });
  return {
    lags: () => lags,
    async stop() {
      stopping = true;
      await consumer.disconnect();
    },
  };
}
