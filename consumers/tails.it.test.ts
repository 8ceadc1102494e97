// Logs that end in what no reader is ever handed: a commit marker, an abort marker, a long run of aborted records, an open transaction. Nobody who waits for the
// end may hang there, or say too early that it is reached: readToEnd, the caught-up signal of follow, the barrier of a shard. kafkajs asks for ends as a
// read_committed reader: what it calls high is the last stable offset, before the first open transaction.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import type { Transaction } from 'kafkajs';
import { closeAtEnd, openBench, until } from '../stack/testing.ts';
import { createKafka, silent } from '../producers/kafka.ts';
import { createTransactor } from '../producers/transaction.ts';
import { follow } from './follow.ts';
import { endKey, readToEnd } from './readToEnd.ts';
import { positionsGroupOf } from './shard.ts';
import { runShards } from './shards.ts';

const TOPIC = 'dead-letters';
/** More than one fetch of a shard brings. */
const LONG = 700_000;
/** Absence has no event: so long nobody may have claimed the end. */
const STILL_MS = 1500;

type Begin = () => Promise<Transaction>;
const say = (transaction: Transaction, key: string, padding = 0): Promise<unknown> => transaction.send({ topic: TOPIC, messages: [{ key, value: null, partition: 0, ...(padding === 0 ? {} : { headers: { padding: 'x'.repeat(padding) } }) }] });
async function committed(begin: Begin, key: string): Promise<void> {
  const transaction = await begin();
  await say(transaction, key);
  await transaction.commit();
}
async function aborted(begin: Begin, key: string, times: number, padding: number): Promise<void> {
  const transaction = await begin();
  for (let i = 0; i < times; i += 1) await say(transaction, key, padding);
  await transaction.abort();
}
const TAILS: { readonly name: string; readonly write: (begin: Begin) => Promise<void>; /** offsets taken, markers included */ readonly offsets: bigint; readonly want: readonly string[] }[] = [
  { name: 'a commit marker', write: (begin) => committed(begin, 'one'), offsets: 2n, want: ['one'] },
  { name: 'an abort marker', write: async (begin) => (await committed(begin, 'one'), aborted(begin, 'lost', 1, 0)), offsets: 4n, want: ['one'] },
  { name: 'a long run of aborted records', write: async (begin) => (await committed(begin, 'one'), aborted(begin, 'lost', 3, LONG)), offsets: 6n, want: ['one'] },
  { name: 'a record behind a long run of aborted ones', write: async (begin) => (await committed(begin, 'one'), await aborted(begin, 'lost', 3, LONG), committed(begin, 'two')), offsets: 8n, want: ['one', 'two'] },
];

