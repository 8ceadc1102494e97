// The transaction without a broker: in which order, and what a check keeps from being committed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kafka } from 'kafkajs';
import { readSettings } from '../schemas/settings.ts';
import { createTransactor } from './transaction.ts';

function aKafka() {
  const steps: string[] = [];
  const transaction = () => Promise.resolve({
    isActive: () => true,
    sendOffsets: ({ topics }: { topics: readonly { topic: string; partitions: readonly { offset: string; metadata: string | null }[] }[] }) => Promise.resolve(void steps.push(`offsets ${topics.map(({ topic, partitions }) => `${topic} ${partitions.map(({ offset, metadata }) => `${offset} ${metadata ?? '-'}`).join()}`).join(', ')}`)),
    sendBatch: () => Promise.resolve(void steps.push('send')),
    commit: () => Promise.resolve(void steps.push('commit')),
    abort: () => Promise.resolve(void steps.push('abort')),
  });
  const producer = { connect: () => Promise.resolve(), disconnect: () => Promise.resolve(), transaction };
  return { steps, kafka: { producer: () => producer } as unknown as Kafka };
}
const registry = { ids: () => Promise.resolve(new Map()) } as unknown as Parameters<typeof createTransactor>[0]['registry'];
const POSITIONS = [{ topic: 'predictions', partition: 0, offset: 5n, note: 'logs predictions=a1' }, { topic: 'feedback', partition: 0, offset: 7n }] as const;
async function opened() {
  const { steps, kafka } = aKafka();
  const transactor = await createTransactor({ kafka, registry, settings: readSettings({}), transactionalId: 'test' });
  // Making one aborts an empty transaction.
  steps.length = 0;
  return { steps, transactor };
}

test('each position goes with its own note, and all of it before the commit', async () => {
  const { steps, transactor } = await opened();
  await transactor.run({ messages: [], groupId: 'g', positions: POSITIONS, check: Promise.resolve() });
  assert.deepEqual(steps, ['offsets predictions 5 logs predictions=a1, feedback 7 -', 'commit']);
});
test('a check that rejects, soon or late, keeps everything from being committed', async () => {
  for (const soon of [true, false]) {
    const { steps, transactor } = await opened();
    const late = Promise.withResolvers<undefined>();
    const running = transactor.run({ messages: [], groupId: 'g', positions: POSITIONS, check: soon ? Promise.reject(new Error('another log')) : late.promise });
    if (!soon) late.reject(new Error('another log'));
    await assert.rejects(running, /another log/);
    assert.deepEqual(steps.filter((step) => step === 'commit' || step === 'abort'), ['abort']);
  }
});
