import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kafka, TopicMessages } from 'kafkajs';
import { createRegistry } from '../schemas/registry.ts';
import { readSettings } from '../schemas/settings.ts';
import { LoopError } from '../schemas/failure.ts';
import { createPublisher, UNLIMITED } from './publisher.ts';

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
  // One at a time is under way; the first group is what one turn of the loop brought.
  assert.deepEqual(sizes, [400_006, 400_005]);
  await publisher.close();
});

test('what the broker does not acknowledge in time is told so; meanwhile no more is taken than may be open', async () => {
  let release = (): void => undefined;
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  let sent = 0;
  const producer = { connect: () => Promise.resolve(), disconnect: () => Promise.resolve(), sendBatch: () => ((sent += 1), hanging) };
  const registry = { ...createRegistry('http://unused', fetch), ids: () => Promise.resolve(new Map()) };
  const publisher = await createPublisher({ kafka: { producer: () => producer } as unknown as Kafka, registry, settings: readSettings({}), limits: { ...UNLIMITED, openSends: 2, deadlineMs: 20 } });
  const send = (): Promise<void> => publisher.send([{ topic: 'products', key: 'k', raw: Buffer.alloc(10) }]);
  const isCode = (code: string) => (error: unknown): boolean => error instanceof LoopError && error.code === code && error.retryable;
  // The first is under way, the second waits for it and is never sent.
  const first = assert.rejects(send(), isCode('kafka_unavailable'));
  await new Promise((resolve) => setImmediate(resolve));
  const second = assert.rejects(send(), isCode('kafka_unavailable'));
  await assert.rejects(send(), isCode('overloaded'));
  // The deadline does not keep a process alive; here the test does.
  const alive = setInterval(() => undefined, 1000);
  await Promise.all([first, second]);
  clearInterval(alive);
  assert.deepEqual([publisher.load().sends, sent], [1, 1]);
  release();
  await publisher.close();
  assert.deepEqual([publisher.load().sends, sent], [0, 1]);
});
