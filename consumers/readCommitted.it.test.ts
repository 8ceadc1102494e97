// Against the real broker: transactions of two producers interleave on one partition. kafkajs as it comes hands aborted records over, ours does not.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { runProgram } from '../stack/fetch.ts';
import { PROJECT_DIR } from '../stack/paths.ts';
import { closeAtEnd, openBench } from '../stack/testing.ts';
import { createKafka } from '../producers/kafka.ts';

test('aborted records of interleaved transactions: the stock reader leaks them, ours does not', async (t) => {
  const { settings } = await openBench(t);
  const kafka = createKafka(settings, 'test-read-committed');
  const topic = `interleaved-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  closeAtEnd(t, () => admin.disconnect());
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  const [first, second] = await Promise.all(['first', 'second'].map(async (name) => {
    const producer = kafka.producer({ transactionalId: `${topic}-${name}`, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    closeAtEnd(t, () => producer.disconnect());
    return producer;
  }));
  assert.ok(first !== undefined && second !== undefined);
  const say = (value: string) => ({ topic, messages: [{ key: 'k', value, partition: 0 }] });
  // The one that began last is aborted first: the broker lists aborted transactions in the order of their ends.
  const [one, two] = [await first.transaction(), await second.transaction()];
  await one.send(say('aborted 1'));
  await two.send(say('aborted 2'));
  await two.abort();
  await one.send(say('aborted 1 again'));
  await one.abort();
  const [three, four] = [await first.transaction(), await second.transaction()];
  await three.send(say('committed 3'));
  await four.send(say('aborted 4'));
  await four.abort();
  await three.send(say('last'));
  await three.commit();

  const ours: string[] = [];
  const consumer = kafka.consumer({ groupId: `${topic}-ours`, maxWaitTimeInMs: 100 });
  closeAtEnd(t, () => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((done, fail) => {
    consumer.run({
      autoCommit: false,
      eachMessage: ({ message }) => {
        ours.push(message.value?.toString() ?? '');
        if (ours.at(-1) === 'last') done();
        return Promise.resolve();
      },
    }).catch(fail);
  });
  assert.deepEqual(ours, ['committed 3', 'last']);
  const stock = JSON.parse(await runProgram(process.execPath, ['--disable-warning=ExperimentalWarning', 'consumers/stockReader.testing.ts', settings.kafkaBootstrap, topic, 'last'], { cwd: PROJECT_DIR })) as string[];
  assert.ok(stock.some((value) => value.startsWith('aborted')), `kafkajs as it comes reads ${JSON.stringify(stock)}; when it no longer leaks, consumers/readCommitted.ts is not needed`);
});
