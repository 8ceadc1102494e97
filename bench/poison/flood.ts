// A flood of records that nobody can use, one kind after the other: what careless and hostile clients send. Pure in (i, ids): record number i can be asked for at any time.
import { encode } from '../../schemas/codec.ts';
import type { Feedback, Product } from '../../schemas/events.ts';

/** partition by the key, as a client does. */
export type Poison = { readonly key: string; readonly value: Buffer | null };
/** Each names another. */
const unknownSchemaId = (i: number): number => 0x7fff_fff0 - i;
const framed = (id: number, body: string): Buffer => {
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32BE(id, 1);
  frame.write(body, 5, 'latin1');
  return frame;
};
const JSON_TEXT = '{"prediction_id":"0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b","category":"Beverages","source":"a client that writes JSON"}';

/** Feedback: known: the id of a prediction that exists. */
export function poisonFeedback(i: number, schemaId: number, known: string): Poison {
  const event: Feedback = { prediction_id: known, feedback_id: `poison-${i}`, model_name: 'grocery', category: 'No Such Category', source: 'poison', given_at: 0 };
  switch (i % 5) {
    case 0: return { key: known, value: Buffer.from(JSON_TEXT) };
    case 1: return { key: known, value: framed(schemaId, '\xff\xff\xff\xff not avro at all') };
    case 2: return { key: `other-${i}`, value: encode('feedback', event, schemaId) };
    case 3: return { key: known, value: framed(unknownSchemaId(i), JSON_TEXT) };
    default: return { key: known, value: encode('feedback', event, schemaId) };
  }
}
export function poisonProduct(i: number, schemaId: number): Poison {
  const event: Product = { product_id: `poison-${i}`, prediction_id: null, model_name: '', product_description: '', sent_at: 0 };
  switch (i % 5) {
    case 0: return { key: event.product_id, value: Buffer.from(JSON_TEXT) };
    case 1: return { key: event.product_id, value: framed(schemaId, '\xff\xff\xff\xff not avro at all') };
    case 2: return { key: event.product_id, value: encode('products', { ...event, model_name: 'no-such-model', product_description: 'Oat Milk' }, schemaId) };
    case 3: return { key: event.product_id, value: framed(unknownSchemaId(i), JSON_TEXT) };
    default: return { key: event.product_id, value: encode('products', event, schemaId) };
  }
}
