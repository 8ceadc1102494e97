// Our record batches against kafkajs's own: the same bytes out, the same messages in.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mock, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import '../kafka.ts';
import { crc32c } from './crc32c.ts';
import { decodeRecordSet, FetchedRecord } from './fetched.ts';
import { LoopError } from '../../schemas/failure.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { requestsOf } from '../packed.ts';
import { groupMessages, PackedMessage, stockBatch, stockDecodeMessages, stockGrouping, stockProduce, stockRequest, type CreateRequest, type ProduceInput, type ProduceRequest } from './install.ts';
import { createPacker } from './packer.ts';
import { encodeRecordBatch } from './recordBatch.ts';

const load = createRequire(import.meta.url);
const crcOfStock = load('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (bytes: Buffer) => number;
const produce = load('kafkajs/src/protocol/requests/produce/v3/request.js') as ProduceRequest;
const Decoder = load('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => Parameters<typeof stockDecodeMessages>[0];
const decodeMessages = load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js') as typeof stockDecodeMessages;
const Queue = load('kafkajs/src/network/requestQueue/index.js') as QueueOf;
const Batch = load('kafkajs/src/consumer/batch.js') as typeof stockBatch;

type Pushed = { readonly entry: object; readonly expectResponse: boolean; readonly sendRequest: () => void };
type QueueOf = new (options: object) => { push(request: Pushed): void; fulfillRequest(answer: object): void; maybeThrottle(ms: number): void; checkPendingRequests(): void };

test('crc32c: the check value, and the stock one at any length and alignment', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(9), fc.nat(9), (raw, head, tail) => {
    const bytes = Buffer.from(raw);
    const from = Math.min(head, bytes.length);
    const to = Math.max(from, bytes.length - tail);
    assert.equal(crc32c(bytes, from, to), crcOfStock(bytes.subarray(from, to)));
  }));
});

const bytesArb = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
/** Short and long, plain and not: they are written in different ways. */
const textArb = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ unit: 'binary-ascii', maxLength: 150 }), fc.string({ unit: 'binary', maxLength: 80 }));
const headersArb = fc.option(fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.oneof(bytesArb, textArb, fc.array(textArb, { maxLength: 3 })), { maxKeys: 3, noNullPrototype: true }), { nil: undefined });
const messageArb = fc.record({ key: fc.oneof(bytesArb, textArb, fc.constant(null)), value: fc.oneof(bytesArb, textArb, fc.constant(null)), headers: headersArb, timestamp: fc.option(fc.integer({ min: 1_600_000_000_000, max: 1_600_000_999_999 }).map(String), { nil: undefined }) })
  .map(({ headers, timestamp, ...rest }) => ({ ...rest, ...(headers === undefined ? {} : { headers }), ...(timestamp === undefined ? {} : { timestamp }) }));
const requestArb: fc.Arbitrary<ProduceInput> = fc.record({
  acks: fc.constant(-1), timeout: fc.nat(60_000), transactionalId: fc.option(fc.string({ minLength: 1, maxLength: 12 }), { nil: null }), producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }), producerEpoch: fc.nat(30_000),
  topicData: fc.array(fc.record({ topic: fc.string({ minLength: 1, maxLength: 12 }), partitions: fc.array(fc.record({ partition: fc.nat(50), firstSequence: fc.nat(2 ** 30), messages: fc.array(messageArb, { minLength: 1, maxLength: 80 }) }), { maxLength: 3 }) }), { maxLength: 3 }),
});

test('a produce request is the stock one byte for byte', async () => {
  mock.timers.enable({ apis: ['Date'], now: 1_600_000_500_000 });
  try {
    await fc.assert(fc.asyncProperty(requestArb, async (input) => {
      assert.deepEqual((await produce(input).encode()).buffer, (await stockProduce(input).encode()).buffer);
    }), { numRuns: 200 });
  } finally {
    mock.timers.reset();
  }
});
test('a compressed send is left to the stock encoder', async () => {
  const input = { acks: -1, timeout: 1, compression: 1, topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [{ key: 'k', value: Buffer.from('v'), timestamp: 1 }] }] }] };
  assert.deepEqual((await produce(input).encode()).buffer, (await stockProduce(input).encode()).buffer);
});

