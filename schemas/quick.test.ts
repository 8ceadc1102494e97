// The hand-written readers and writers against the general ones: equal wherever they answer, and silent on bytes that are not an event.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import fc from 'fast-check';
import { AVRO } from './avro.ts';
import { decoderFor, encode, schemaText } from './codec.ts';
import type { Example, Feedback, Labelled, Prediction, Product } from './events.ts';
import { LoopError } from './failure.ts';
import { endOfPredictionId, quickFeedbackReader, quickLabelledReader, quickPredictionReader, quickProductReader, type QuickReader } from './quickRead.ts';
import { quickExampleWriter, quickFeedbackWriter, quickLabelledWriter, quickPredictionWriter, type QuickWriter } from './quickWrite.ts';

const typeOf = (topic: 'products' | 'predictions' | 'feedback' | 'labelled' | 'examples'): avro.Type => avro.Type.forSchema(AVRO[topic] as avro.Schema, { wrapUnions: false });
/** Only numbers near the end of the exact ones are left to the general way. */
const isHuge = (event: unknown): boolean => Object.values(event as object).some((value) => typeof value === 'number' && Math.abs(value) >= 2 ** 52);
const plain = (event: unknown): unknown => JSON.parse(JSON.stringify(event));
const name = fc.oneof(fc.constantFrom('', 'Beverages', 'Fresh & Perishable Items', 'v-0001', 'grocery'), fc.string({ unit: 'grapheme', maxLength: 90 }), fc.string({ maxLength: 20 }));
/** The general writer takes no more. */
const MOST = 2 ** 53 - 2;
const time = fc.oneof(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }), fc.maxSafeInteger().map((n) => Math.max(-MOST, Math.min(MOST, n))));
const maybe = <V>(arb: fc.Arbitrary<V>): fc.Arbitrary<V | null> => fc.option(arb, { nil: null });
const prediction: fc.Arbitrary<Prediction> = fc.record({
  prediction_id: name, model_name: name, model_version: name, product_description: fc.oneof(name, fc.string({ unit: 'grapheme', maxLength: 400 })), category: name,
  probabilities: fc.array(fc.record({ category: name, probability: fc.oneof(fc.double({ min: 0, max: 1 }), fc.double({ noNaN: true })) }, { noNullPrototype: true }), { maxLength: 80 }), predicted_at: time, audit: fc.boolean(),
}, { noNullPrototype: true });
const product: fc.Arbitrary<Product> = fc.record({ product_id: name, prediction_id: maybe(name), model_name: name, product_description: name, sent_at: time }, { noNullPrototype: true });
const feedback: fc.Arbitrary<Feedback> = fc.record({ prediction_id: name, feedback_id: name, model_name: name, category: maybe(name), source: name, given_at: time }, { noNullPrototype: true });
const labelled: fc.Arbitrary<Labelled> = fc.record({
  prediction_id: name, model_name: name, model_version: name, revision: fc.integer(), predicted: name, label: maybe(name), previous_label: maybe(name), labelled_at: time, previous_labelled_at: maybe(time), predicted_at: time, audit: fc.boolean(), source: name,
}, { noNullPrototype: true });
const example: fc.Arbitrary<Example> = fc.record({
  prediction_id: name, model_name: name, model_version: name, product_description: name, label: name, predicted: name, revision: fc.integer(), labelled_at: time, predicted_at: time, source: name,
}, { noNullPrototype: true });

