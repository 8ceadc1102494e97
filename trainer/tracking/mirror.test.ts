// The mirror against an MLflow in memory: cut off before and after every single call, it ends with one run, one version and the right alias.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silent } from '../../producers/kafka.ts';
import { createTracking, type Tracking } from './client.ts';
import { fakeMlflow, type FakeMlflow } from './fake.testing.ts';
import { createSweep, delayMs, PACE, startMirror } from './keepUp.ts';
import { MODEL_TAG, RUN_TAG, type MirroredRow } from './mapping.ts';
import { mirrorRow } from './mirror.ts';
import { aRow, mirroredIn, objectsOf, rejectedRow } from './rows.testing.ts';

const clientOf = (fetch: FakeMlflow['fetch'], signal = new AbortController().signal): Tracking => createTracking({ uri: 'http://mlflow.test/', fetch, timeoutMs: 1000, signal });
const activeRuns = (fake: FakeMlflow): string[] => [...fake.runs.values()].filter((run) => run.info.lifecycle_stage === 'active').map((run) => run.tags.get(RUN_TAG) ?? '');
/** Everything that counts, without the ids that MLflow makes. */
const stateOf = (fake: FakeMlflow, held: ReadonlyMap<string, string>): unknown => {
  const plain = (text: string): string => text.replaceAll(/run\d{4}/g, 'RUN');
  return {
    runs: [...fake.runs.values()].filter((run) => run.info.lifecycle_stage === 'active').map((run) => [[...run.tags], [...run.params], [...run.metrics.values()], [...run.inputs], run.info['status'], run.info['end_time']]),
    versions: fake.versions.map((one) => [one.tags, plain(one.source)]), aliases: [...fake.aliases.keys()], held: [...held].map(([uri, text]) => [plain(uri), plain(text)]).sort(),
  };
};
function world(rows: MirroredRow[], fake = fakeMlflow()) {
  const objects = objectsOf(rows);
  const mirrored = mirroredIn(rows);
  const behind: number[] = [];
  let nowMs = 0;
  const sweep = createSweep({ mirrored, edges: { mlflow: clientOf(fake.fetch), objects }, pace: PACE, log: silent, onBehind: (n) => behind.push(n), nowMs: () => nowMs });
  return { fake, objects, mirrored, behind, sweep, pass: (ms: number) => (nowMs += ms) };
}

test('a promoted row becomes one finished run with its files, a dataset, a registered version and the alias', async () => {
  const { fake, objects, mirrored, sweep, behind } = world([aRow(1)]);
  await sweep();
  const [run] = fake.runs.values();
  assert.deepEqual([fake.runs.size, run?.info['status'], run?.inputs.size], [1, 'FINISHED', 1]);
  assert.deepEqual([...objects.held.keys()].filter((uri) => uri.startsWith('s3://mlflow/')).sort(), ['model/MLmodel', 'model/manifest.json', 'model/model.json', 'model/weights.bin', 'run.json'].map((name) => `s3://mlflow/1/run0001/artifacts/${name}`));
  assert.deepEqual(fake.versions.map((one) => [one.version, one.run_id, one.source]), [['1', 'run0001', 's3://mlflow/1/run0001/artifacts/model']]);
  assert.deepEqual([...fake.aliases], [['grocery@champion', '1']]);
  assert.deepEqual([[...mirrored.marks], behind], [[['row-1', 'run0001']], [1, 0]]);
});