test('messages are grouped as by the stock client', () => {
  fc.assert(fc.property(fc.array(fc.record({ partition: fc.nat(5), value: fc.string() })), (messages) => {
    const ask = { topic: 't', partitionMetadata: [{}], messages, partitioner: ({ message }: { message: { readonly partition?: number } }) => message.partition ?? 0 };
    assert.deepEqual(groupMessages(ask), stockGrouping(ask));
  }));
});

type Plain = { offset: string; timestamp: string; key: Buffer | null; value: Buffer | null; headers: unknown; isControlRecord: boolean; attributes: number; batchContext: { producerId: string; inTransaction: boolean } };
const plainOf = (list: readonly unknown[]): unknown[] => (list as readonly Plain[]).map(({ offset, timestamp, key, value, headers, isControlRecord, attributes, batchContext: { producerId, inTransaction } }) => ({ offset, timestamp, key, value, headers, isControlRecord, attributes, producerId, inTransaction }));
/** A record set as a broker answers it: a produced batch with its offset, flags and broker time, whose checksum the clients do not look at. */
async function batchBytes({ messages, offset, flags, maxTimestamp, gzip }: { messages: ProduceInput['topicData'][number]['partitions'][number]['messages']; offset: number; flags: number; maxTimestamp: number; gzip: boolean }): Promise<Buffer> {
  const request = (await stockProduce({ acks: -1, timeout: 1, transactionalId: 'x', producerId: 77n, topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }] }).encode()).buffer;
  const bytes = Buffer.from(request.subarray(2 + 1 + 2 + 4 + 4 + 2 + 1 + 4 + 4 + 4));
  const whole = gzip ? Buffer.concat([bytes.subarray(0, 61), gzipSync(bytes.subarray(61))]) : bytes;
  whole.writeInt32BE(whole.length - 12, 8);
  whole.writeBigInt64BE(BigInt(offset), 0);
  whole.writeInt16BE(flags | (gzip ? 1 : 0), 21);
  whole.writeBigInt64BE(BigInt(maxTimestamp), 35);
  return whole;
}
const setArb = fc.array(fc.record({ messages: fc.array(messageArb, { minLength: 1, maxLength: 20 }), offset: fc.nat(2 ** 40), flags: fc.constantFrom(0, 0x8, 0x10, 0x18, 0x30), maxTimestamp: fc.nat(2 ** 41), gzip: fc.boolean() }), { maxLength: 4 });
const sized = (set: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeInt32BE(set.length);
  return Buffer.concat([size, set]);
};

test('a record set is read as by the stock client: offsets, times, keys, values, headers, control records, gzip, a batch cut off', async () => {
  await fc.assert(fc.asyncProperty(setArb, fc.nat(80), async (batches, cutOff) => {
    const set = Buffer.concat(await Promise.all(batches.map(batchBytes)));
    // Of less than a magic byte the stock client makes an exception; no broker cuts so short.
    const bytes = sized(set.subarray(0, Math.max(Math.min(17, set.length), set.length - cutOff)));
    const ours = new Decoder(bytes);
    const stock = new Decoder(bytes);
    const read = await decodeMessages(ours);
    assert.deepEqual(plainOf(read), plainOf(await stockDecodeMessages(stock)));
    assert.equal(ours.offset, stock.offset);
    for (const record of read) assert.ok(record instanceof FetchedRecord);
  }), { numRuns: 200 });
});
test('an older message format is left to the stock client', async () => {
  assert.equal(await decodeRecordSet(Buffer.alloc(100), () => Promise.reject(new Error('not compressed'))), undefined);
});

