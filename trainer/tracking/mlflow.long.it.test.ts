// ./loop test --long mlflow. A real MLflow, asked by its own Python client; hung and killed while trainings run, and the trainer killed while it tells.
// Nothing waits for MLflow: each training ends and is announced while MLflow cannot answer. Afterwards every row has one run, every model one version.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openContext, mlflowUriOf } from '../../stack/context.ts';
import { runProgram } from '../../stack/fetch.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { runningPid, stopPart } from '../../stack/pids.ts';
import { artifactEnv, fetchMlflow, mlflowService } from '../../stack/services/mlflow.ts';
import { startService } from '../../stack/services/service.ts';
import { closeAtEnd, openBench, scrape, startProcess, until, watch } from '../../stack/testing.ts';
import { createLedger } from '../record/ledger.ts';
import type { Row } from '../record/row.ts';

type Run = {
  readonly run_id: string; readonly status: string; readonly name: string; readonly start: number; readonly end: number; readonly tags: Record<string, string>; readonly params: Record<string, string>; readonly metrics: Record<string, number>;
  readonly history: Record<'loss' | 'eval_f1' | 'eval_f1_min', [number, number][]>; readonly datasets: { readonly digest: string; readonly source: string }[]; readonly artifacts: string[];
};
type Version = { readonly version: string; readonly run_id: string; readonly aliases: string[]; readonly tags: Record<string, string> };
type Seen = { readonly client: string; readonly runs: Run[]; readonly versions: Version[]; readonly champion: (Version & { readonly files: Record<string, string> }) | null };
const START_MS = 180_000;
const LONG_MS = 120_000;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** An MLflow of the tests' stack, under our own start and stop. */
async function openMlflow(t: TestContext) {
  const first = openContext(process.env, { create: false });
  const context = openContext({ ...process.env, MLFLOW_TRACKING_URI: mlflowUriOf(first.settings) }, { create: false });
  const { paths, settings } = context;
  const bin = await fetchMlflow(paths.cache, console.log);
  const pid = (): number => {
    const found = runningPid(paths.run, 'mlflow');
    assert.ok(found !== undefined, 'MLflow runs');
    return found;
  };
  const signal = (name: NodeJS.Signals): void => void process.kill(pid(), name);
  const start = async (): Promise<number> => {
    const began = performance.now();
    await startService(paths, mlflowService(context, bin), START_MS, () => false);
    return performance.now() - began;
  };
  closeAtEnd(t, async () => {
    if (runningPid(paths.run, 'mlflow') !== undefined) signal('SIGCONT');
    await stopPart(paths.run, 'mlflow', 10_000);
  });
  return {
    uri: settings.mlflowUri, start, hang: () => signal('SIGSTOP'),
    async kill9() {
      signal('SIGKILL');
      await until('MLflow is gone', () => (runningPid(paths.run, 'mlflow') === undefined ? true : undefined));
    },
    /** What MLflow's own client finds. */
    async ask(model: string): Promise<Seen> {
      const folder = mkdtempSync(join(tmpdir(), 'loop-mlflow-'));
      try {
        const env = Object.entries({ ...artifactEnv(context), MLFLOW_TRACKING_URI: settings.mlflowUri, MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false' }).map(([name, value]) => `${name}=${value}`);
        const out = await runProgram('env', [...env, join(bin, 'python'), '-W', 'ignore', join(PROJECT_DIR, 'trainer/tracking/look.py'), model, folder]);
        return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Seen;
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    /** How many runs MLflow is in the middle of being told. */
    async halfTold(): Promise<number> {
      const answer = await fetch(`${settings.mlflowUri}/api/2.0/mlflow/runs/search`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ experiment_ids: ['1', '2', '3', '4', '5'], filter: "attributes.status = 'RUNNING'" }) });
      return ((await answer.json()) as { runs?: unknown[] }).runs?.length ?? 0;
    },
  };
}

test('MLflow finds every run, its figures and files and the champion; hung or killed it delays nothing, and is told afterwards', async (t) => {
  const bench = await openBench(t);
  const model = `mlflow-${randomUUID().slice(0, 8)}`;
  const settings = { ...bench.settings, modelName: model };
  const ledger = createLedger(settings);
  closeAtEnd(t, () => ledger.close());
  const models = await watch(t, bench, 'models');
  const mlflow = await openMlflow(t);
  console.log(`MLflow answers after ${seconds(await mlflow.start())} (with new tables)`);
  const startTrainer = (): ReturnType<typeof startProcess> => startProcess(t, bench, 'trainer/main.ts', { MODEL_NAME: model, MLFLOW_TRACKING_URI: mlflow.uri, LEASE_MS: '3000', RETRAIN_EVERY_MS: '0' });
  let trainer = startTrainer();

  const retrainId = (name: string, cause: string): string => `${model}/${cause}/${name}`;
  const order = (name: string, cause: string, more: { force?: boolean; params?: object } = {}): Promise<void> =>
    bench.publisher.send([{ topic: 'retrain-requests', key: model, value: { retrain_id: retrainId(name, cause), model_name: model, model_version: null, cause, requested_at: Date.now(), requested_by: 'the long test', threshold: 0.9, live_f1: null, evidence_json: '{}', newest_predicted_at: null, params_json: JSON.stringify(more.params ?? {}), force: more.force ?? false } }]);
  const ended = (name: string, cause: string): Promise<Row> =>
    until(`${name} ends`, async () => (await ledger.latest(50)).find((row) => row.retrain_id === retrainId(name, cause) && (row.status === 'FINISHED' || row.status === 'FAILED')), LONG_MS);
  const announced = (seq: number): Promise<object> => until(`promotion ${seq} is announced`, () => models.find((event) => event.model_name === model && event.promotion_seq === seq));
  const stage = async (): Promise<string> => ((await fetch(`http://127.0.0.1:${settings.trainerPort}/trainings`).then((answer) => answer.json(), () => ({}))) as { stage?: string }).stage ?? '';
  const behind = async (): Promise<number | undefined> => (await scrape(settings.trainerPort)).get('loop_mlflow_behind');
  const caughtUp = async (): Promise<number> => {
    const began = performance.now();
    await until('the mirror has caught up', async () => ((await behind()) === 0 ? true : undefined), LONG_MS);
    return performance.now() - began;
  };

  await order('first', 'bootstrap');
  assert.equal((await ended('first', 'bootstrap')).outcome, 'promoted');
  console.log(`mirrored ${seconds(await caughtUp())} after the row ended`);
  await order('same again', 'manual');
  assert.equal((await ended('same again', 'manual')).outcome, 'rejected');
  await order('nothing there', 'train_csv', { params: { train_file_s3: 's3://dataset/train/no-such-file.csv' } });
  assert.equal((await ended('nothing there', 'train_csv')).outcome, 'error');
  await order('with mlflow', 'manual', { force: true });
  const up = await ended('with mlflow', 'manual');
  assert.equal(up.outcome, 'promoted');
  await caughtUp();

  const checkAll = async (what: string): Promise<Seen> => {
    const rows = (await ledger.latest(50)).filter((row) => row.model_name === model);
    const seen = await mlflow.ask(model);
    assert.deepEqual(seen.runs.map((run) => run.tags['loop.run_id']).sort(), rows.map((row) => row.id).sort(), `${what}: one run per row`);
    for (const row of rows) {
      const run = seen.runs.find((one) => one.tags['loop.run_id'] === row.id);
      assert.ok(run !== undefined);
      assert.deepEqual([run.tags['loop.outcome'], run.tags['loop.retrain_id'], run.name, run.status], [row.outcome, row.retrain_id, row.retrain_id, row.outcome === 'error' ? 'FAILED' : 'FINISHED']);
      assert.deepEqual([run.start, run.end], [row.started_at?.getTime(), row.finished_at?.getTime()]);
      for (const name of ['f1', 'min_f1', 'champion_f1', 'champion_min_f1'] as const) assert.equal(run.metrics[name], row[name] ?? undefined, `${row.retrain_id} ${name}`);
      assert.ok(run.artifacts.includes('run.json'));
      if (row.report === null) continue;
      const report = JSON.parse(row.report) as { epochs: { epoch: number; loss: number; f1: number; f1Min: number }[]; seed: number };
      assert.deepEqual(run.history.loss, report.epochs.map((one) => [one.epoch, one.loss]));
      assert.deepEqual(run.history.eval_f1, report.epochs.map((one) => [one.epoch, one.f1]));
      assert.deepEqual(run.history.eval_f1_min, report.epochs.map((one) => [one.epoch, one.f1Min]));
      assert.ok(report.epochs.length > 1);
      assert.deepEqual([run.params['dataset_hash'], run.params['seed'], run.params['cause']], [row.dataset_hash, String(report.seed), row.cause]);
      assert.deepEqual(run.datasets, [{ digest: row.dataset_hash?.slice(0, 36), source: row.dataset_path }]);
      assert.ok(run.artifacts.includes('model/manifest.json'));
      if (Reflect.get(row, 'report_s3') != null) assert.ok(run.artifacts.includes('report.html'), 'the report as a page');
    }
    const promoted = rows.filter((row) => row.promotion_seq !== null).sort((a, b) => Number(b.promotion_seq) - Number(a.promotion_seq));
    const [champion] = promoted;
    assert.deepEqual(seen.versions.map((one) => one.tags['loop.manifest']).sort(), [...new Set(promoted.map((row) => row.manifest_s3))].sort(), `${what}: one version per model`);
    assert.deepEqual([seen.champion?.tags['loop.manifest'], seen.champion?.aliases, seen.champion?.files['weights.bin']], [champion?.manifest_s3, ['champion'], champion?.weights_sha256], `${what}: the alias names the newest promotion, and its weights are those that serve`);
    assert.deepEqual(Object.keys(seen.champion?.files ?? {}), ['MLmodel', 'manifest.json', 'model.json', 'weights.bin']);
    console.log(`${what}: MLflow's client ${seen.client} finds ${seen.runs.length} runs (${rows.map((row) => row.outcome).reverse().join(', ')}), ${seen.versions.length} versions, champion = ${champion?.model_version ?? ''}`);
    return seen;
  };
  await checkAll('while MLflow was up');

  // It takes connections and never answers: the worst way to be away.
  await order('mlflow hung', 'manual', { force: true });
  await until('it trains', async () => ((await stage()) === 'training' ? true : undefined));
  mlflow.hang();
  const hung = await ended('mlflow hung', 'manual');
  await announced(3);
  await mlflow.kill9();
  // Killed in the middle of a training, and away for two promotions and a rollback.
  await order('mlflow dead', 'manual', { force: true });
  const dead = await ended('mlflow dead', 'manual');
  await announced(4);
  await order('back to v1', 'rollback', { params: { version: 'v1' } });
  assert.equal((await ended('back to v1', 'rollback')).outcome, 'promoted');
  await announced(5);
  assert.deepEqual([hung.outcome, Number(hung.promotion_seq), dead.outcome, Number(dead.promotion_seq)], ['promoted', 3, 'promoted', 4]);
  const waiting = await until('the mirror knows what it owes', async () => ((await behind()) === 3 ? 3 : undefined), LONG_MS);
  console.log(`training to FINISHED: ${seconds(Number(up.duration_ms))} with MLflow, ${seconds(Number(hung.duration_ms))} while it hung, ${seconds(Number(dead.duration_ms))} while it was dead; ${waiting} rows not mirrored then`);

  await mlflow.start();
  await until('a run is half told', async () => ((await mlflow.halfTold()) > 0 ? true : undefined), LONG_MS);
  await trainer.kill9();
  console.log(`the trainer was killed with ${await mlflow.halfTold()} run half told`);
  trainer = startTrainer();
  console.log(`caught up ${seconds(await caughtUp())} after the trainer, killed while it told, was started again`);
  const seen = await checkAll('after it all');
  assert.equal(seen.champion?.tags['loop.model_version'], 'v1', 'the rollback is the newest promotion');
});
