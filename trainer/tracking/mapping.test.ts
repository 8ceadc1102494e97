// What MLflow is told of a row: tables, and laws for names that MLflow takes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { filesOf, MODEL_TAG, RUN_TAG, toldOf, versionOf } from './mapping.ts';
import { chunksOf, figuresIn, keyOf, LIMITS, textsIn } from './names.ts';
import { aRow, rejectedRow } from './rows.testing.ts';

const MANIFEST = { format: 1, weights_file: 'weights.bin', weights_sha256: 'x', golden: [{ text: 'secret row' }], recipe: { kind: 'hashed', charBits: 18 }, tolerance: 1e-5 };
const told = toldOf(aRow(3), MANIFEST);
const at = (list: readonly { key: string; value: unknown }[], key: string): unknown => list.find((one) => one.key === key)?.value;

test('the row’s figures, the report’s figures and each category are metrics; what is absent is none', () => {
  const once = told.metrics.filter((one) => one.step === 0);
  const table: [string, number | undefined][] = [
    ['f1', 0.95], ['min_f1', 0.8], ['champion_f1', undefined], ['duration_seconds', 4.5], ['attempts', 1], ['temperature', 2.5], ['ece', 0.01], ['verdict.pValue', 0.01], ['counts.training', 80],
    ['candidate.hold_out.macro', 0.93], ['candidate.hold_out.classes.Fresh and Perishable Items.f1', 1], ['candidate.recent.labels', 0], ['recipe.wordBits', undefined], ['seed', undefined],
  ];
  for (const [key, value] of table) assert.equal(at(once, key), value, key);
  assert.ok(once.every((one) => one.timestamp === 3_005_000 && Number.isFinite(one.value)));
  assert.ok(!once.some((one) => one.key.includes('cells') || one.key.includes('worst')));
});
test('each epoch is a step of loss, eval_f1 and eval_f1_min; a figure it lacks is left out', () => {
  const steps = (key: string): unknown => told.metrics.filter((one) => one.key === key).map(({ step, value, timestamp }) => [step, value, timestamp]);
  assert.deepEqual(steps('loss'), [[1, 0.9, 3_001_100], [2, 0.4, 3_002_100]]);
  assert.deepEqual(steps('eval_f1'), [[1, 0.7, 3_001_100], [2, 0.95, 3_002_100]]);
  assert.deepEqual(steps('eval_f1_min'), [[1, 0.5, 3_001_100]]);
});
test('parameters: what was asked, the recipe, seed, library versions; no golden rows, no weights', () => {
  const table: [string, string | undefined][] = [['cause', 'manual'], ['request.epoch_num', '2'], ['epochs', '2'], ['recipe.kind', 'hashed'], ['recipe.charBits', '18'], ['recipe.wordBits', '18'], ['seed', '42'], ['library_versions.tfjs', '4.22.0'], ['backend', 'wasm'], ['best_model_metric', 'eval_f1'], ['best_epoch', '2'], ['threshold', '0.9'], ['champion_version', 'v2'], ['weights_file', undefined]];
  for (const [key, value] of table) assert.equal(at(told.params, key), value, key);
  assert.ok(!JSON.stringify(told).includes('secret row'));
});
test('tags say which row it is; the note says the verdict in words', () => {
  for (const [key, value] of [[RUN_TAG, 'row-3'], ['loop.retrain_id', 'grocery/manual/3'], ['loop.outcome', 'promoted'], ['loop.model_version', 'v3'], ['loop.promotion_seq', '3'], ['mlflow.user', 'ada']] as const) assert.equal(at(told.tags, key), value, key);
  assert.match(String(at(told.tags, 'mlflow.note.content')), /\*\*promoted\*\* as v3 \(promotion 3\): it's better/);
  assert.deepEqual([told.runName, told.startMs, told.endMs], ['grocery/manual/3', 3_000_100, 3_005_000]);
});
test('how a row ended, in MLflow’s words', () => {
  const ends = ['promoted', 'rejected', 'error', 'cancelled', 'superseded', 'stale'].map((outcome) => toldOf(aRow(1, { outcome }), undefined).status);
  assert.deepEqual(ends, ['FINISHED', 'FINISHED', 'FAILED', 'KILLED', 'KILLED', 'KILLED']);
});
test('a row that never trained has no dataset, no model, no epochs, and a report that is no JSON is none', () => {
  const bare = aRow(1, { outcome: 'error', report: 'torn {', manifest_s3: null, weights_s3: null, dataset_hash: null, dataset_path: null, promotion_seq: null, started_at: null, finished_at: null });
  const { dataset, metrics, startMs, endMs } = toldOf(bare, undefined);
  assert.deepEqual([dataset, startMs, endMs], [undefined, 1_000_000, 1_000_000]);
  assert.deepEqual(metrics.map((one) => one.key).sort(), ['attempts', 'duration_seconds', 'f1', 'min_f1']);
  assert.deepEqual(filesOf(bare, undefined).map((one) => one.name), ['run.json']);
});
test('the dataset is named by its hash, within MLflow’s limit, with its counts', () => {
  assert.deepEqual(told.dataset, { name: `grocery ${'d'.repeat(12)}`, digest: 'd'.repeat(36), sourceUri: 's3://dataset/auto/d/rows.csv', profile: '{"base":100,"training":80,"holdOut":20}' });
});
test('files: weights only of a promoted model', () => {
  assert.deepEqual(filesOf(aRow(3), 'weights.bin').map(({ from, name }) => `${name} < ${from}`), [
    'run.json < s3://models/grocery/runs/row-3.json', 'model/manifest.json < s3://models/grocery/sha3/manifest-row-3.json', 'model/model.json < s3://models/grocery/sha3/model.json', 'model/weights.bin < s3://models/grocery/sha3/weights.bin',
  ]);
  assert.deepEqual(filesOf(rejectedRow(3), 'weights.bin').map(({ name }) => name), ['run.json', 'model/manifest.json']);
  assert.deepEqual(filesOf({ ...rejectedRow(3), manifest_s3: null, report_s3: 's3://models/grocery/sha3/report-row-3.html' }, undefined)[1], { from: 's3://models/grocery/sha3/report-row-3.html', name: 'report.html' });
});
test('a registered version is known by the manifest it came from', () => {
  const row = { ...aRow(3), manifest_s3: 's3://models/grocery/sha3/manifest-row-3.json' };
  const { source, tags } = versionOf(row, 's3://mlflow/1/r/artifacts');
  assert.equal(source, 's3://mlflow/1/r/artifacts/model');
  assert.equal(at(tags, MODEL_TAG), row.manifest_s3);
});

const anything = fc.anything({ withDate: false, maxDepth: 4 });
test('law: whatever a report holds, the names and values are ones that MLflow takes, and telling twice tells the same', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), anything), fc.string({ minLength: 1, maxLength: 300 }), (report, reason) => {
    const row = aRow(2, { report: JSON.stringify(report), outcome_reason: reason });
    const one = toldOf(row, report);
    assert.deepEqual(one, toldOf(row, report));
    for (const { key } of [...one.metrics, ...one.params, ...one.tags]) {
      assert.match(key, /^[\w\-. :]+$/);
      assert.ok(key.length <= LIMITS.key && key === key.trim() && !key.startsWith('.'), key);
    }
    for (const list of [one.params, one.tags]) assert.equal(new Set(list.map((pair) => pair.key)).size, list.length);
    assert.ok(one.params.every((pair) => pair.value.length <= LIMITS.param) && one.tags.every((pair) => pair.value.length <= LIMITS.tag));
    assert.ok(one.metrics.every((metric) => Number.isFinite(metric.value)));
  }));
});
test('law: no figure is lost when two paths clean to one name', () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true })), (flat) => {
    assert.equal(figuresIn(flat).size, Object.keys(flat).length);
  }));
  assert.deepEqual([...figuresIn({ 'a+b': 1, 'a*b': 2, 'a?b': 3 })], [['a_b', 1], ['a_b_2', 2], ['a_b_3', 3]]);
});
test('names and texts', () => {
  assert.deepEqual([keyOf(['Dry Goods & Pantry Staples', 'f1']), keyOf(['', '%']), keyOf(['../x'])], ['Dry Goods and Pantry Staples.f1', '_', '_x']);
  assert.deepEqual(textsIn({ a: { b: true, c: null, d: '' }, e: [1, 2] }), [['a.b', 'true'], ['e', '[1,2]']]);
  assert.deepEqual(chunksOf([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
});