test('a batch of ours shows what the stock batch shows', async () => {
  const shown = (batch: InstanceType<typeof stockBatch>): unknown => {
    const ask = (name: string): unknown => (Reflect.get(batch, name) as () => unknown).call(batch);
    return { messages: plainOf(batch.messages), asked: ['isEmpty', 'isEmptyIncludingFiltered', 'isEmptyDueToFiltering', 'isEmptyControlRecord', 'isEmptyDueToLogCompactedMessages', 'firstOffset', 'lastOffset', 'offsetLag', 'offsetLagLow'].map(ask) };
  };
  await fc.assert(fc.asyncProperty(setArb, fc.nat(2 ** 40), fc.boolean(), async (batches, from, aborted) => {
    const set = sized(Buffer.concat(await Promise.all([...batches].sort((a, b) => a.offset - b.offset).map(batchBytes))));
    const rest = { partition: 0, highWatermark: String(2 ** 41), abortedTransactions: aborted ? [{ producerId: '77', firstOffset: '0' }] : null };
    const ours = new Batch('t', String(from), { ...rest, messages: (await decodeMessages(new Decoder(set))) as FetchedRecord[] });
    const stock = new stockBatch('t', String(from), { ...rest, messages: (await stockDecodeMessages(new Decoder(set))) as FetchedRecord[] });
    assert.deepEqual(shown(ours), shown(stock));
  }), { numRuns: 100 });
});

test('a queue of requests sends what was throttled or too much in flight later, and looks no more once nothing waits', () => {
  const nothing = (): undefined => undefined;
  // (The stock queue cannot be asked here: under these timers its look of every moment never ends.)
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_600_000_500_000 });
  try {
    const queue = new Queue({ maxInFlightRequests: 1, requestTimeout: 1000, enforceRequestTimeout: false, clientId: 'c', broker: 'b', logger: { debug: nothing, warn: nothing, error: nothing } });
    const sent: string[] = [];
    const push = (correlationId: number): void => queue.push({ entry: { correlationId, resolve: nothing, reject: nothing }, expectResponse: true, sendRequest: () => sent.push(`${correlationId} at ${Date.now() - 1_600_000_500_000}`) });
    const answer = (correlationId: number): void => queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });
    push(1);
    push(2);
    mock.timers.tick(30);
    answer(1);
    answer(2);
    queue.maybeThrottle(50);
    push(3);
    for (let ms = 0; ms < 100; ms += 1) mock.timers.tick(1);
    answer(3);
    const looks = mock.method(queue, 'checkPendingRequests', queue.checkPendingRequests);
    mock.timers.tick(200);
    assert.deepEqual(sent, ['1 at 0', '2 at 30', '3 at 80']);
    assert.ok(looks.mock.callCount() <= 1, `${looks.mock.callCount()} looks`);
  } finally {
    mock.timers.reset();
  }
});

