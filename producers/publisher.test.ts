import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kafka, TopicMessages } from 'kafkajs';
import { createRegistry } from '../schemas/registry.ts';
import { readSettings } from '../schemas/settings.ts';
import { createPublisher } from './publisher.ts';

test('sends that wait go together, but never more than the broker takes in one batch', async () => {
  const sizes: number[] = [];
  let release = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    release = resolve;
  });
  const producer = {
    connect: () => Promise.resolve(), disconnect: () => Promise.resolve(),
    async sendBatch({ topicMessages }: { topicMessages: TopicMessages[] }) {
      sizes.push(topicMessages.flatMap((one) => one.messages).reduce((sum, { value }) => sum + (value?.length ?? 0), 0));
      if (sizes.length === 1) await first;
    },
  };
  const registry = { ...createRegistry('http://unused', fetch), ids: () => Promise.resolve(new Map()) };
  const publisher = await createPublisher({ kafka: { producer: () => producer } as unknown as Kafka, registry, settings: readSettings({}) });
  const send = (bytes: number): Promise<void> => publisher.send([{ topic: 'products', key: 'k', raw: Buffer.alloc(bytes) }]);
  const all = [send(1), send(2), send(3), send(400_000), send(400_000), send(5)];
  release();
  await Promise.all(all);
  assert.deepEqual(sizes, [1, 400_005, 400_005]);
  await publisher.close();
});
