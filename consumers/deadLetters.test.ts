import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import packageJson from '../package.json' with { type: 'json' };
import { MAX_BYTES } from '../producers/outgoing.ts';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from '../schemas/recordSize.ts';
import { deadLetterOf, MAX_ERROR_CHARS } from './deadLetters.ts';
import { readKnown } from './inputs.ts';
import type { Incoming } from './record.ts';

const record = (change: Partial<Incoming> = {}): Incoming => ({ topic: 'feedback', partition: 2, offset: 9n, timestampMs: 5, key: Buffer.from('k'), value: Buffer.from('v'), headers: {}, ...change });

test('the headers say where it came from, why, when and which program of which release set it aside', () => {
  const letter = deadLetterOf(record(), 'orphan', new Error('no prediction came'), 'join', Date.UTC(2026, 0, 2));
  assert.deepEqual(letter.headers, { topic: 'feedback', partition: '2', offset: '9', reason: 'orphan', error: 'no prediction came', time: '2026-01-02T00:00:00.000Z', process: 'join', 'process-version': packageJson.version });
  assert.deepEqual('value' in letter && letter.value, { topic: 'feedback', partition: 2, offset: 9, reason: 'orphan', error: 'no prediction came', consumer: 'join', original_key: Buffer.from('k'), original_value: Buffer.from('v'), died_at: Date.UTC(2026, 0, 2) });
});
test('however large the record, the letter is one the broker takes; what was cut says how large it was', () => {
  const letter = deadLetterOf(record({ key: Buffer.alloc(100_000, 'k'), value: Buffer.alloc(30_000_000, 1) }), 'too_large', new Error('x'.repeat(1_000_000)), 'join', 0);
  assert.ok('value' in letter && letter.value !== null && letter.topic === 'dead-letters');
  const { original_key: key, original_value: value, error } = letter.value;
  assert.deepEqual([key?.length, value?.length, error.length], [MAX_KEY_BYTES, MAX_VALUE_BYTES, MAX_ERROR_CHARS]);
  assert.deepEqual([letter.headers?.['original-key-bytes'], letter.headers?.['original-value-bytes'], letter.headers?.['error']?.length], ['100000', '30000000', MAX_ERROR_CHARS]);
  assert.ok(letter.key.length * 3 + MAX_KEY_BYTES + MAX_VALUE_BYTES + 3 * MAX_ERROR_CHARS < MAX_BYTES);
});
test('a record that we could not write again is set aside, be it misplaced or not, before anything is made of it', () => {
  const ask = { topic: 'feedback', registry: { known: () => assert.fail('it is not read') }, partitions: 3, idOf: () => '', consumer: 'join', nowMs: 0 } as unknown as Parameters<typeof readKnown<'feedback'>>[0];
  for (const partition of [0, 1, 2]) {
    for (const change of [{ value: Buffer.alloc(MAX_VALUE_BYTES + 1) }, { key: Buffer.alloc(MAX_KEY_BYTES + 1, 'k') }]) {
      const read = readKnown(ask, record({ partition, ...change }));
      assert.deepEqual(read?.status === 'dead' && read.reason, 'too_large');
    }
  }
});
test('every dead letter is made in one place', () => {
  const root = join(import.meta.dirname, '..');
  const makers = globSync('{schemas,producers,consumers,trainer,inference,stack}/**/*.ts', { cwd: root }).filter((file) => !/\.(test|testing)\.ts$/.test(file) && /topic: 'dead-letters',/.test(readFileSync(join(root, file), 'utf8')));
  assert.deepEqual(makers, ['consumers/deadLetters.ts']);
});
