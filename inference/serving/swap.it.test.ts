// Swaps under load on the real stack: no request fails, every answer is from the version it names, a damaged promotion keeps the old model.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Client as Minio } from 'minio';
import { s3Options } from '../../producers/connections.ts';
import { featureCount, type Recipe } from '../../schemas/features.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import { createScorer } from '../../schemas/scorer.ts';
import { openBench, scrape, startProcess, until, type Bench } from '../../stack/testing.ts';

const RECIPE: Recipe = { kind: 'hashed-word-char-v1', wordBits: 4, charBits: 4, charMin: 3, charMax: 3, wordScale: 1, rowNorm: 1, aisleTag: false };
const CATEGORIES = ['Beverages', 'Fresh & Perishable Items'];
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** A model that always answers CATEGORIES[answer]; `damage` spoils one part after its checksum was taken. */
async function promote(bench: Bench, model: string, seq: number, answer: number, damage?: 'weights' | 'golden', version = `v${seq}`): Promise<void> {
  const weights = new Float32Array((featureCount(RECIPE) + 1) * CATEGORIES.length);
  weights[weights.length - CATEGORIES.length + answer] = 1;
  const bytes = Buffer.from(weights.buffer);
  const facts = { categories: CATEGORIES, recipe: RECIPE, temperature: 1 };
  const right = [...createScorer(facts, weights)('golden').probabilities];
  const manifest: Manifest = {
    ...facts, format: 1, model_name: model, run_id: `run-${seq}`, weights_file: 'weights.bin', weights_sha256: sha256(bytes), weights_bytes: bytes.length,
    golden: [{ text: 'golden', probabilities: damage === 'golden' ? [...right].reverse() : right }], tolerance: 1e-6, backend: 'test', dataset_hash: 'none', seed: 0,
  };
  const s3 = new Minio(s3Options(bench.settings));
  const home = `${model}/${seq}`;
  if (damage === 'weights') bytes[0] = 1;
  await s3.putObject('models', `${home}/weights.bin`, bytes);
  await s3.putObject('models', `${home}/manifest.json`, JSON.stringify(manifest));
  await bench.publisher.send([{
    topic: 'models', key: model,
    value: { model_name: model, model_version: version, promotion_seq: seq, manifest_uri: `s3://models/${home}/manifest.json`, manifest_sha256: sha256(JSON.stringify(manifest)), weights_sha256: manifest.weights_sha256, run_id: `run-${seq}`, retrain_id: '', cause: 'test', previous_version: null, categories: CATEGORIES, promoted_at: 0, restored: false, previous_promotion_seq: null, previous_manifest_uri: null, previous_manifest_sha256: null, previous_weights_sha256: null },
  }]);
}

test('swaps under load: nothing fails, answers fit the version they name; damaged promotions keep the old model', async (t) => {
  const bench = await openBench(t);
  const model = `tiny-${randomUUID().slice(0, 8)}`;
  startProcess(t, bench, 'inference/main.ts', { MODEL_NAME: model });
  const url = `http://127.0.0.1:${bench.settings.inferencePort}`;
  const headers = { authorization: `Bearer ${bench.tokens['predict'] ?? ''}`, 'content-type': 'application/json' };
  const predict = async (): Promise<{ status: number; version: string; category: string; detail: string }> => {
    const answer = await fetch(`${url}/v1/predict`, { method: 'POST', headers, body: JSON.stringify({ product_description: 'anything' }) });
    const body = (await answer.json()) as Record<string, string>;
    return { status: answer.status, version: body['model_version'] ?? '', category: body['category'] ?? '', detail: body['detail'] ?? '' };
  };
  const before = await until('the service answers', () => predict().catch(() => undefined));
  assert.equal(before.status, 503);
  assert.match(before.detail, /no model serves yet/);

  await promote(bench, model, 1, 0);
  await until('v1 serves', async () => ((await predict()).version === 'v1' ? true : undefined));
  let running = true;
  const answers: Awaited<ReturnType<typeof predict>>[] = [];
  const load = Promise.all(Array.from({ length: 8 }, async () => {
    while (running) answers.push(await predict());
  }));
  for (let seq = 2; seq <= 5; seq += 1) {
    await promote(bench, model, seq, (seq + 1) % 2);
    await until(`v${seq} serves`, () => (answers.at(-1)?.version === `v${seq}` ? true : undefined));
  }
  await promote(bench, model, 3, 0);
  await promote(bench, model, 6, 0, 'weights');
  await promote(bench, model, 7, 0, 'golden');
  const failed = await until('the load failure is shown', async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return /^loop_model_load_failed\{[^}]*\} 1/m.test(text) ? true : undefined;
  });
  assert.ok(failed);
  const behind = async (at = bench.settings.inferencePort): Promise<number | undefined> => (await scrape(at)).get(`loop_model_behind{model_name="${model}"}`);
  assert.equal(await behind(), 2);
  assert.equal((await predict()).version, 'v5');
  await promote(bench, model, 8, 1);
  await until('v8 serves', () => (answers.at(-1)?.version === 'v8' ? true : undefined));
  assert.equal(await behind(), 0);
  // Back to an older version, under load too.
  await promote(bench, model, 9, 1, undefined, 'v4');
  await until('v4 serves again', () => (answers.at(-1)?.version === 'v4' ? true : undefined));
  running = false;
  await load;
  assert.deepEqual(answers.filter((answer) => answer.status !== 200), []);
  const rightFor = (version: string): string | undefined => CATEGORIES[version === 'v8' ? 1 : (Number(version.slice(1)) + 1) % 2];
  assert.deepEqual(answers.filter((answer) => answer.category !== rightFor(answer.version)), []);
  assert.ok(answers.every((answer) => !['v6', 'v7'].includes(answer.version)));

  // The newest is damaged and an instance starts: it serves what the others serve, and says that it is behind.
  await promote(bench, model, 10, 0, 'golden');
  const port = bench.settings.portBase + 18;
  startProcess(t, bench, 'inference/main.ts', { MODEL_NAME: model, INFERENCE_PORT: String(port) });
  const ready = await until('the new instance is ready', () => fetch(`http://127.0.0.1:${port}/health/ready`).then(async (answer) => (answer.ok ? ((await answer.json()) as { model_version: string }) : undefined), () => undefined));
  assert.equal(ready.model_version, 'v4');
  assert.equal(await until('it tells how far behind it is', () => behind(port)), 1);
  console.log(`${answers.length} answers over 6 swaps under load: none failed, none from another version than it names`);
});
