import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AVRO } from './avro.ts';
import { decoderFor, encode, schemaIdOf, schemaText } from './codec.ts';
import { readCsv, writeTrainingCsv } from './csv.ts';
import { LoopError } from './failure.ts';
import { aisleOf, DEFAULT_RECIPE, featurise } from './features.ts';
import { idSource, isLegalId, uuidv7 } from './ids.ts';
import { partitionOf, murmur2 } from './partition.ts';
import { createRandom } from './random.ts';
import { readSettings } from './settings.ts';
import { SECRET_NAMES, SETTING_NAMES, TABLE } from './settingTable.ts';
import { TOPIC_NAMES, topicSpecs } from './topics.ts';

test("murmur2 equals Kafka's own test vectors (UtilsTest.testMurmur2)", () => {
  const table: [string, number][] = [['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536], ['a-little-bit-longer-string', -1486304829], ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107]];
  for (const [text, want] of table) assert.equal(murmur2(Buffer.from(text)), want, text);
  for (const [text, want] of table) assert.equal(murmur2(Buffer.from(`..${text}.`), 2, 2 + text.length), want, `${text} inside other bytes`);
  assert.equal(partitionOf('foobar', 4), (-790332482 & 0x7fffffff) % 4);
  assert.equal(partitionOf('foobar', 1), 0);
});

test('law: a key has the partition of its UTF-8 bytes, be it short, long, ASCII or not', () => {
  const key = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 90 }), fc.integer({ min: 250, max: 260 }).map((length) => 'k'.repeat(length)));
  fc.assert(fc.property(key, fc.integer({ min: 1, max: 12 }), (text, partitions) => {
    assert.equal(partitionOf(text, partitions), partitionOf(Buffer.from(text), partitions));
  }));
});

test('law: decode after encode is identity for feedback', () => {
  const decode = decoderFor('feedback', schemaText('feedback'));
  const event = fc.record({ prediction_id: fc.string(), feedback_id: fc.string(), model_name: fc.string(), category: fc.option(fc.string()), source: fc.string(), given_at: fc.nat() }, { noNullPrototype: true });
  fc.assert(fc.property(event, fc.integer({ min: 0, max: 0xffffffff }), (feedback, id) => {
    const frame = encode('feedback', feedback, id);
    assert.equal(schemaIdOf(frame), id);
    assert.deepEqual({ ...decode(frame) }, feedback);
  }));
});

test('every field but the ids has a default, and no schema has an enum', () => {
  for (const name of TOPIC_NAMES) {
    for (const field of AVRO[name].fields) assert.ok('default' in field || ['product_id', 'prediction_id', 'feedback_id', 'model_name', 'model_version', 'retrain_id', 'topic', 'audit_id'].includes(field.name), `${name}.${field.name}`);
    assert.ok(!schemaText(name).includes('"enum"'), name);
  }
});

test('bytes that do not fit, and schemas that cannot be read, are poison', () => {
  const poisonous = (error: unknown): boolean => error instanceof LoopError && error.kind === 'poison';
  assert.throws(() => decoderFor('feedback', schemaText('feedback'))(Buffer.from([0, 0, 0, 0, 1, 250])), poisonous);
  assert.throws(() => decoderFor('feedback', '{"type":"record","name":"X","fields":[]}'), poisonous);
});

test('found by fuzzing: a schema whose types are called as what every object has is poison, and ends no process', () => {
  const poisonous = (error: unknown): boolean => error instanceof LoopError && error.kind === 'poison' && error.code === 'incompatible_schema';
  const known = ['prediction_id', 'feedback_id'].map((name) => ({ name, type: 'string' }));
  for (const type of ['toString', 'constructor', '__proto__', ['null', 'toString']]) assert.throws(() => decoderFor('feedback', JSON.stringify({ type: 'record', name: 'Feedback', namespace: 'loop.v1', fields: [...known, { name: 'x', type }] })), poisonous, String(type));
});

test('all mistakes in the settings are reported at once, by variable', () => {
  assert.throws(() => readSettings({ MIN_F1: '2', TRIGGER: 'x', LOOP_PORT_BASE: 'y' }), (error: unknown) => error instanceof LoopError && ['MIN_F1', 'TRIGGER', 'LOOP_PORT_BASE'].every((name) => error.message.includes(name)));
  assert.equal(readSettings({ LOOP_PORT_BASE: '20000' }).mysqlPort, 20003);
  assert.equal(new Set(Object.values(TABLE).map((setting) => setting.env)).size, Object.keys(TABLE).length);
});

test('ten topics; inputs of the join are equally wide', () => {
  const specs = topicSpecs(readSettings({ PARTITIONS: '3' }));
  assert.equal(specs.length, 10);
  assert.deepEqual(specs.filter((spec) => spec.partitions === 3).map((spec) => spec.name), ['products', 'predictions', 'feedback', 'examples']);
});