test('a whole request is the stock one byte for byte, whatever it asks', async () => {
  mock.timers.enable({ apis: ['Date'], now: 1_600_000_500_000 });
  const createRequest = load('kafkajs/src/protocol/request.js') as CreateRequest;
  const Encoder = load('kafkajs/src/protocol/encoder.js') as new () => { writeString(text: string): Awaited<ReturnType<CreateRequest>> };
  try {
    await fc.assert(fc.asyncProperty(requestArb, fc.string({ maxLength: 20 }), fc.nat(2 ** 31 - 1), async (input, clientId, correlationId) => {
      for (const encode of [produce(input).encode, async () => new Encoder().writeString(clientId)]) {
        const ask = { clientId, correlationId, request: { apiKey: 0, apiVersion: 3, encode } };
        assert.deepEqual((await createRequest(ask)).buffer, (await stockRequest(ask)).buffer);
      }
    }), { numRuns: 100 });
  } finally {
    mock.timers.reset();
  }
});
test('packed a record at a time, a batch is what the encoder makes of the same messages', () => {
  const message = fc.record({ key: fc.string({ unit: fc.constantFrom('a', '0', '-', ':'), maxLength: 90 }), value: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) });
  const rest = { nowMs: 1_600_000_500_000, transactional: false, producerId: -1n, producerEpoch: 0, firstSequence: 0 };
  const packer = createPacker(new Map([['predictions', 3]]));
  fc.assert(fc.property(fc.array(message, { maxLength: 200 }), (messages) => {
    for (const { key, value } of messages) packer.add('predictions', key, value);
    const packed = packer.take(rest.nowMs);
    const want = [0, 1, 2].map((partition) => messages.filter(({ key }) => partitionOf(key, 3) === partition));
    assert.deepEqual(new Map(packed.map(({ partition, records, bytes }) => [partition, [records, Buffer.from(bytes)]])), new Map(want.flatMap((list, partition) => (list.length === 0 ? [] : [[partition, [list.length, encodeRecordBatch({ ...rest, messages: list })]]]))));
  }), { numRuns: 200 });
});
test('what the broker would not take as one batch is packed as several, and each goes in a request of its own', () => {
  const packer = createPacker(new Map([['predictions', 1], ['feedback', 1]]));
  for (let i = 0; i < 20; i += 1) packer.add('predictions', `id-${i}`, Buffer.alloc(100_000));
  packer.add('feedback', 'id', Buffer.alloc(10));
  packer.add('feedback', 'huge', Buffer.alloc(800_000));
  const packed = packer.take(1);
  assert.deepEqual(packed.map(({ topic, records }) => `${topic} ${records}`).sort(), ['feedback 1', 'feedback 1', 'predictions 2', 'predictions 6', 'predictions 6', 'predictions 6']);
  for (const { records, bytes } of packed) assert.ok(bytes.length <= 700_000 || records === 1);
  const requests = requestsOf(packed).map((request) => request.map(({ topic, records }) => `${topic} ${records}`).sort());
  assert.deepEqual(requests, [['feedback 1', 'predictions 6'], ['feedback 1', 'predictions 6'], ['predictions 6'], ['predictions 2']]);
});
test('a packed batch goes to the broker as it is, and not with others to the same partition', async () => {
  const batch = encodeRecordBatch({ messages: [{ key: 'k', value: Buffer.from('v') }], nowMs: 5, transactional: false, producerId: -1n, producerEpoch: 0, firstSequence: 0 });
  const asking = (messages: ProduceInput['topicData'][number]['partitions'][number]['messages']): Promise<Buffer> => produce({ acks: -1, timeout: 1, topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }] }).encode().then(({ buffer }) => buffer);
  assert.deepEqual((await asking([new PackedMessage(0, batch)])).subarray(-batch.length), batch);
  await assert.rejects(asking([new PackedMessage(0, batch), { value: null }]), /goes alone to its partition/);
});

test('found by fuzzing: a batch that announces more than it holds is told as damaged, by what is wrong', async () => {
  const whole = encodeRecordBatch({ messages: [{ key: 'k', value: 'v', headers: { h: 'x' } }], nowMs: 1, transactional: false, producerId: -1n, producerEpoch: 0, firstSequence: 0 });
  const changed = (change: (set: Buffer) => unknown): Buffer => {
    const set = Buffer.from(whole);
    change(set);
    return set;
  };
  const inflate = (_attributes: number, bytes: Buffer): Promise<Buffer> => Promise.resolve(bytes);
  // A batch of no length was read again and again, two thousand million records were made of nothing, a header of none was cut out as often.
  const TABLE: readonly (readonly [says: RegExp, set: Buffer])[] = [
    [/its length is -12 bytes/, changed((set) => set.writeInt32BE(-12, 8))],
    [/2147483647 records in \d+ bytes/, changed((set) => set.writeInt32BE(2 ** 31 - 1, 57))],
    [/-1 records/, changed((set) => set.writeInt32BE(-1, 57))],
    [/a record of 63 bytes/, changed((set) => (set[61] = 126))],
    [/a record of -1 bytes/, changed((set) => (set[61] = 1))],
    [/the record at 0 reach beyond it/, changed((set) => (set[65] = 100))],
    [/the record at 0 reach beyond it/, changed((set) => (set[69] = 126))],
  ];
  for (const [says, set] of TABLE) await assert.rejects(decodeRecordSet(set, inflate), (error: unknown) => error instanceof LoopError && error.code === 'damaged_batch' && says.test(error.message), says.source);
  assert.equal((await decodeRecordSet(whole, inflate))?.length, 1);
});
