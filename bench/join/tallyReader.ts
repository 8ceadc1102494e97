// Reads what a system tells of its tally, as any client would (read_committed), and turns it into one table.
import { randomUUID } from 'node:crypto';
import { createKafka } from '../../producers/kafka.ts';
import type { Cell } from '../../schemas/events.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import { cellName, type Table } from './feed.ts';

/** One record as it is read; seenMs: the wall clock then. */
export type Seen = { readonly key: string; readonly value: Buffer | null; readonly offset: number; readonly timeMs: number; readonly seenMs: number };
export type Reader = { stop(): Promise<void> };

/** Every record of these topics, from its start and as it comes. take is called in order per partition. */
export async function readTopics(settings: Settings, topics: readonly string[], take: (topic: string, seen: Seen) => void | Promise<void>): Promise<Reader> {
  const consumer = createKafka(settings, 'bench-reader').consumer({ groupId: `bench-reader-${randomUUID()}`, sessionTimeout: 30_000, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const seenMs = Date.now();
      for (const { key, value, offset, timestamp } of batch.messages) await take(batch.topic, { key: key?.toString() ?? '', value, offset: Number(offset), timeMs: Number(timestamp), seenMs });
    },
  });
  await joined;
  return { stop: () => consumer.disconnect() };
}

export type Tallying = { take(seen: Seen): void | Promise<void>; table(): Table };
/** A peer's output: cell → count as text, the newest counts. */
export function countsAsText(): Tallying {
  const table = new Map<string, number>();
  return {
    take: ({ key, value }) => void table.set(key, Number(value?.toString() ?? 0)),
    table: () => table,
  };
}
/** Our `tallies`: the cells of every bucket, summed up. */
export function ourTallies(registry: Registry): Tallying {
  const buckets = new Map<string, { readonly version: string; readonly cells: readonly Cell[] }>();
  return {
    async take({ key, value }) {
      if (value === null) {
        buckets.delete(key);
        return;
      }
      const tally = await registry.decode('tallies', value);
      if (tally.kind === 'cells') buckets.set(key, { version: tally.model_version, cells: tally.cells });
    },
    table() {
      const table = new Map<string, number>();
      for (const { version, cells } of buckets.values()) {
        for (const { label, predicted, count } of cells) table.set(cellName(version, label, predicted), (table.get(cellName(version, label, predicted)) ?? 0) + count);
      }
      return table;
    },
  };
}
