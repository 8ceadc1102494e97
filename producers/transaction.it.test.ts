// The fence: once a new owner of a transactional id has initialised, nothing of the older one is committed any more, whatever it had begun.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { readToEnd } from '../consumers/readToEnd.ts';
import { closeAtEnd, openBench } from '../stack/testing.ts';
import { createKafka } from './kafka.ts';
import { createTransactor } from './transaction.ts';

test('an owner that was taken over commits nothing: no record, no position', async (t) => {
  const { settings, registry } = await openBench(t);
  const id = `fence-${randomUUID()}`;
  const transactor = async (): Promise<Awaited<ReturnType<typeof createTransactor>>> => {
    const made = await createTransactor({ kafka: createKafka(settings, id), registry, settings, transactionalId: id });
    closeAtEnd(t, () => made.close());
    return made;
  };
  const work = (word: string, offset: bigint): Parameters<Awaited<ReturnType<typeof transactor>>['run']>[0] => ({ messages: [{ topic: 'dead-letters', key: `${id}/${word}`, raw: null, partition: 0 }], groupId: id, positions: [{ topic: 'predictions', partition: 0, offset }] });
  const zombie = await transactor();
  await zombie.run(work('before', 1n));
  const owner = await transactor();
  await assert.rejects(zombie.run(work('zombie', 99n)));
  await assert.rejects(zombie.run(work('zombie again', 98n)));
  await owner.run(work('owner', 2n));
  const keys: string[] = [];
  await readToEnd({ settings, clientId: id, topics: ['dead-letters'], onRecord: ({ key }) => void (key?.toString().startsWith(id) === true && keys.push(key.toString().slice(id.length + 1))) });
  assert.deepEqual(keys, ['before', 'owner']);
  const admin = createKafka(settings, id).admin();
  await admin.connect();
  closeAtEnd(t, () => admin.disconnect());
  assert.equal((await admin.fetchOffsets({ groupId: id, topics: ['predictions'] }))[0]?.partitions.find(({ partition }) => partition === 0)?.offset, '2');
});
