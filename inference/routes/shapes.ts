// Shapes that several routes share: one source of type, validation and documentation.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify';
import { Type, type Static, type TObject, type TSchema } from 'typebox';
import { MAX_DESCRIPTION_CHARS } from '../../schemas/csv.ts';
import { ID_PATTERN, ID_RULE } from '../../schemas/ids.ts';

/** The app as routes see it: what a schema says is what `request.body` and the answer are typed as. */
export type App = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>;
export const MAX_ITEMS = 1000;

export const Id = Type.String({ pattern: ID_PATTERN, description: ID_RULE, examples: ['0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b'] });
export const Text = Type.String({ minLength: 1, maxLength: MAX_DESCRIPTION_CHARS, pattern: '\\S', description: 'The text to classify.', examples: ['Kestrel Sparkling Water Lemon 330 ml'] });
export const Item = Type.Object({ product_description: Text, prediction_id: Type.Optional(Id) }, { title: 'Item', description: 'A text to classify. Without prediction_id an id is made (UUIDv7).' });
export type Item = Static<typeof Item>;
export const Category = Type.String({ minLength: 1, maxLength: 200, examples: ['Beverages'] });
export const ModelName = Type.String({ minLength: 1, maxLength: 64, examples: ['grocery'] });
export const Version = Type.String({ minLength: 1, maxLength: 64, examples: ['v3'] });
export const TimeMs = Type.Integer({ description: 'Milliseconds since 1970.' });

/** RFC 9457; how every route outside /v2 refuses. */
export const ProblemDocument = Type.Object(
  {
    type: Type.String(), title: Type.String(), status: Type.Integer(), detail: Type.String({ description: 'What is wrong and, where one is known, the way out.' }),
    field: Type.Optional(Type.String({ description: 'The field it is about, e.g. items.1.category.' })), instance: Type.Optional(Type.String({ description: 'urn:x-request-id: and the request id, as in the log.' })),
  },
  { title: 'Problem', description: 'A problem document (RFC 9457).', examples: [{ type: 'about:blank', title: 'bad request', status: 400, detail: 'body must have required property \'product_description\'', field: 'product_description', instance: 'urn:x-request-id:k3v9x2-1' }] },
);
export type ProblemDocument = Static<typeof ProblemDocument>;

/** What another process tells is passed on as it is: described here, not typed. */
export const passedOn = (schema: TSchema) => Type.Unsafe<unknown>(schema);
export const orNull = <T extends TSchema>(schema: T, description?: string) => Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

const SHOWN = Symbol('shown');
/** A schema that validates or serialises quickly, and the one the document shows for it. */
const shownAs = <T>(quick: object, shown: TSchema) => Type.Unsafe<T>(Object.defineProperty({ ...quick }, SHOWN, { value: shown, enumerable: false }) as TSchema);
/** What the document shows for a schema: itself, or what stands for it. */
export const shownOf = (schema: object): object => (Reflect.get(schema, SHOWN) as object | undefined) ?? schema;

/** A body of one object, or of many under `items`. It is validated by whether `items` is there, so that an error names the right field. */
export function oneOrMany<T extends TObject>(one: T) {
  const many = Type.Object({ items: Type.Array(one, { minItems: 1, maxItems: MAX_ITEMS }) });
  return shownAs<Static<T> | { items: Static<T>[] }>({ type: 'object', if: { required: ['items'] }, then: many, else: one }, Type.Unsafe({ anyOf: [{ allOf: [one], not: { required: ['items'] } }, many] }));
}
/** The answer to one, or to many: a list under `name` with an answer or a refusal each, and how many were refused. Serialised as one flat object whose absent parts are left out, so that nobody compares it with each alternative. */
export function answersOf<T extends TObject, R extends TObject, N extends string>(one: T, refused: R, name: N) {
  const count = Type.Integer({ description: 'How many of the list were refused; each says why in its place.' });
  // Where both have a field of one name, it is written as it is: a constant of one must not stand for the other's.
  const shared = Object.fromEntries(Object.keys(one.properties).filter((name) => name in refused.properties && JSON.stringify(one.properties[name]) !== JSON.stringify(refused.properties[name])).map((name) => [name, {}]));
  const each = { type: 'object', properties: { ...one.properties, ...refused.properties, ...shared } };
  const flat = { type: 'object', properties: { ...one.properties, [name]: { type: 'array', items: each }, refused: count } };
  const many = Type.Object({ [name]: Type.Array(Type.Union([one, refused])), refused: count });
  return shownAs<Static<T> | ({ [K in N]: (Static<T> | Static<R>)[] } & { refused: number })>(flat, Type.Union([one, many]));
}

/** Lone surrogates become U+FFFD before scoring, as they would in Avro: the recorded text is the text that was scored. */
export const wellFormed = (text: string): string => text.toWellFormed();
