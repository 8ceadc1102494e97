// For which fields the hand-written readers and writers were written. Where a schema has others (a later release, or an earlier one that is brought back) the general ones do all the work: slower, never wrong.
import type { RecordSchema } from './avro.ts';
import type { TopicName } from './topics.ts';

const HAND_WRITTEN: Partial<Readonly<Record<TopicName, string>>> = {
  products: 'product_id prediction_id model_name product_description sent_at',
  predictions: 'prediction_id model_name model_version product_description category probabilities(category probability) predicted_at audit',
  feedback: 'prediction_id feedback_id model_name category source given_at',
  labelled: 'prediction_id model_name model_version revision predicted label previous_label labelled_at previous_labelled_at predicted_at audit source',
  examples: 'prediction_id model_name model_version product_description label predicted revision labelled_at predicted_at source',
};
const isObject = (type: unknown): type is Readonly<Record<string, unknown>> => typeof type === 'object' && type !== null;
type Fields = readonly { readonly name: string; readonly type: unknown }[];

/** Fields in order, those of lists of records in brackets. Types are left out: a type never changes (evolution.ts). */
export function fieldsOf(fields: Fields): string {
  return fields.map(({ name, type }) => {
    const items = isObject(type) ? type['items'] : undefined;
    return isObject(items) && Array.isArray(items['fields']) ? `${name}(${fieldsOf(items['fields'] as Fields)})` : name;
  }).join(' ');
}
/** A schema with only the fields that were there when the hand-written ones were made, in their order. */
export function handWrittenPart(topic: TopicName, schema: RecordSchema): RecordSchema {
  const pick = (fields: RecordSchema['fields'], names: string): RecordSchema['fields'] => [...names.matchAll(/(\w+)(?:\(([^)]*)\))?/g)].flatMap(([, name, inner]) => {
    const field = fields.find((one) => one.name === name);
    if (field === undefined || inner === undefined || !isObject(field.type) || !isObject(field.type['items'])) return field === undefined ? [] : [field];
    const { items } = field.type as { readonly items: { readonly fields: RecordSchema['fields'] } };
    return [{ ...field, type: { ...field.type, items: { ...items, fields: pick(items.fields, inner) } } }];
  });
  const names = HAND_WRITTEN[topic];
  return names === undefined ? schema : { ...schema, fields: pick(schema.fields, names) };
}
export const isHandWritten = (topic: TopicName, schema: RecordSchema): boolean => HAND_WRITTEN[topic] === fieldsOf(schema.fields);
