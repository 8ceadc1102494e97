// Whether an Avro body holds what its lists announce, told by walking over it without making anything. The general reader believes every count: fourteen bytes that announce
// a hundred million cells cost it gigabytes before it sees that they are not there, and a block's size below zero sends it back for ever.

/** The body at bytes[from, to). About anything else that is wrong with it the reader has the word. */
export type Fits = (bytes: Uint8Array, from: number, to: number) => boolean;
type Cursor = { readonly bytes: Uint8Array; readonly to: number; at: number; /** items that may still come: as many as there are bytes, whatever an item is */ items: number };
type Walk = (c: Cursor) => void;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const lose = (c: Cursor): void => void (c.at = Number.POSITIVE_INFINITY);
/** No longer one is written: ten groups of seven bits hold 64. */
const LONG_BYTES = 10;
/** Exact up to 2^53: a count or a length beyond is beyond any body. */
function long(c: Cursor): number {
  let value = 0;
  for (let scale = 1, left = LONG_BYTES; left > 0 && c.at < c.to; scale *= 128, left -= 1) {
    const byte = c.bytes[c.at] ?? 0;
    c.at += 1;
    value += (byte & 127) * scale;
    if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
  lose(c);
  return 0;
}
function skip(c: Cursor, bytes: number): void {
  if (bytes < 0) lose(c);
  else c.at += bytes;
}
const skipLong: Walk = (c) => void long(c);
const skipText: Walk = (c) => skip(c, long(c));
const fixed = (bytes: number): Walk => (c) => skip(c, bytes);
const PLAIN: ReadonlyMap<string, Walk> = new Map([['null', () => undefined], ['boolean', fixed(1)], ['int', skipLong], ['long', skipLong], ['enum', skipLong], ['float', fixed(4)], ['double', fixed(8)], ['bytes', skipText], ['string', skipText]]);

/** Blocks of items until an empty one. */
const blocks = (item: Walk): Walk => (c) => {
  while (c.at <= c.to) {
    const count = long(c);
    if (count === 0) return;
    const end = count < 0 ? long(c) + c.at : undefined;
    c.items -= Math.abs(count);
    if (c.items < 0) return lose(c);
    for (let left = Math.abs(count); left > 0 && c.at <= c.to; left -= 1) item(c);
    // Who skips a list goes by the block's size.
    if (end !== undefined && end !== c.at) lose(c);
  }
};
function walkOf(schema: unknown, named: Map<string, Walk>): Walk {
  if (typeof schema === 'string') return PLAIN.get(schema) ?? ((c) => (named.get(schema) ?? lose)(c));
  if (Array.isArray(schema)) {
    const branches = schema.map((one) => walkOf(one, named));
    return (c) => (branches[long(c)] ?? lose)(c);
  }
  if (!isObject(schema)) return lose;
  const { type, name, fields, items, values, size } = schema;
  let walk: Walk = lose;
  if (type === 'array') walk = blocks(walkOf(items, named));
  else if (type === 'map') {
    const value = walkOf(values, named);
    walk = blocks((c) => {
      skipText(c);
      value(c);
    });
  } else if (type === 'record' || type === 'error') {
    // Its own name may stand in its fields.
    const parts: Walk[] = [];
    walk = (c) => {
      for (let i = 0; i < parts.length && c.at <= c.to; i += 1) parts[i]?.(c);
    };
    if (typeof name === 'string') named.set(name, walk);
    for (const field of Array.isArray(fields) ? fields : []) parts.push(walkOf(isObject(field) ? field['type'] : undefined, named));
  } else if (type === 'fixed') walk = fixed(Number(size));
  else walk = walkOf(type, named);
  if (typeof name === 'string') named.set(name, walk);
  return walk;
}
const hasList = (schema: unknown): boolean => isObject(schema) && (schema['type'] === 'array' || schema['type'] === 'map' || Object.values(schema).some(hasList));

/** For a schema as a parser gives it back: names in full, each described where it comes first. undefined: it has no list and no map, and what one reads of it is bounded by itself. */
export function fitsOf(schema: unknown): Fits | undefined {
  if (!hasList(schema)) return undefined;
  const walk = walkOf(schema, new Map());
  return (bytes, from, to) => {
    const cursor: Cursor = { bytes, to, at: from, items: to - from };
    walk(cursor);
    return cursor.at <= to;
  };
}
