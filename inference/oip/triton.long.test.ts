// A public client library calls the running service: Triton's, with JSON and with binary tensors. What it was answered is in the log as predictions.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openContext } from '../../stack/context.ts';
import { runProgram } from '../../stack/fetch.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { fetchPython, type Pinned } from '../../stack/python.ts';
import { openBench, until, watch } from '../../stack/testing.ts';

export const TRITON: readonly Pinned[] = ['tritonclient[http]==2.73.0'];
type Call = { id?: string; version: string; outputs: string[]; category: string[]; categories: string[]; prediction_id: string[]; shape: number[]; sums: number[]; probability: number[] };
type Told = { live: boolean; ready: boolean; model_ready: boolean; version_ready: boolean; server: { name: string }; model: { name: string; versions: string[] }; calls: Record<'json' | 'binary' | 'all' | 'some', Call>; refusals: Record<string, [string, string] | null> };
const TEXTS = ['Kestrel Sparkling Water Lemon', 'Toilet paper 8 rolls', 'Crème fraîche 200 g 🥛'];
const ALL = ['category', 'probability', 'probabilities', 'categories', 'prediction_id'];

test('Triton’s Python client: health, metadata, infer as JSON and as bytes, refusals', async (t) => {
  const bench = await openBench(t);
  const { paths, settings, secrets } = openContext(process.env, { create: false });
  const python = await fetchPython(paths.cache, 'triton', TRITON, console.log);
  const told = JSON.parse(await runProgram(python, [join(PROJECT_DIR, 'inference/oip/tritonCalls.py'), `127.0.0.1:${settings.inferencePort}`, secrets.tokens.predict, settings.modelName, ...TEXTS])) as Told;
  assert.deepEqual([told.live, told.ready, told.model_ready, told.version_ready, told.server.name, told.model.name], [true, true, true, true, 'live-f1-loop', settings.modelName]);
  const { json, binary, all, some } = told.calls;
  for (const call of [json, binary, all]) {
    assert.deepEqual([call.outputs, call.version, call.shape, call.category.length, call.prediction_id.length], [ALL, told.model.versions[0], [TEXTS.length, call.categories.length], TEXTS.length, TEXTS.length]);
    assert.ok(call.sums.every((sum) => Math.abs(sum - 1) < 1e-9) && call.category.every((one) => call.categories.includes(one)));
  }
  assert.deepEqual([json.id, binary.id, some.outputs], ['mine', 'mine', ['category']]);
  assert.deepEqual([binary.category, binary.probability, all.category, some.category], [json.category, json.probability, json.category, json.category]);
  assert.deepEqual(Object.fromEntries(Object.entries(told.refusals).map(([name, refusal]) => [name, refusal?.[0]])), { empty: '400', version: '404', model: '404' });
  assert.match(told.refusals['empty']?.[1] ?? '', /row 0 of product_description is empty/);
  const predictions = await watch(t, bench, 'predictions');
  const ids = [...json.prediction_id, ...binary.prediction_id, ...all.prediction_id];
  const found = await until('every row of them stands in predictions', () => {
    const byId = new Map(predictions.map((one) => [one.prediction_id, one]));
    return ids.every((id) => byId.has(id)) ? byId : undefined;
  });
  assert.deepEqual(json.prediction_id.map((id) => found.get(id)?.product_description), TEXTS);
  console.log(`tritonclient ${TRITON[0]?.split('==')[1] ?? ''}: 6 calls of health and metadata, ${Object.keys(told.calls).length} infers of ${TEXTS.length} rows (JSON and binary), 3 refusals; every row is an event`);
});