const clean = world([rejectedRow(1), aRow(2)]);
await clean.sweep();
const wanted = stateOf(clean.fake, clean.objects.held);
for (const when of ['before', 'after'] as const) {
  test(`cut off ${when} each of its ${clean.fake.calls.length} calls and started again: the same end`, async () => {
    for (let n = 0; n < clean.fake.calls.length; n += 1) {
      const { fake, objects, sweep } = world([rejectedRow(1), aRow(2)]);
      fake.cutAt(n, when);
      await assert.rejects(sweep(), { kind: 'transient' });
      // Another process: what the first one remembered is gone, what it told stands.
      const next = world([rejectedRow(1), aRow(2)], fake);
      for (const [uri, text] of objects.held) next.objects.held.set(uri, text);
      await next.sweep();
      assert.deepEqual(stateOf(fake, next.objects.held), wanted, `call ${n}: ${fake.calls[n] ?? ''}`);
      assert.deepEqual([fake.runs.size, fake.versions[0]?.version], [2, '1'], 'nothing was made to be deleted again');
    }
  });
}
test('two that tell the same row at the same time agree on one run and one version', async () => {
  const fake = fakeMlflow();
  const objects = objectsOf([aRow(1)]);
  const edges = { mlflow: clientOf(fake.fetch), objects };
  const agreed = await Promise.all([mirrorRow(aRow(1), edges), mirrorRow(aRow(1), edges)]);
  assert.deepEqual([agreed, activeRuns(fake), fake.versions.map((one) => one.version)], [['run0001', 'run0001'], ['row-1'], ['1']]);
  assert.equal(fake.runs.size, 2, 'both had made one');
});
test('MLflow away: an error that may be tried again; back: everything is made up for, in order, and the alias moves once', async () => {
  const { fake, sweep, behind } = world([aRow(1), rejectedRow(2), aRow(3)]);
  fake.away = true;
  for (let n = 0; n < 3; n += 1) await assert.rejects(sweep(), { code: 'mlflow_away', kind: 'transient' });
  fake.away = false;
  await sweep();
  assert.deepEqual(activeRuns(fake), ['row-1', 'row-2', 'row-3']);
  assert.deepEqual([fake.moves, behind.at(-1)], [['2'], 0]);
});
test('a rollback makes no new version; the alias goes to the old one because its promotion is the later', async () => {
  const rows = [aRow(1), aRow(2)];
  const { fake, sweep } = world(rows);
  await sweep();
  const first = aRow(1);
  rows.push(aRow(3, { cause: 'rollback', model_version: 'v1', manifest_s3: first.manifest_s3, weights_s3: first.weights_s3, report: null }));
  await sweep();
  assert.deepEqual([fake.versions.length, fake.moves], [2, ['2', '1']]);
  assert.ok(!fake.calls.some((call) => call.startsWith('DELETE')));
});
test('the alias never names an older promotion: not while the champion is refused, not while everything is told again', async () => {
  const rows = [aRow(1), aRow(2)];
  const { fake, sweep, mirrored, pass } = world(rows);
  await sweep();
  rows.push(aRow(3));
  fake.refuses = 'grocery/manual/3';
  await sweep();
  pass(PACE.againMs);
  await sweep();
  assert.deepEqual([fake.moves, mirrored.marks.size], [['2'], 2]);
  fake.refuses = undefined;
  pass(PACE.againMs);
  await sweep();
  assert.deepEqual(fake.moves, ['2', '3']);
});
test('a refused row holds up no other and is tried again later', async () => {
  const { fake, sweep, mirrored, behind, pass } = world([aRow(1), aRow(2)]);
  fake.refuses = 'grocery/manual/1';
  await sweep();
  assert.deepEqual([[...mirrored.marks.keys()], behind.at(-1)], [['row-2'], 1]);
  fake.refuses = undefined;
  await sweep();
  assert.equal(mirrored.marks.size, 1);
  pass(PACE.againMs);
  await sweep();
  assert.deepEqual([mirrored.marks.size, behind.at(-1)], [2, 0]);
});
test('nor does a row whose manifest is torn', async () => {
  const { objects, sweep, mirrored, behind } = world([aRow(1), aRow(2)]);
  objects.held.set(aRow(1).manifest_s3 ?? '', '{"format": 1,');
  await sweep();
  assert.deepEqual([[...mirrored.marks.keys()], behind.at(-1)], [['row-2'], 1]);
});
test('an emptied MLflow is told everything again', async () => {
  const rows = [aRow(1), aRow(2)];
  const { fake, sweep, mirrored } = world(rows);
  await sweep();
  fake.away = true;
  rows.push(rejectedRow(3));
  await assert.rejects(sweep());
  fake.wipe();
  fake.away = false;
  await sweep();
  assert.deepEqual([activeRuns(fake), mirrored.marks.size, [...fake.aliases]], [['row-1', 'row-2', 'row-3'], 3, [['grocery@champion', '2']]]);
});
test('an alias that somebody moved by hand comes back', async () => {
  const { fake, sweep, pass } = world([aRow(1), aRow(2)]);
  await sweep();
  fake.aliases.set('grocery@champion', '1');
  pass(PACE.againMs);
  await sweep();
  assert.deepEqual([...fake.aliases.values()], ['2']);
});
test('a half-told run with other parameters, from an older program, is told anew', async () => {
  const fake = fakeMlflow();
  const edges = { mlflow: clientOf(fake.fetch), objects: objectsOf([aRow(1)]) };
  await mirrorRow(aRow(1), edges);
  for (const run of fake.runs.values()) run.params.set('seed', '7');
  await mirrorRow(aRow(1), edges);
  assert.deepEqual([activeRuns(fake), [...fake.runs.values()].at(-1)?.params.get('seed'), fake.versions.length], [['row-1'], '42', 1]);
});
test('an object that is gone is left out; nothing else is', async () => {
  const { fake, objects, sweep } = world([aRow(1)]);
  objects.held.delete('s3://models/grocery/sha1/weights.bin');
  await sweep();
  assert.ok(![...objects.held.keys()].some((uri) => uri.endsWith('artifacts/model/weights.bin')));
  assert.equal(fake.versions[0]?.tags.find((tag) => tag.key === MODEL_TAG)?.value, aRow(1).manifest_s3);
});

