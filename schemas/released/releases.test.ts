// Today's schemas after the released ones: by our rules, which name the field, and by the resolvers that readers use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { AVRO, type RecordSchema } from '../avro.ts';
import { decoderFor } from '../codec.ts';
import { incompatibilities, type Release } from '../evolution.ts';
import { handWrittenPart, isHandWritten } from '../handWritten.ts';
import { TOPIC_NAMES } from '../topics.ts';
import { BAD_CHANGES, changed, instead, NOTE, plus, versionTwo, without } from './changes.testing.ts';
import { releasesOf, wrongToday } from './releases.ts';

const typeOf = (schema: RecordSchema): avro.Type => avro.Type.forSchema(schema as avro.Schema, { wrapUnions: false });
/** Whether each reads what the other writes. */
function readBothWays(a: RecordSchema, b: RecordSchema): boolean {
  try {
    typeOf(a).createResolver(typeOf(b));
    typeOf(b).createResolver(typeOf(a));
    return true;
  } catch {
    return false;
  }
}

test('every topic was released, and today\'s schemas may follow every release', () => {
  for (const topic of TOPIC_NAMES) assert.notEqual(releasesOf(topic).length, 0, topic);
  assert.deepEqual(wrongToday(), []);
});
test('readers and writers of every release and of today read each other', () => {
  for (const topic of TOPIC_NAMES) for (const { version, schema } of releasesOf(topic)) assert.ok(readBothWays(schema, AVRO[topic]), `${topic}, version ${version}`);
});

const FEEDBACK = AVRO.feedback;
const v = (version: number, schema: RecordSchema): Release => ({ version, schema });

for (const { name, topic, schema, says, others } of BAD_CHANGES) {
  test(`${name} is refused, by its name`, () => {
    const wrong = incompatibilities(topic, [v(1, AVRO[topic])], schema);
    assert.equal(wrong.length > 0 && wrong.some((text) => says.test(text)), true, wrong.join('\n'));
    assert.equal(readBothWays(AVRO[topic], schema), others === 'take');
  });
}

test('a new field with a default, a removed one with a default and other words of documentation may follow', () => {
  for (const schema of [changed(FEEDBACK, plus(NOTE)), changed(FEEDBACK, without('source')), changed(FEEDBACK, instead('source', { doc: 'who says it' }))]) {
    assert.deepEqual(incompatibilities('feedback', [v(1, FEEDBACK)], schema), []);
    assert.ok(readBothWays(FEEDBACK, schema));
  }
});
test('a field gets another name over a release that has both', () => {
  const both = changed(FEEDBACK, plus({ name: 'origin', type: 'string', default: '' }));
  const after = changed(both, without('source'));
  assert.notDeepEqual(incompatibilities('feedback', [v(1, FEEDBACK)], after), []);
  assert.deepEqual(incompatibilities('feedback', [v(1, FEEDBACK), v(2, both)], after), []);
});
test('a change is held against every release, not only the newest', () => {
  const second = changed(FEEDBACK, without('source'));
  const wrong = incompatibilities('feedback', [v(1, FEEDBACK), v(2, second)], changed(second, plus({ name: 'source', type: 'long', default: 0 })));
  assert.deepEqual(wrong.map((text) => /in version \d/.exec(text)?.[0]), ['in version 1']);
});

test('a version 2 of every event may follow, and each version reads the other through the decoder of a process: what is added is left out or has its default', () => {
  for (const topic of TOPIC_NAMES) {
    const two = versionTwo(AVRO[topic]);
    assert.deepEqual(incompatibilities(topic, releasesOf(topic), two), [], topic);
    const [old, fresh] = [typeOf(AVRO[topic]), typeOf(two)];
    for (let tries = 0; tries < 50; tries += 1) {
      const event: unknown = old.random();
      const grown: unknown = fresh.fromBuffer(old.toBuffer(event), fresh.createResolver(old));
      assert.deepEqual(Object.entries(grown as object).filter(([name]) => ['trace_id', 'weight', 'tags'].includes(name)), [['trace_id', null], ['weight', 1.5], ['tags', []]], topic);
      const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), fresh.toBuffer({ ...(grown as object), trace_id: 't', weight: 2, tags: ['a', 'b'] })]);
      const read = decoderFor(topic, JSON.stringify(two))(frame);
      assert.deepEqual(old.toBuffer(read), old.toBuffer(event), `${topic}: a reader of version 1 on a record of version 2`);
    }
  }
});
test('what a process keeps for itself has its layout whatever the schema has', () => {
  for (const topic of TOPIC_NAMES.filter((one) => isHandWritten(one, AVRO[one]))) {
    const kept = handWrittenPart(topic, versionTwo(AVRO[topic]));
    assert.deepEqual(kept, AVRO[topic], topic);
  }
});
test('the hand-written readers and writers stand back where a schema has other fields, in a list too', () => {
  const topics = TOPIC_NAMES.filter((topic) => isHandWritten(topic, AVRO[topic]));
  assert.deepEqual(topics, ['products', 'predictions', 'feedback', 'labelled', 'examples']);
  for (const topic of topics) assert.equal(isHandWritten(topic, versionTwo(AVRO[topic])), false, topic);
  const nested = changed(AVRO.predictions, instead('probabilities', versionTwo(AVRO.predictions).fields.find(({ name }) => name === 'probabilities') ?? {}));
  assert.equal(isHandWritten('predictions', nested), false);
});