test('UUIDv7 keeps time order and is a legal id', () => {
  const random = createRandom(1);
  const early = uuidv7(1_700_000_000_000, random.bytes(10));
  assert.ok(early < uuidv7(1_700_000_000_001, random.bytes(10)));
  assert.match(early, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(isLegalId(early) && !isLegalId('') && !isLegalId('a b') && !isLegalId('x'.repeat(129)));
  assert.equal(uuidv7(1_700_000_000_000, Uint8Array.from({ length: 12 }, (_, i) => 0xf0 + i), 2), '018bcfe5-6800-72f3-b4f5-f6f7f8f9fafb');
  assert.throws(() => uuidv7(0, new Uint8Array(11), 2), RangeError);
});
test('ids from pooled randomness: all different, each random byte is used once', () => {
  const random = createRandom(1);
  let filled = 0;
  const next = idSource(() => 1_700_000_000_000, (bytes) => (filled += bytes.length, bytes.set(random.bytes(bytes.length))));
  const ids = Array.from({ length: 2000 }, next);
  assert.equal(new Set(ids).size, 2000);
  assert.ok(filled >= 20_000 && ids.every((id) => /^018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)));
});

test('features: unit-norm rows, tags only on mixed case', () => {
  const { index, scale, rowScale } = featurise('cookies cakes Chocolate Chip', DEFAULT_RECIPE);
  const norm = Math.sqrt(scale.reduce((sum, s) => sum + (s * rowScale) ** 2, 0));
  assert.ok(Math.abs(norm - DEFAULT_RECIPE.rowNorm) < 1e-6);
  assert.equal(new Set(index).size, index.length);
  assert.deepEqual([aisleOf('ice cream Big Tub').aisle, aisleOf('all lower').aisle, aisleOf('Upper lower').aisle], ['ice cream', '', '']);
  assert.equal(featurise('  ', DEFAULT_RECIPE).index.length, 0);
});

test('CSV: written rows read back; bad rows are refused with row and field', () => {
  const rows = [{ product_description: 'a, "b"', category: 'X' }];
  assert.deepEqual(readCsv(Buffer.from(writeTrainingCsv(rows)), 'Category', ['X']).rows.map((row) => [row.product_description, row.category]), [['a, "b"', 'X']]);
  const read = readCsv(Buffer.from('product_description,Category\n,X\nb,Y\nc,X,z\nd,X\n'), 'Category', ['X']);
  assert.deepEqual(read.refused.map(({ row, field }) => [row, field]), [[2, 'product_description'], [3, 'Category'], [4, '*']]);
  assert.equal(read.rows.length, 1);
  assert.throws(() => readCsv(Buffer.from('a,b\n1,2\n'), 'Category', ['X']), /product_description and Category missing/);
  assert.throws(() => readCsv(Buffer.from([0xff, 0xfe, 0x00]), 'Category', ['X']), /UTF-8/);
});

test('secrets from files: without the line end, instead of the variable, never quoted; every secret knows the way', () => {
  const files: Readonly<Record<string, string>> = { '/run/a': 'geheim\n', '/run/b': 'zwei\nzeilen', '/run/empty': '\n' };
  const read = (file: string): string => files[file] ?? assert.fail(`ENOENT ${file}`);
  const settings = readSettings({ MYSQL_PASSWORD_FILE: '/run/a', S3_SECRET_KEY_FILE: '/run/b', S3_ACCESS_KEY: 'plain' }, read);
  assert.deepEqual([settings.mysqlPassword, settings.s3SecretKey, settings.s3AccessKey], ['geheim', 'zwei\nzeilen', 'plain']);
  assert.equal(readSettings({ MYSQL_PASSWORD_FILE: '', MYSQL_PASSWORD: 'x' }).mysqlPassword, 'x');
  const wrong = { MYSQL_PASSWORD_FILE: '/run/a', MYSQL_PASSWORD: 'other', S3_ACCESS_KEY_FILE: '/run/none', S3_SECRET_KEY_FILE: '/run/empty', MIN_F1: '2' };
  assert.throws(() => readSettings(wrong, read), (error: unknown) => error instanceof LoopError && ['MYSQL_PASSWORD and MYSQL_PASSWORD_FILE are both set', '/run/none (S3_ACCESS_KEY_FILE) cannot be read', '/run/empty (S3_SECRET_KEY_FILE) is empty', 'MIN_F1'].every((text) => error.message.includes(text)) && !error.message.includes('geheim'));
  assert.throws(() => readSettings({ KAFKA_PASSWORD_FILE: '/run/a' }), /no file is read here/);
  for (const name of Object.values(TABLE).map(({ env }) => env).filter((env) => /PASSWORD$|SECRET_KEY$|ACCESS_KEY$|WEBHOOK$/.test(env))) assert.ok(SETTING_NAMES.includes(`${name}_FILE`) && SECRET_NAMES.has(name), name);
});
