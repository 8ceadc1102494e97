import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopError } from './failure.ts';
import { parseManifest } from './manifest.ts';

const RECIPE = { kind: 'hashed-word-char-v1', wordBits: 4, charBits: 4, charMin: 3, charMax: 4, wordScale: 1, rowNorm: 1, aisleTag: false };
const MANIFEST = {
  format: 1, model_name: 'm', run_id: 'r', categories: ['a', 'b'], recipe: RECIPE, temperature: 1, weights_file: 'weights.bin', weights_sha256: '0'.repeat(64), weights_bytes: 4 * 33 * 2,
  golden: [{ text: 'x', probabilities: [0.5, 0.5] }], tolerance: 1e-6, backend: 'test', dataset_hash: 'd', seed: 0,
};
const refusedFor = (field: string) => (error: unknown): boolean => error instanceof LoopError && error.code === 'bad_manifest' && error.message.endsWith(`: ${field}`);

test('found by fuzzing: a manifest that would count for ever, take anything for right or lead out of its folder is refused by its field', () => {
  assert.equal(parseManifest(JSON.stringify(MANIFEST)).run_id, 'r');
  // From -1e15 to 1e15 one by one, for every word of every text.
  for (const change of [{ charMin: -1e15, charMax: 1e15 }, { charMax: 25 }, { charMin: 2.5 }]) assert.throws(() => parseManifest(JSON.stringify({ ...MANIFEST, recipe: { ...RECIPE, ...change } })), refusedFor('recipe'));
  for (const name of ['"tolerance":0.000001', '"temperature":1']) assert.throws(() => parseManifest(JSON.stringify(MANIFEST).replace(name, `${name.split(':')[0] ?? ''}:1e999`)), refusedFor(name.split('"')[1] ?? ''));
  for (const weights_file of ['../../other/weights.bin', 'a/b', '', '$&']) assert.throws(() => parseManifest(JSON.stringify({ ...MANIFEST, weights_file })), refusedFor('weights_file'));
});
