// An ordinary group consumer, at least once: the offset is committed after the handler has resolved. Handlers must be idempotent.
import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import { createKafka, type Log } from '../producers/kafka.ts';
import { kindOf, messageOf } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import type { Pulse } from './pulse.ts';
import { leaveWhenReplaced } from './replaced.ts';
import { incomingOf, type Incoming } from './record.ts';

export type Subscription = { stop(): Promise<void>; lags(): ReadonlyMap<string, number> };
const RETRY_MS = 500;
/** Then the client starts its consumer again by itself. */
const RETRIES = 5;

/** onRecord: transient failures are retried after a pause without committing; any other failure ends the subscription by onFatal. Poison is the handler's to set aside. */
export async function subscribe({ settings, clientId, groupId, log, topics, pulse, onRecord, onFatal }: {
  settings: Settings; clientId: string; groupId: string; log: Log; topics: readonly TopicName[]; /** watches over it */ pulse?: Pulse; onRecord: (record: Incoming) => Promise<void>; onFatal: (error: unknown) => void;
}): Promise<Subscription> {
  const names = new Map<string, TopicName>(topics.map((topic) => [topic, topic]));
  const lags = new Map<string, number>();
  /** Of partitions we own and have handled something of: what comes next. */
  const next = new Map<string, bigint>();
  let owned = new Set<string>();
  let stopping = false;
  let joined = false;
  let signs = 0;
  let current: Consumer | undefined;
  async function begin(): Promise<void> {
    const isCurrent = (): boolean => current === consumer;
    const consumer = createKafka(settings, clientId, log).consumer({ groupId, sessionTimeout: settings.sessionTimeoutMs, heartbeatInterval: 1000, rebalanceTimeout: 10_000, maxWaitTimeInMs: 150, allowAutoTopicCreation: false, retry: { retries: RETRIES, restartOnFailure: () => Promise.resolve(isCurrent()) } });
    current = consumer;
    joined = false;
    leaveWhenReplaced(consumer, isCurrent);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (!isCurrent()) return;
      owned = new Set(Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) => partitions.map((partition) => `${topic}-${partition}`)));
      joined = true;
      next.clear();
    });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      // Batches that hold only markers move the position too.
      if (isCurrent() && payload.batchSize === 0 && typeof payload.firstOffset === 'string') next.set(`${payload.topic}-${payload.partition}`, BigInt(payload.lastOffset) + 1n);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      signs += 1;
      joined = false;
      if (!payload.restart && isCurrent() && !stopping) onFatal(payload.error);
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
          if (!isRunning() || isStale() || stopping || !isCurrent()) return;
          for (;;) {
            try {
              await onRecord(incomingOf(topic, batch.partition, message));
              break;
            } catch (error) {
              if (kindOf(error) !== 'transient') {
                onFatal(error);
                return;
              }
              signs += 1;
              log.warn({ topic, offset: message.offset, reason: messageOf(error) }, 'will try again');
              await heartbeat();
              if (!isRunning()) return;
              await pause(RETRY_MS);
            }
          }
          const nextOffset = String(BigInt(message.offset) + 1n);
          await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: nextOffset }]);
          resolveOffset(message.offset);
          signs += 1;
          next.set(`${batch.topic}-${batch.partition}`, BigInt(nextOffset));
          lags.set(`${batch.topic}-${batch.partition}`, Math.max(0, Number(BigInt(batch.highWatermark) - BigInt(nextOffset))));
          await heartbeat();
        }
      },
    });
  }
  pulse?.watch({
    name: clientId, topics, groupId, signs: () => signs,
    behind(ends) {
      if (!joined) return 1;
      return ends.reduce((sum, { topic, partition, low, high, committed }) => {
        const key = `${topic}-${partition}`;
        return owned.has(key) ? sum + Math.max(0, Number(high - (next.get(key) ?? committed ?? low))) : sum;
      }, 0);
    },
    async restart() {
      current?.disconnect().catch(() => undefined);
      if (!stopping) await begin();
    },
  });
  await begin();
  return {
    lags: () => lags,
    async stop() {
      stopping = true;
      await current?.disconnect();
    },
  };
}
