import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import fc from 'fast-check';
import { fitsOf } from './avroFits.ts';
import { decoderFor, schemaText } from './codec.ts';
import { LoopError } from './failure.ts';

const typeOf = (schema: unknown): avro.Type => avro.Type.forSchema(schema as avro.Schema, { wrapUnions: false });
const INNER = { type: 'record', name: 'Inner', namespace: 'x', fields: [{ name: 'a', type: 'string' }, { name: 'b', type: 'double' }, { name: 'f', type: 'float' }] };
const WIDE = {
  type: 'record', name: 'Wide', namespace: 'x', fields: [
    { name: 'list', type: { type: 'array', items: INNER } }, { name: 'map', type: { type: 'map', values: ['null', 'long', { type: 'array', items: 'x.Inner' }] } }, { name: 'bytes', type: 'bytes' }, { name: 'four', type: { type: 'fixed', name: 'Four', size: 4 } },
    { name: 'colour', type: { type: 'enum', name: 'Colour', symbols: ['red', 'blue'] } }, { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } }, { name: 'flag', type: 'boolean' },
    { name: 'tree', type: { type: 'record', name: 'Tree', fields: [{ name: 'size', type: 'int' }, { name: 'children', type: { type: 'array', items: 'Tree' } }] } },
  ],
};
const inner = fc.record({ a: fc.string(), b: fc.double({ noNaN: true }), f: fc.constant(0.5) }, { noNullPrototype: true });
const { tree } = fc.letrec<{ tree: { size: number; children: unknown[] } }>((tie) => ({ tree: fc.record({ size: fc.integer(), children: fc.oneof({ maxDepth: 3 }, fc.constant<unknown[]>([]), fc.array<unknown>(tie('tree'), { maxLength: 3 })) }, { noNullPrototype: true }) }));
const wide = fc.record({
  list: fc.array(inner), map: fc.dictionary(fc.string(), fc.oneof(fc.constant(null), fc.integer(), fc.array(inner)), { noNullPrototype: true }), bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)), four: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  colour: fc.constantFrom('red', 'blue'), at: fc.integer(), flag: fc.boolean(), tree,
}, { noNullPrototype: true });

test('law: whatever is written fits, wherever it stands, and no part of it does', () => {
  const type = typeOf(WIDE);
  const fits = fitsOf(type.schema());
  fc.assert(fc.property(wide, fc.nat(5), fc.nat(), (event, head, cut) => {
    const body = type.toBuffer(event);
    const bytes = Buffer.concat([Buffer.alloc(head, 0xff), body]);
    assert.equal(fits?.(bytes, head, bytes.length), true);
    assert.equal(fits?.(bytes, head, head + (cut % body.length)), false);
  }));
});
test('a schema without lists needs no walk', () => {
  assert.equal(fitsOf({ type: 'record', name: 'R', fields: [{ name: 'a', type: ['null', 'string'] }] }), undefined);
  assert.notEqual(fitsOf({ type: 'record', name: 'R', fields: [{ name: 'a', type: ['null', { type: 'map', values: 'long' }] }] }), undefined);
});

const varint = (value: number): number[] => {
  const out: number[] = [];
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
};
const refused = (decode: () => unknown): void => assert.throws(decode, (error: unknown) => error instanceof LoopError && error.kind === 'poison' && error.code === 'not_avro' && /announces more/.test(error.message));
test('found by fuzzing: a list that announces what is not there is poison, and costs nothing', () => {
  // Without the walk, 2^26 items take gigabytes, and 2^31 the process.
  for (const count of [2 ** 26, 2 ** 31, 2 ** 52, -(2 ** 31)]) {
    refused(() => decoderFor('tallies', schemaText('tallies'))(Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, ...varint(count)])));
    refused(() => decoderFor('predictions', schemaText('predictions'))(Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, ...varint(count), 2, 65])));
  }
});
test('found by fuzzing: a field that is skipped sends nobody back for ever', () => {
  const foreign = JSON.stringify({ type: 'record', name: 'Feedback', namespace: 'loop.v1', fields: [{ name: 'prediction_id', type: 'string' }, { name: 'feedback_id', type: 'string' }, { name: 'tags', type: { type: 'array', items: 'null' } }] });
  const decode = decoderFor('feedback', foreign);
  assert.equal(decode(Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 4, 0])).source, '');
  // A block of -1 items whose size leads back to its own start; a block of 2^40 items of no bytes.
  refused(() => decode(Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 1, 3, 0])));
  refused(() => decode(Uint8Array.from([0, 0, 0, 0, 1, 0, 0, ...varint(2 ** 40), 0])));
});