test('what an answer means', async () => {
  const answers: [name: string, fetch: FakeMlflow['fetch'], kind: string][] = [
    ['refused', () => Promise.resolve(new Response(JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message: 'no' }), { status: 400 })), 'poison'],
    ['broken inside', () => Promise.resolve(new Response(JSON.stringify({ error_code: 'INTERNAL_ERROR', message: 'db' }), { status: 500 })), 'transient'],
    ['too many', () => Promise.resolve(new Response('{"error_code":"REQUEST_LIMIT_EXCEEDED"}', { status: 429 })), 'transient'],
    ['a proxy’s page', () => Promise.resolve(new Response('<html>', { status: 403 })), 'transient'],
    ['torn JSON', () => Promise.resolve(new Response('{"run": {', { status: 200 })), 'transient'],
    ['nobody', () => Promise.reject(new TypeError('fetch failed')), 'transient'],
  ];
  for (const [name, fetch, kind] of answers) await assert.rejects(clientOf(fetch).endRun('r', { runName: '', status: 'FINISHED', startMs: 0, endMs: 0, tags: [], params: [], metrics: [], dataset: undefined }), { kind }, name);
});
test('many entries go in parts that MLflow takes', async () => {
  const sizes: number[] = [];
  const client = clientOf((_url, init) => {
    const body = JSON.parse(String(init.body)) as Record<string, unknown[]>;
    sizes.push((body['metrics'] ?? body['params'] ?? body['tags'] ?? []).length);
    return Promise.resolve(new Response('{}'));
  });
  const pair = { key: 'k', value: 'v' };
  await client.log('r', { metrics: Array.from({ length: 1001 }, () => ({ key: 'k', value: 1, timestamp: 0, step: 0 })), params: Array.from({ length: 101 }, () => pair), tags: [pair] });
  assert.deepEqual(sizes, [1000, 1, 100, 1, 1]);
});
test('the wait grows to its limit', () => {
  assert.deepEqual([1, 2, 3, 4, 9].map((failures) => delayMs(failures, { firstMs: 500, maxMs: 3000 })), [500, 1000, 2000, 3000, 3000]);
});
test('the loop tells what comes when it is called, and stop ends a call that hangs', async () => {
  const rows = [aRow(1)];
  const fake = fakeMlflow();
  const abort = new AbortController();
  const mirrored = mirroredIn(rows);
  let tellBehind: (n: number) => void = () => undefined;
  const behindIs = (n: number): Promise<void> => new Promise((resolve) => (tellBehind = (now) => (now === n ? resolve() : undefined)));
  let hangs = false;
  let hung: () => void = () => undefined;
  const fetch: FakeMlflow['fetch'] = (url, init) => (hangs ? new Promise((_, reject) => {
    init.signal?.addEventListener('abort', () => reject(new Error('aborted')));
    hung();
  }) : fake.fetch(url, init));
  const done = behindIs(0);
  const mirror = startMirror({ mirrored, edges: { mlflow: createTracking({ uri: 'http://mlflow.test', fetch, timeoutMs: 60_000, signal: abort.signal }), objects: objectsOf([aRow(1), aRow(2)]) }, pace: { ...PACE, idleMs: 3_600_000 }, log: silent, onBehind: (n) => tellBehind(n), abort });
  await done;
  hangs = true;
  const hanging = new Promise<void>((resolve) => (hung = resolve));
  rows.push(aRow(2));
  mirror.wake();
  await hanging;
  await mirror.stop();
  assert.deepEqual([...mirrored.marks.keys()], ['row-1']);
});