function readsAs<E>(topic: 'products' | 'predictions' | 'feedback' | 'labelled', arb: fc.Arbitrary<E>, reader: QuickReader<E>): void {
  const type = typeOf(topic);
  test(`${topic}: the quick reader reads what the general one reads`, () => {
    fc.assert(fc.property(arb, fc.nat(9), fc.nat(9), (event, head, tail) => {
      const body = type.toBuffer(event);
      const bytes = Buffer.concat([Buffer.alloc(head, 0xff), body, Buffer.alloc(tail, 0xff)]);
      const read = reader(bytes, head, head + body.length);
      if (read === undefined) assert.ok(isHuge(event));
      else assert.deepEqual(read, event);
    }), { numRuns: 300 });
  });
  test(`${topic}: on broken bytes the quick reader says nothing or what the general one says`, () => {
    fc.assert(fc.property(arb, fc.nat(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.uint8Array({ maxLength: 3 }), (event, cut, changes, more) => {
      const body = type.toBuffer(event);
      const broken = Buffer.concat([body.subarray(0, body.length - (cut % 3)), more]);
      for (const [at, byte] of changes) if (broken.length > 0) broken[at % broken.length] = byte;
      const read = reader(broken, 0, broken.length);
      if (read !== undefined) assert.deepEqual(plain(read), plain(type.fromBuffer(broken)));
    }), { numRuns: 500 });
  });
}
readsAs('products', product, quickProductReader());
readsAs('predictions', prediction, quickPredictionReader());
test('predictions: the walk over the bytes ends well exactly where the quick reader does, and finds the id', () => {
  const read = quickPredictionReader();
  fc.assert(fc.property(prediction, fc.nat(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.uint8Array({ maxLength: 3 }), (event, cut, changes, more) => {
    const body = typeOf('predictions').toBuffer(event);
    const bytes = Buffer.concat([body.subarray(0, body.length - (cut % 3)), more]);
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    const found = read(bytes, 0, bytes.length);
    const end = endOfPredictionId(bytes, 0, bytes.length);
    assert.equal(end >= 0, found !== undefined);
    if (found !== undefined) assert.ok(bytes.toString('utf8', 0, end).endsWith(found.prediction_id));
  }), { numRuns: 1000 });
});
readsAs('feedback', feedback, quickFeedbackReader());
readsAs('labelled', labelled, quickLabelledReader());

function writesAs<E>(topic: 'predictions' | 'feedback' | 'labelled' | 'examples', arb: fc.Arbitrary<E>, writer: QuickWriter<E>): void {
  const type = typeOf(topic);
  test(`${topic}: the quick writer writes the general one's bytes`, () => {
    fc.assert(fc.property(arb, fc.integer({ min: 0, max: 0xffffffff }), (event, id) => {
      const frame = writer(event, id);
      if (frame === undefined) {
        assert.ok(isHuge(event));
        return;
      }
      assert.equal(frame.readUInt32BE(1), id);
      assert.deepEqual(frame.subarray(5), type.toBuffer(event));
    }), { numRuns: 300 });
  });
}
writesAs('predictions', prediction, quickPredictionWriter());
writesAs('feedback', feedback, quickFeedbackWriter());
writesAs('labelled', labelled, quickLabelledWriter());
writesAs('examples', example, quickExampleWriter());

test('predictions of one model after the other, whose lists name the same categories or nearly the same ones: the bytes are the general writer\'s', () => {
  const writer = quickPredictionWriter();
  const type = typeOf('predictions');
  const names = fc.constantFrom([], ['a'], ['a', 'b'], ['b', 'a'], ['a', 'Müsli & Brot'], ['a', '']);
  fc.assert(fc.property(prediction, fc.array(fc.tuple(names, fc.array(fc.double({ noNaN: true }), { minLength: 2, maxLength: 2 })), { minLength: 2, maxLength: 12 }), (event, lists) => {
    for (const [list, numbers] of lists) {
      const one: Prediction = { ...event, predicted_at: 1, probabilities: list.map((category, i) => ({ category, probability: numbers[i] ?? 0 })) };
      assert.deepEqual(writer(one, 1)?.subarray(5), type.toBuffer(one));
    }
  }), { numRuns: 200 });
});
test('a list that is odd teaches the writer nothing', () => {
  const writer = quickPredictionWriter();
  const good: Prediction = { prediction_id: 'p', model_name: 'm', model_version: 'v', product_description: 't', category: 'a', probabilities: [{ category: 'a', probability: 0.5 }], predicted_at: 1, audit: false };
  for (let round = 0; round < 2; round += 1) {
    assert.equal(writer({ ...good, probabilities: [{ category: 'a', probability: 'high' }] } as unknown as Prediction, 1), undefined);
    assert.deepEqual(writer(good, 1)?.subarray(5), typeOf('predictions').toBuffer(good));
  }
});

test('frames that were given out stay as they are', () => {
  const writer = quickLabelledWriter();
  fc.assert(fc.property(fc.array(labelled, { minLength: 2, maxLength: 20 }), (events) => {
    const frames = events.map((event) => writer(event, 1));
    const copies = frames.map((frame) => frame?.toString('hex'));
    for (const event of events) writer(event, 2);
    assert.deepEqual(frames.map((frame) => frame?.toString('hex')), copies);
  }), { numRuns: 50 });
});

const WRONG: { name: string; event: object; field: RegExp }[] = [
  { name: 'a number for a text', event: { model_version: 7 }, field: /model_version/ },
  { name: 'null for a text', event: { source: null }, field: /source/ },
  { name: 'a fraction for an int', event: { revision: 1.5 }, field: /revision/ },
  { name: 'text for a time', event: { labelled_at: 'now' }, field: /labelled_at/ },
  { name: 'text for a flag', event: { audit: 'yes' }, field: /audit/ },
];
const GOOD: Labelled = { prediction_id: 'p', model_name: 'm', model_version: 'v', revision: 0, predicted: 'a', label: 'b', previous_label: null, labelled_at: 1, previous_labelled_at: null, predicted_at: 1, audit: false, source: 's' };
for (const { name: what, event, field } of WRONG) {
  test(`a labelled event with ${what} is refused by field`, () => {
    assert.throws(() => encode('labelled', { ...GOOD, ...event }, 1), (error: unknown) => error instanceof LoopError && error.code === 'not_encodable' && field.test(error.message));
  });
}
test('a prediction whose probabilities are odd is refused by field', () => {
  const good: Prediction = { prediction_id: 'p', model_name: 'm', model_version: 'v', product_description: 't', category: 'a', probabilities: [{ category: 'a', probability: 1 }], predicted_at: 1, audit: false };
  for (const probabilities of [[{ category: 'a', probability: 'high' }], [{ category: 7, probability: 1 }], [null], 'none']) {
    assert.throws(() => encode('predictions', { ...good, probabilities } as unknown as Prediction, 1), (error: unknown) => error instanceof LoopError && error.code === 'not_encodable' && /probabilities/.test(error.message));
  }
});

test('a missing field takes its default, as in the general writer', () => {
  assert.equal(decoderFor('labelled', schemaText('labelled'))(encode('labelled', { ...GOOD, source: undefined } as unknown as Labelled, 1)).source, '');
});

test("another writer's schema is read through the general reader: a field more, another order", () => {
  const schema = JSON.parse(schemaText('feedback')) as { fields: { name: string }[] };
  const other = { ...schema, fields: [...schema.fields.toReversed(), { name: 'mood', type: 'string', default: '' }] };
  const event = { prediction_id: 'p', feedback_id: 'f', model_name: 'm', category: 'Beverages', source: 's', given_at: 5 };
  const body = avro.Type.forSchema(other as avro.Schema, { wrapUnions: false }).toBuffer({ ...event, mood: 'fine' });
  assert.deepEqual({ ...decoderFor('feedback', JSON.stringify(other))(Buffer.concat([Buffer.alloc(5), body])) }, event);
});