/** Three readers of what this test writes: each says which keys it was handed and whether it believes to be at the end. */
async function readers(t: TestContext, mark: string, from: bigint, barrierAt: bigint, untilOffset?: bigint) {
  const bench = await openBench(t);
  const { settings, registry } = bench;
  const keys = { readToEnd: [] as string[], follow: [] as string[], replay: [] as string[], fresh: [] as string[] };
  const atEnd = { readToEnd: false, follow: false };
  const note = (list: string[], key: Buffer | null): void => {
    if (key?.toString().startsWith(mark) === true) list.push(key.toString().slice(mark.length + 1));
  };
  const reading = readToEnd({ settings, clientId: `tails-${mark}`, topics: [TOPIC], onRecord: ({ key }) => note(keys.readToEnd, key), ...(untilOffset === undefined ? {} : { until: new Map([[endKey(TOPIC, 0), untilOffset]]) }) }).then(() => (atEnd.readToEnd = true));
  const following = await follow({
    settings, clientId: `tails-${mark}`, log: silent, topics: [TOPIC], onFatal: (error) => assert.fail(error), onCaughtUp: () => (atEnd.follow = true),
    onBatch: (records) => Promise.resolve(records.forEach(({ key }) => note(keys.follow, key))),
  });
  closeAtEnd(t, () => following.stop());
  const name = `tails-${mark}`;
  const before = await createTransactor({ kafka: createKafka(settings, name), registry, settings, transactionalId: `${name}-before` });
  await before.run({ messages: [], groupId: positionsGroupOf(name), positions: [{ topic: TOPIC, partition: 0, offset: barrierAt }] });
  await before.close();
  const shards = await runShards({
    settings, registry, log: silent, name, topics: [TOPIC], onNewLog: 'hold', onFatal: (error) => assert.fail(String(error)),
    open: () => Promise.resolve({
      from: new Map([[TOPIC, from]]),
      handle: (_topic, records, position) => {
        for (const { key, offset } of records) note(offset < position ? keys.replay : keys.fresh, key);
        return Promise.resolve([]);
      },
    }),
  });
  closeAtEnd(t, () => shards.stop());
  return { keys, atEnd, reading, shards };
}
async function writer(t: TestContext): Promise<{ begin: Begin; end: () => Promise<bigint>; reaches: (offset: bigint) => Promise<unknown>; mark: string }> {
  const { settings } = await openBench(t);
  const kafka = createKafka(settings, 'tails');
  const mark = randomUUID().slice(0, 8);
  const producer = kafka.producer({ transactionalId: `tails-${mark}`, idempotent: true, maxInFlightRequests: 1 });
  const admin = kafka.admin();
  await Promise.all([producer.connect(), admin.connect()]);
  closeAtEnd(t, () => Promise.all([producer.disconnect(), admin.disconnect()]));
  const end = async (): Promise<bigint> => BigInt((await admin.fetchTopicOffsets(TOPIC))[0]?.high ?? 0);
  // A commit is acknowledged before its marker is written.
  return { mark, begin: () => producer.transaction(), end, reaches: (offset) => until(`offset ${offset}`, async () => ((await end()) >= offset ? true : undefined)) };
}
/** The keys of a test carry its mark. */
const marked = (begin: Begin, mark: string): Begin => async () => {
  const transaction = await begin();
  return { ...transaction, send: (record) => transaction.send({ ...record, messages: record.messages.map((one) => ({ ...one, key: `${mark}/${String(one.key)}` })) }), commit: () => transaction.commit(), abort: () => transaction.abort(), isActive: () => transaction.isActive() };
};

for (const { name, write, offsets, want } of TAILS) {
  test(`a log that ends in ${name}: every reader finds the end, a shard passes a barrier that lies behind it`, async (t) => {
    const { begin, end, reaches, mark } = await writer(t);
    const from = await end();
    await write(marked(begin, mark));
    await reaches(from + offsets);
    const { keys, atEnd, reading, shards } = await readers(t, mark, from, from + offsets);
    await reading;
    await until('follow has caught up', () => (atEnd.follow ? true : undefined));
    await until('the shard is live', () => (shards.live().length === 1 ? true : undefined));
    assert.deepEqual(keys, { readToEnd: want, follow: want, replay: want, fresh: [] });
  });
}
test('an open transaction at the end of a log: whoever waits for its record waits, whoever waits for the stable end does not', async (t) => {
  const { begin, end, reaches, mark } = await writer(t);
  const from = await end();
  const write = marked(begin, mark);
  await committed(write, 'one');
  await reaches(from + 2n);
  const open = await write();
  closeAtEnd(t, () => (open.isActive() ? open.abort() : undefined));
  await say(open, 'two');
  const { settings } = await openBench(t);
  const stable: string[] = [];
  await readToEnd({ settings, clientId: `stable-${mark}`, topics: [TOPIC], onRecord: ({ key }) => void (key?.toString().startsWith(mark) === true && stable.push(key.toString())) });
  assert.deepEqual(stable, [`${mark}/one`]);
  const { keys, atEnd, reading, shards } = await readers(t, mark, from, from + 2n, from + 3n);
  await until('all that is committed was handed over', () => (keys.readToEnd.length === 1 && atEnd.follow && shards.live().length === 1 ? true : undefined));
  await pause(STILL_MS);
  assert.equal(atEnd.readToEnd, false);
  assert.deepEqual(keys, { readToEnd: ['one'], follow: ['one'], replay: ['one'], fresh: [] });
  await open.commit();
  await reading;
  await until('the others have it', () => (keys.fresh.length > 0 && keys.follow.length > 1 ? true : undefined));
  assert.deepEqual(keys, { readToEnd: ['one', 'two'], follow: ['one', 'two'], replay: ['one'], fresh: ['two'] });
});
