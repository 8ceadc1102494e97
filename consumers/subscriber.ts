// An ordinary group consumer, at least once: the offset is committed after the handler has resolved. Handlers must be idempotent.
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../producers/kafka.ts';
import { kindOf, messageOf } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { memberOf, type Handed } from './member.ts';
import type { Pulse } from './pulse.ts';
import { incomingOf, type Incoming } from './record.ts';

export type Subscription = { stop(): Promise<void>; lags(): ReadonlyMap<string, number> };
const RETRY_MS = 500;

/** What the group said of a commit. The client wraps it into an error that ends the consumer; as it was said, it makes it join again (fallen out of the group while a record was handled, say). */
function asToldByGroup(error: unknown): unknown {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && Reflect.get(cause, 'type') !== undefined ? cause : error;
}

/** onRecord: transient failures are retried after a pause without committing; any other failure ends the subscription by onFatal. Poison is the handler's to set aside. */
export async function subscribe({ settings, clientId, groupId, log, topics, pulse, onRecord, onFatal }: {
  settings: Settings; clientId: string; groupId: string; log: Log; topics: readonly TopicName[]; /** watches over it */ pulse?: Pulse; onRecord: (record: Incoming) => Promise<void>; onFatal: (error: unknown) => void;
}): Promise<Subscription> {
  const lags = new Map<string, number>();
  /** Of partitions we own and have handled something of: what comes next. */
  const next = new Map<string, bigint>();
  let owned = new Set<string>();
  /** Topics that were made anew: what the group has committed may be of the old log. */
  const anew = new Set<string>();
  const member = memberOf({
    settings, log, name: clientId, topics, pulse, commits: groupId, onFatal, run: { eachBatchAutoResolve: false },
    config: () => ({ groupId, sessionTimeout: settings.sessionTimeoutMs, heartbeatInterval: 1000, rebalanceTimeout: 10_000, maxWaitTimeInMs: 150 }),
  });
  /** Resolves to whether the record was handled; false: the subscription has ended, or the batch is no longer ours. */
  async function handled(record: Incoming, { heartbeat, isRunning }: Handed): Promise<boolean> {
    for (;;) {
      try {
        await onRecord(record);
        return true;
      } catch (error) {
        if (kindOf(error) !== 'transient') {
          onFatal(error);
          return false;
        }
        member.sign();
        log.warn({ topic: record.topic, offset: String(record.offset), reason: messageOf(error) }, 'will try again');
        await heartbeat();
        if (!isRunning()) return false;
        await pause(RETRY_MS);
      }
    }
  }
  await member.start({
    joined(_memberId, assigned) {
      owned = new Set([...assigned].flatMap(([topic, partitions]) => partitions.map((partition) => `${topic}-${partition}`)));
      next.clear();
      for (const [topic, partitions] of assigned) {
        if (!anew.has(topic) || partitions.length === 0) continue;
        for (const partition of partitions) member.consumer().seek({ topic, partition, offset: '0' });
        anew.delete(topic);
      }
    },
    anew: (topic) => void anew.add(topic),
    passed({ topic, partition, last, size }) {
      if (size === 0) next.set(`${topic}-${partition}`, last + 1n);
    },
    async batch(handed) {
      const { topic, batch, consumer, heartbeat, resolveOffset, isRunning, isStale, isCurrent } = handed;
      const key = `${topic}-${batch.partition}`;
      for (const message of batch.messages) {
        if (!isRunning() || isStale() || member.isStopping() || !isCurrent()) return;
        if (!(await handled(incomingOf(topic, batch.partition, message), handed))) return;
        const nextOffset = BigInt(message.offset) + 1n;
        await consumer.commitOffsets([{ topic, partition: batch.partition, offset: String(nextOffset) }]).catch((error: unknown) => {
          throw asToldByGroup(error);
        });
        resolveOffset(message.offset);
        member.sign();
        next.set(key, nextOffset);
        lags.set(key, Math.max(0, Number(BigInt(batch.highWatermark) - nextOffset)));
        await heartbeat();
      }
    },
    behind: (ends) => ends.reduce((sum, { topic, partition, low, high, committed }) => {
      const key = `${topic}-${partition}`;
      return owned.has(key) ? sum + Math.max(0, Number(high - (next.get(key) ?? committed ?? low))) : sum;
    }, 0),
  });
  return { lags: () => lags, stop: () => member.stop() };
}
