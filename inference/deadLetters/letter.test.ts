import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeadLetter } from '../../schemas/events.ts';
import { letterId, letterView, placeOf, SHOWN_BYTES, textIn } from './letter.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const letter = (change: Partial<DeadLetter>): DeadLetter => ({ topic: 'products', partition: 2, offset: 9, reason: 'not_framed', error: 'no frame', consumer: 'inference', original_key: Buffer.from('k'), original_value: Buffer.from('hello'), died_at: 5, ...change });
const view = (change: Partial<DeadLetter>, event?: unknown) => letterView({ partition: 0, offset: 17n }, letter(change), event, base64);

test('ids name the place, and nothing else is one', () => {
  assert.equal(letterId({ partition: 0, offset: 17n }), 'dead-letters:0:17');
  assert.deepEqual(placeOf('dead-letters:0:17'), { partition: 0, offset: 17n });
  for (const id of ['', 'dead-letters:0', 'dead-letters:0:-1', 'products:0:1', 'dead-letters:0:1x', `dead-letters:0:${'9'.repeat(19)}`]) assert.equal(placeOf(id), undefined, id);
});
test('what stands in it: text where it is text, the event where it is one, else bytes', () => {
  assert.deepEqual(view({}), { id: 'dead-letters:0:17', topic: 'products', partition: 2, offset: 9, reason: 'not_framed', error: 'no frame', consumer: 'inference', process_version: null, at_ms: 5, key: 'k', bytes_base64: base64(Buffer.from('hello')), length: 5, text: 'hello' });
  assert.equal(view({}, { a: '<b>' }).text, '{"a":"<b>"}');
  const bytes = Buffer.from([0, 0, 0, 0, 7, 200]);
  assert.deepEqual([view({ original_value: bytes, original_key: bytes }).text, view({ original_value: bytes, original_key: bytes }).key], [null, `base64:${base64(bytes)}`]);
  const none = view({ original_value: null, original_key: null });
  assert.deepEqual([none.key, none.bytes_base64, none.length, none.text], [null, null, 0, null]);
  const long = view({ original_value: Buffer.alloc(10_000, 'x') });
  assert.deepEqual([long.length, long.text?.length, Buffer.from(long.bytes_base64 ?? '', 'base64').length], [10_000, SHOWN_BYTES, SHOWN_BYTES]);
  assert.deepEqual(['tab\tand\nline', 'ünï', 'bell\x07'].map((text) => textIn(Buffer.from(text))), ['tab\tand\nline', 'ünï', undefined]);
});
