// Shapes that several routes share: one source of type, validation and documentation.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify';
import { Type, type Static, type TObject } from 'typebox';
import { MAX_DESCRIPTION_CHARS } from '../../schemas/csv.ts';
import { ID_PATTERN } from '../../schemas/ids.ts';

/** The app as routes see it: what a schema says is what `request.body` and the answer are typed as. */
export type App = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>;
export const MAX_ITEMS = 1000;

export const Id = Type.String({ pattern: ID_PATTERN });
export const Text = Type.String({ minLength: 1, maxLength: MAX_DESCRIPTION_CHARS, pattern: '\\S' });
export const Item = Type.Object({ product_description: Text, prediction_id: Type.Optional(Id) });
export const Category = Type.String({ minLength: 1, maxLength: 200 });

/** One object, or many under `items`: the schema is chosen by whether `items` is there, so that an error names the right field. */
export function oneOrMany<T extends TObject>(one: T) {
  const many = Type.Object({ items: Type.Array(one, { minItems: 1, maxItems: MAX_ITEMS }) });
  return Type.Unsafe<Static<T> | { items: Static<T>[] }>({ type: 'object', if: { required: ['items'] }, then: many, else: one });
}

/** Lone surrogates become U+FFFD before scoring, as they would in Avro: the recorded text is the text that was scored. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD');
