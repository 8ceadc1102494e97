// Follows every partition of some topics, from their start or from given offsets, without a lasting group and without commits: for read models.
import { randomUUID } from 'node:crypto';
import type { Log } from '../producers/kafka.ts';
import { withAdmin } from '../producers/withAdmin.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { memberOf } from './member.ts';
import type { Pulse } from './pulse.ts';
import { incomingOf, type Incoming } from './record.ts';

export type Following = { stop(): Promise<void> };
/** Offsets by `startKey`; a partition that is missing is followed from its start. */
export type Starts = ReadonlyMap<string, bigint>;
export const startKey = (topic: string, partition: number): string => `${topic}-${partition}`;

/** How long the broker keeps a fetch that finds less than it asks for. */
const MAX_WAIT_MS = 100;

/** minBytes: a fetch that finds less waits (for a tenth of a second at most), so that a busy topic does not cost a round trip per send. onBatch is retried by the client when it throws. onCaughtUp: once, when what stood committed there at the start has been handled. onFatal: the follower has ended. */
export async function follow({ settings, clientId, log, topics, startAt = new Map(), minBytes = 1, pulse, onBatch, onCaughtUp, onFatal }: {
  settings: Settings; clientId: string; log: Log; topics: readonly TopicName[]; startAt?: Starts; minBytes?: number; /** watches over it */ pulse?: Pulse;
  onBatch: (records: readonly Incoming[]) => Promise<void>; onCaughtUp?: () => void; onFatal: (error: Error) => void;
}): Promise<Following> {
  /** Where it stood committed at the start, of partitions that have not been read so far. */
  const open = await whatToCatchUp(settings, clientId, log, topics, startAt);
  let announced = false;
  const announce = (): void => {
    if (announced || open.size > 0) return;
    announced = true;
    onCaughtUp?.();
  };
  /** Where each partition goes on. */
  const next = new Map<string, bigint>(startAt);
  const member = memberOf({
    settings, log, name: clientId, topics, pulse, onFatal,
    // It is alone in its group, a new one for every client: nobody waits for a session of the one before.
    config: () => ({ groupId: `follow-${clientId}-${randomUUID()}`, sessionTimeout: 30_000, maxWaitTimeInMs: MAX_WAIT_MS, minBytes }),
  });
  await member.start({
    joined(_memberId, assigned) {
      for (const [topic, partitions] of assigned) {
        for (const partition of partitions) {
          const offset = next.get(startKey(topic, partition));
          if (offset !== undefined) member.consumer().seek({ topic, partition, offset: String(offset) });
        }
      }
    },
    passed({ topic, partition, last }) {
      member.sign();
      const key = startKey(topic, partition);
      const end = last + 1n;
      if (end > (next.get(key) ?? 0n)) next.set(key, end);
      if (end >= (open.get(key) ?? 0n)) open.delete(key);
      announce();
    },
    async batch({ topic, batch }) {
      try {
        await onBatch(batch.messages.map((message) => incomingOf(topic, batch.partition, message)));
      } finally {
        member.sign();
      }
      next.set(startKey(topic, batch.partition), BigInt(batch.lastOffset()) + 1n);
    },
    anew(topic) {
      for (const key of [...next.keys()]) if (key.slice(0, key.lastIndexOf('-')) === topic) next.delete(key);
    },
    behind: (ends) => ends.reduce((sum, { topic, partition, low, high }) => sum + Math.max(0, Number(high - (next.get(startKey(topic, partition)) ?? low))), 0),
  });
  announce();
  return { stop: () => member.stop() };
}

/** Ends by `startKey`, of the partitions in which anything stands behind where they are to be followed from. */
const whatToCatchUp = (settings: Settings, clientId: string, log: Log, topics: readonly TopicName[], startAt: Starts): Promise<Map<string, bigint>> => withAdmin(settings, clientId, async (admin) => {
  const open = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      const key = startKey(topic, partition);
      const asked = startAt.get(key) ?? 0n;
      if ((asked > BigInt(low) ? asked : BigInt(low)) < BigInt(high)) open.set(key, BigInt(high));
    }
  }
  return open;
}, log);
