// A hand-made model for tests: it answers one category whatever the text; any part can be damaged after its checksum was taken.
import { createHash } from 'node:crypto';
import type { ModelPromoted } from '../schemas/events.ts';
import { featureCount, type Recipe } from '../schemas/features.ts';
import type { Manifest } from '../schemas/manifest.ts';
import { createScorer } from '../schemas/scorer.ts';

const RECIPE: Recipe = { kind: 'hashed-word-char-v1', wordBits: 4, charBits: 4, charMin: 3, charMax: 3, wordScale: 1, rowNorm: 1, aisleTag: false };
export const TINY_CATEGORIES = ['Beverages', 'Fresh & Perishable Items'];
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Promotion `seq` of a model that answers TINY_CATEGORIES[answer], and its objects by address. `change` edits the manifest before its checksum is taken; every weight but the bias is `weight`. */
export function tinyModel(seq: number, answer: 0 | 1, change: Partial<Manifest> = {}, weight = 0): { promoted: ModelPromoted; objects: Map<string, Buffer> } {
  const recipe = change.recipe ?? RECIPE;
  const weights = new Float32Array((featureCount(recipe) + 1) * TINY_CATEGORIES.length).fill(weight);
  weights.fill(0, weights.length - TINY_CATEGORIES.length);
  weights[weights.length - TINY_CATEGORIES.length + answer] = 1;
  const bytes = Buffer.from(weights.buffer);
  const facts = { categories: TINY_CATEGORIES, recipe, temperature: 1 };
  const manifest: Manifest = {
    ...facts, format: 1, model_name: 'tiny', run_id: `run-${seq}`, weights_file: 'weights.bin', weights_sha256: sha256(bytes), weights_bytes: bytes.length,
    golden: [{ text: 'golden', probabilities: [...createScorer(facts, weights)('golden').probabilities] }], tolerance: 1e-6, backend: 'test', dataset_hash: 'none', seed: 0, ...change,
  };
  const text = JSON.stringify(manifest);
  const home = `s3://models/tiny/${seq}`;
  return {
    promoted: {
      model_name: 'tiny', model_version: `v${seq}`, promotion_seq: seq, manifest_uri: `${home}/manifest.json`, manifest_sha256: sha256(text), weights_sha256: sha256(bytes),
      run_id: `run-${seq}`, retrain_id: '', cause: 'test', previous_version: null, categories: TINY_CATEGORIES, promoted_at: 0,
      restored: false, previous_promotion_seq: null, previous_manifest_uri: null, previous_manifest_sha256: null, previous_weights_sha256: null,
    },
    objects: new Map([[`${home}/manifest.json`, Buffer.from(text)], [`${home}/weights.bin`, bytes]]),
  };
}
