// Whether today's schema of a topic may follow the released ones. FULL_TRANSITIVE in words: what the registry would refuse at the start of a release is refused in CI, with the field and the way to do it.
// Stricter than the registry in two things: a type does not change at all, for a wider one is read in one direction only, and a new name for an old field is no removal and addition: its values would be lost in silence.
import type { RecordSchema } from './avro.ts';

export type Release = { readonly version: number; readonly schema: RecordSchema };
type Field = RecordSchema['fields'][number];
type Fields = { readonly name: string; readonly namespace?: string; readonly fields: readonly Field[] };

const isObject = (type: unknown): type is Readonly<Record<string, unknown>> => typeof type === 'object' && type !== null && !Array.isArray(type);
/** The record in a type, if it is one or a list of one. */
function recordIn(type: unknown): Fields | undefined {
  if (!isObject(type)) return undefined;
  if (type['type'] === 'array') return recordIn(type['items']);
  return Array.isArray(type['fields']) ? (type as Fields) : undefined;
}
/** A type without what is compared field by field, or does not matter. */
function shapeOf(type: unknown): unknown {
  if (Array.isArray(type)) return type.map(shapeOf);
  if (!isObject(type)) return type;
  const kept = Object.entries(type).filter(([name]) => name !== 'fields' && name !== 'doc').sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(kept.map(([name, value]) => [name, shapeOf(value)]));
}
const typeText = ({ type }: Field): string => JSON.stringify(shapeOf(type));
const named = (record: Fields): string => `${record.namespace === undefined ? '' : `${record.namespace}.`}${record.name}`;
const fieldOf = (record: Fields | undefined, name: string): Field | undefined => record?.fields.find((field) => field.name === name);
const recordAt = (schema: Fields, path: readonly string[]): Fields | undefined => path.reduce<Fields | undefined>((record, name) => recordIn(fieldOf(record, name)?.type), schema);

/** What is wrong with today's schema after these releases, each with its field and the way out; empty: it may be released. */
export function incompatibilities(topic: string, releases: readonly Release[], today: RecordSchema): string[] {
  const wrong = releases.flatMap(({ version, schema }) => {
    const renamed = schema.name === today.name && schema.namespace === today.namespace ? [] : [`${topic}: the record is called ${named(today)}, in version ${version} ${named(schema)}. Readers find a schema by its name: keep it`];
    return [...renamed, ...between(topic, version, schema, today, [], releases)];
  });
  return [...new Set(wrong)];
}

function between(topic: string, version: number, before: Fields, after: Fields, path: readonly string[], releases: readonly Release[]): string[] {
  const of = (name: string): string => `${topic}.${[...path, name].join('.')}`;
  const gone = before.fields.filter(({ name }) => fieldOf(after, name) === undefined);
  const added = after.fields.filter(({ name }) => fieldOf(before, name) === undefined);
  /** Some release had both: whoever wrote the old field had the time to write the new one. */
  const overlapped = (old: string, fresh: string): boolean => releases.some(({ schema }) => [old, fresh].every((name) => fieldOf(recordAt(schema, path), name) !== undefined));
  const wrong: string[] = [];
  for (const field of gone) {
    const fresh = added.find((one) => typeText(one) === typeText(field) && !overlapped(field.name, one.name));
    if (!('default' in field)) wrong.push(`${of(field.name)} is gone, and readers of version ${version} have no default for it: it can never be removed. Keep it; its value may be empty`);
    else if (fresh !== undefined) wrong.push(`${of(field.name)} of version ${version} seems to be renamed to ${fresh.name}: readers of either would see only defaults. Keep ${field.name}, add ${fresh.name} with a default, write both, and remove ${field.name} in a later release`);
  }
  for (const field of added) if (!('default' in field)) wrong.push(`${of(field.name)} is new and has no default: records of version ${version} could not be read. Give it a default`);
  for (const field of after.fields) {
    const was = fieldOf(before, field.name);
    if (was === undefined) continue;
    if (typeText(was) !== typeText(field)) wrong.push(`${of(field.name)} is ${typeText(field)}, in version ${version} ${typeText(was)}: a type never changes. Keep it, and add a field of another name with a default`);
    else if ('default' in was && !('default' in field)) wrong.push(`${of(field.name)} has lost its default, which version ${version} has: records of a release that leaves it out could not be read. Give it back`);
    const [inner, wasInner] = [recordIn(field.type), recordIn(was.type)];
    if (inner !== undefined && wasInner !== undefined) wrong.push(...between(topic, version, wasInner, inner, [...path, field.name], releases));
  }
  return wrong;
}
