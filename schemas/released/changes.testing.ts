// Changes of schemas that tests make: a version 2 of every event, and the table of changes that must not be released.
import { AVRO, type RecordSchema } from '../avro.ts';
import type { TopicName } from '../topics.ts';

export type Field = RecordSchema['fields'][number];
export const changed = (schema: RecordSchema, change: (fields: readonly Field[]) => readonly Field[]): RecordSchema => ({ ...schema, fields: [...change(schema.fields)] });
export const without = (name: string) => (fields: readonly Field[]): readonly Field[] => fields.filter((field) => field.name !== name);
export const instead = (name: string, change: Partial<Field>) => (fields: readonly Field[]): readonly Field[] => fields.map((field) => (field.name === name ? { ...field, ...change } : field));
export const plus = (field: Field) => (fields: readonly Field[]): readonly Field[] => [...fields, field];
export const NOTE: Field = { name: 'note', type: 'string', default: '' };

/** What version 2 brings to every event: fields of several kinds, before and behind the others, in lists of records too. Each can be left out. */
const FIRST: Field = { name: 'trace_id', type: ['null', 'string'], default: null };
const LAST: readonly Field[] = [{ name: 'weight', type: 'double', default: 1.5 }, { name: 'tags', type: { type: 'array', items: 'string' }, default: [] }];
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
function grown({ type, ...rest }: Field): Field {
  const items = isObject(type) ? type['items'] : undefined;
  if (!isObject(type) || !isObject(items) || !Array.isArray(items['fields'])) return { type, ...rest };
  return { ...rest, type: { ...type, items: { ...items, fields: [...(items['fields'] as unknown[]), { name: 'rank', type: 'int', default: 0 }] } } };
}
export const versionTwo = (schema: RecordSchema): RecordSchema => changed(schema, (fields) => [FIRST, ...fields.map(grown), ...LAST]);

export type BadChange = { readonly name: string; readonly topic: TopicName; readonly schema: RecordSchema; /** our rules */ readonly says: RegExp; /** Readers, and the registry that asks for what they need. take: only our rules know better, see evolution.ts. */ readonly others: 'refuse' | 'take' };
const FEEDBACK = AVRO.feedback;
export const BAD_CHANGES: readonly BadChange[] = [
  { name: 'a removed field without default', topic: 'feedback', schema: changed(FEEDBACK, without('feedback_id')), says: /^feedback\.feedback_id is gone, .*version 1.* Keep it/, others: 'refuse' },
  { name: 'a changed type', topic: 'feedback', schema: changed(FEEDBACK, instead('source', { type: 'long', default: 0 })), says: /^feedback\.source is "long", in version 1 "string".* add a field of another name/, others: 'refuse' },
  { name: 'a wider type', topic: 'labelled', schema: changed(AVRO.labelled, instead('revision', { type: 'long' })), says: /^labelled\.revision is "long", in version 1 "int"/, others: 'refuse' },
  { name: 'a type that is now nullable', topic: 'feedback', schema: changed(FEEDBACK, instead('source', { type: ['null', 'string'], default: null })), says: /^feedback\.source is \["null","string"\]/, others: 'refuse' },
  { name: 'a renamed identity', topic: 'feedback', schema: changed(FEEDBACK, instead('feedback_id', { name: 'said_id' })), says: /^feedback\.feedback_id is gone/, others: 'refuse' },
  { name: 'a renamed field', topic: 'feedback', schema: changed(FEEDBACK, instead('source', { name: 'origin' })), says: /^feedback\.source of version 1 seems to be renamed to origin: .*write both, and remove source in a later release/, others: 'take' },
  { name: 'a new field without default', topic: 'feedback', schema: changed(FEEDBACK, plus({ name: 'note', type: 'string' })), says: /^feedback\.note is new and has no default: .*Give it a default/, others: 'refuse' },
  { name: 'a lost default', topic: 'feedback', schema: changed(FEEDBACK, (fields) => fields.map((field) => (field.name === 'source' ? { name: 'source', type: 'string' } : field))), says: /^feedback\.source has lost its default/, others: 'take' },
  { name: 'another name of the record', topic: 'feedback', schema: { ...FEEDBACK, name: 'Opinion' }, says: /the record is called loop\.v1\.Opinion, in version 1 loop\.v1\.Feedback/, others: 'refuse' },
  {
    name: 'a changed type within a list', topic: 'predictions', says: /^predictions\.probabilities\.probability is "float", in version 1 "double"/, others: 'refuse',
    schema: changed(AVRO.predictions, instead('probabilities', { type: { type: 'array', items: { type: 'record', name: 'Probability', namespace: 'loop.v1', fields: [{ name: 'category', type: 'string', default: '' }, { name: 'probability', type: 'float', default: 0 }] } } })),
  },
];
