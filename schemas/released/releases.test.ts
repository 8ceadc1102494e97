// Today's schemas after the released ones: by our rules, which name the field, and by the resolvers that readers use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { AVRO, type RecordSchema } from '../avro.ts';
import { incompatibilities, type Release } from '../evolution.ts';
import { TOPIC_NAMES } from '../topics.ts';
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

type Field = RecordSchema['fields'][number];
const FEEDBACK = AVRO.feedback;
const v = (version: number, schema: RecordSchema): Release => ({ version, schema });
const changed = (schema: RecordSchema, change: (fields: readonly Field[]) => readonly Field[]): RecordSchema => ({ ...schema, fields: [...change(schema.fields)] });
const without = (name: string) => (fields: readonly Field[]): readonly Field[] => fields.filter((field) => field.name !== name);
const instead = (name: string, change: Partial<Field>) => (fields: readonly Field[]): readonly Field[] => fields.map((field) => (field.name === name ? { ...field, ...change } : field));
const plus = (field: Field) => (fields: readonly Field[]): readonly Field[] => [...fields, field];
const NOTE: Field = { name: 'note', type: 'string', default: '' };

/** What a change brings, and whether the resolvers refuse it, too. */
const TWINS: readonly { readonly name: string; readonly schema: RecordSchema; readonly says: RegExp; readonly resolvers: 'refuse' | 'take' }[] = [
  { name: 'a removed field without default', schema: changed(FEEDBACK, without('feedback_id')), says: /^feedback\.feedback_id is gone, .*version 1.* Keep it/, resolvers: 'refuse' },
  { name: 'a changed type', schema: changed(FEEDBACK, instead('source', { type: 'long', default: 0 })), says: /^feedback\.source is "long", in version 1 "string".* add a field of another name/, resolvers: 'refuse' },
  { name: 'a wider type', schema: changed(AVRO.labelled, instead('revision', { type: 'long' })), says: /^labelled\.revision is "long", in version 1 "int"/, resolvers: 'refuse' },
  { name: 'a type that is now nullable', schema: changed(FEEDBACK, instead('source', { type: ['null', 'string'], default: null })), says: /^feedback\.source is \["null","string"\]/, resolvers: 'refuse' },
  { name: 'a renamed identity', schema: changed(FEEDBACK, instead('feedback_id', { name: 'said_id' })), says: /^feedback\.feedback_id is gone/, resolvers: 'refuse' },
  { name: 'a renamed field', schema: changed(FEEDBACK, instead('source', { name: 'origin' })), says: /^feedback\.source of version 1 seems to be renamed to origin: .*write both, and remove source in a later release/, resolvers: 'take' },
  { name: 'a new field without default', schema: changed(FEEDBACK, plus({ name: 'note', type: 'string' })), says: /^feedback\.note is new and has no default: .*Give it a default/, resolvers: 'refuse' },
  { name: 'a lost default', schema: changed(FEEDBACK, (fields) => fields.map((field) => (field.name === 'source' ? { name: 'source', type: 'string' } : field))), says: /^feedback\.source has lost its default/, resolvers: 'take' },
  { name: 'another name of the record', schema: { ...FEEDBACK, name: 'Opinion' }, says: /the record is called loop\.v1\.Opinion, in version 1 loop\.v1\.Feedback/, resolvers: 'refuse' },
  {
    name: 'a changed type within a list', says: /^predictions\.probabilities\.probability is "float", in version 1 "double"/, resolvers: 'refuse',
    schema: changed(AVRO.predictions, instead('probabilities', { type: { type: 'array', items: { type: 'record', name: 'Probability', namespace: 'loop.v1', fields: [{ name: 'category', type: 'string', default: '' }, { name: 'probability', type: 'float', default: 0 }] } } })),
  },
];
for (const { name, schema, says, resolvers } of TWINS) {
  test(`${name} is refused, by its name`, () => {
    const topic = TOPIC_NAMES.find((one) => says.source.startsWith(`^${one}`)) ?? 'feedback';
    const wrong = incompatibilities(topic, [v(1, AVRO[topic])], schema);
    assert.equal(wrong.length > 0 && wrong.some((text) => says.test(text)), true, wrong.join('\n'));
    assert.equal(readBothWays(AVRO[topic], schema), resolvers === 'take');
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
