// Follows every partition of some topics, from their start or from given offsets, without a lasting group and without commits: for read models.
import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import { createKafka, type Log } from '../producers/kafka.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import type { Pulse } from './pulse.ts';
import { leaveWhenReplaced } from './replaced.ts';
import { incomingOf, type Incoming } from './record.ts';

export type Following = { stop(): Promise<void> };
/** Offsets by `startKey`; a partition that is missing is followed from its start. */
export type Starts = ReadonlyMap<string, bigint>;
export const startKey = (topic: string, partition: number): string => `${topic}-${partition}`;

/** How long the broker keeps a fetch that finds less than it asks for. */
const MAX_WAIT_MS = 100;
/** Then the client starts its consumer again by itself. */
const RETRIES = 5;

/** minBytes: a fetch that finds less waits (for a tenth of a second at most), so that a busy topic does not cost a round trip per send. onBatch is retried by the client when it throws. onCaughtUp: once, when what stood committed there at the start has been handled. onFatal: the follower has ended. */
export async function follow({ settings, clientId, log, topics, startAt = new Map(), minBytes = 1, pulse, onBatch, onCaughtUp, onFatal }: {
  settings: Settings; clientId: string; log: Log; topics: readonly TopicName[]; startAt?: Starts; minBytes?: number; /** watches over it */ pulse?: Pulse;
  onBatch: (records: readonly Incoming[]) => Promise<void>; onCaughtUp?: () => void; onFatal: (error: Error) => void;
}): Promise<Following> {
  const kafka = createKafka(settings, clientId, log);
  const admin = kafka.admin();
  await admin.connect();
  const open = new Map<string, bigint>();
  const from = (topic: string, partition: number, low: string): bigint => {
    const asked = startAt.get(startKey(topic, partition)) ?? 0n;
    return asked > BigInt(low) ? asked : BigInt(low);
  };
  for (const topic of topics) for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) if (from(topic, partition, low) < BigInt(high)) open.set(startKey(topic, partition), BigInt(high));
  await admin.disconnect();
  const names = new Map<string, TopicName>(topics.map((topic) => [topic, topic]));
  let announced = false;
  let stopping = false;
  /** Of the group: a follower is alone in it. */
  let joined = false;
  let signs = 0;
  const announce = (): void => {
    if (announced || open.size > 0) return;
    announced = true;
    onCaughtUp?.();
  };
  /** Where each partition goes on: a join of the group sets all back, and a seek here takes effect before the next fetch. */
  const next = new Map<string, bigint>(startAt);
  let current: Consumer | undefined;
  async function begin(): Promise<void> {
    const isCurrent = (): boolean => current === consumer;
    // Nobody waits for a session of the one before.
    const consumer = createKafka(settings, clientId, log).consumer({ groupId: `follow-${clientId}-${randomUUID()}`, sessionTimeout: 30_000, maxWaitTimeInMs: MAX_WAIT_MS, minBytes, allowAutoTopicCreation: false, retry: { retries: RETRIES, restartOnFailure: () => Promise.resolve(isCurrent()) } });
    current = consumer;
    joined = false;
    leaveWhenReplaced(consumer, isCurrent);
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      if (!isCurrent() || typeof payload.firstOffset !== 'string') return;
      signs += 1;
      const key = startKey(payload.topic, payload.partition);
      const end = BigInt(payload.lastOffset) + 1n;
      if (end > (next.get(key) ?? 0n)) next.set(key, end);
      if (end >= (open.get(key) ?? 0n)) open.delete(key);
      announce();
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (!isCurrent()) return;
      joined = true;
      for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
        for (const partition of partitions) {
          const offset = next.get(startKey(topic, partition));
          if (offset !== undefined) consumer.seek({ topic, partition, offset: String(offset) });
        }
      }
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
      eachBatch: async ({ batch }) => {
        const topic = names.get(batch.topic);
        if (topic === undefined || !isCurrent()) return;
        try {
          await onBatch(batch.messages.map((message) => incomingOf(topic, batch.partition, message)));
        } finally {
          signs += 1;
        }
        next.set(startKey(topic, batch.partition), BigInt(batch.lastOffset()) + 1n);
      },
    });
  }
  pulse?.watch({
    name: clientId, topics, signs: () => signs,
    behind: (ends) => (joined ? ends.reduce((sum, { topic, partition, low, high }) => sum + Math.max(0, Number(high - (next.get(startKey(topic, partition)) ?? low))), 0) : 1),
    async restart() {
      current?.disconnect().catch(() => undefined);
      if (!stopping) await begin();
    },
  });
  await begin();
  announce();
  return {
    async stop() {
      stopping = true;
      await current?.disconnect();
    },
  };
}
