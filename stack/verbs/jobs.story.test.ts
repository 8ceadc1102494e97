// The jobs as a person and a client of the old service use them, on the serving loop: keyboard, original bodies, dataset, cancel; and the log still explains everything.
import { s3Options } from '../../producers/connections.ts';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Client as Minio } from 'minio';
import { PROJECT_DIR } from '../paths.ts';
import { openBench, until, watch, type Bench } from '../testing.ts';

type Done = { readonly code: number; readonly out: string };
type Json = Readonly<Record<string, unknown>>;
function hands(t: TestContext, { env, settings, tokens }: Bench) {
  const dir = mkdtempSync(join(tmpdir(), 'loop-jobs-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = (name: string, content: string): string => {
    writeFileSync(join(dir, name), content);
    return join(dir, name);
  };
  const loop = (...args: string[]): Promise<Done> => new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', ...args], { cwd: PROJECT_DIR, env: env as NodeJS.ProcessEnv, maxBuffer: 50_000_000 }, (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: stdout + stderr }));
  });
  const http = async (path: string, body?: object): Promise<{ status: number; body: Json }> => {
    const answer = await fetch(`http://127.0.0.1:${settings.inferencePort}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${tokens['admin'] ?? ''}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: (await answer.json()) as Json };
  };
  const ended = (id: string): Promise<Json> => until(`job ${id} to end`, async () => {
    const { body } = await http(`/v1/jobs/${id}`);
    return body['status'] === 'FINISHED' || body['status'] === 'FAILED' ? body : undefined;
  }, 120_000);
  return { file, loop, http, ended, dir };
}

test('keyboard: train on a file to the verdict, look at the run, fetch its dataset and make it again; a bad file is told with row and column', async (t) => {
  const bench = await openBench(t);
  const { file, loop, dir } = hands(t, bench);
  const rows = Array.from({ length: 40 }, (_, i) => `Quillfern Story Kettle No ${i},Beverages\n`).join('');
  const trained = await loop('train', '--csv', file('my rows.csv', `product_description,Category\n${rows}`), '--epochs', '2', '--metric', 'eval_f1_min');
  assert.ok(trained.code === 0 || trained.code === 3, trained.out);
  assert.match(trained.out, /stored s3:\/\/dataset\/train\/uploads\/[0-9a-f]{16}-my_rows\.csv[\s\S]*epoch {2}1 of 2 .*F1 0\.[\s\S]*(promoted as v\d+|rejected): /);
  const id = /(?:pending|running) {2}(\S{36})/.exec(trained.out)?.[1] ?? '';
  const list = await loop('runs');
  assert.match(list.out, new RegExp(`train_csv +FINISHED +(promoted|rejected) .*${id}`));
  const whole = JSON.parse((await loop('runs', id, '--json')).out) as { params: Json; dataset_hash: string; progress: unknown[] };
  assert.deepEqual([whole.params['epoch_num'], whole.params['best_model_metric'], whole.progress.length], [2, 'eval_f1_min', 2]);
  const out = join(dir, 'rows.csv');
  assert.equal((await loop('dataset', id, '--out', out)).code, 0);
  assert.equal(createHash('sha256').update(readFileSync(out)).digest('hex'), whole.dataset_hash);
  const again = await loop('dataset', id, '--rebuild');
  assert.match(again.out, /made again from its sources: the same SHA-256/);
  const bad = await loop('train', '--csv', file('bad.csv', 'product_description,Category\nTea,Beverages\nBear,Toys\n'));
  assert.equal(bad.code, 1, bad.out);
  assert.match(bad.out, /error: s3:\/\/.*-bad\.csv: refused 1 of 2 rows: row 3, Category 'Toys' is not one of/);
});

test('the original bodies: train/csv can be cancelled, human_feedback counts in live F1, and the log explains all of it', async (t) => {
  const bench = await openBench(t);
  const { loop, http, ended } = hands(t, bench);
  const labelled = await watch(t, bench, 'labelled');
  const mark = randomUUID();
  const predicted = await http('/v1/predict', { product_description: 'Quillfern Water Lemon', prediction_id: mark });
  assert.equal(predicted.status, 200);
  await new Minio(s3Options(bench.settings)).putObject('dataset', `human_feedback/${mark}/batch.csv`, Buffer.from(`prediction_id,product_description,HUMAN_VERIFIED_Category\n${mark},Quillfern Water Lemon,Beverages\n,Quillfern Water Lime,Beverages\n`));
  const folder = await http('/v1/train/human_feedback', { train_dir_s3: `s3://dataset/human_feedback/${mark}`, epoch_num: 1, best_model_metric: 'eval_f1' });
  assert.deepEqual([folder.status, folder.body['status']], [202, 'PENDING']);
  const csv = await http('/v1/train/csv', { train_file_s3: 's3://dataset/train/Training_Data.csv', epoch_num: 3, best_model_metric: 'eval_f1_min' });
  const csvId = String(csv.body['db_record_id']);
  assert.equal((await http(`/v1/jobs/${csvId}`)).status, 200);
  assert.equal((await loop('cancel', csvId)).code, 0);
  assert.equal((await ended(csvId))['outcome'], 'cancelled');
  const job = await ended(String(folder.body['db_record_id']));
  assert.equal(job['status'], 'FINISHED', String(job['outcome_reason']));
  const pair = await until('the verified row to be a label', () => labelled.find((one) => one.prediction_id === mark));
  assert.deepEqual([pair.label, pair.source], ['Beverages', 'human_feedback']);
  assert.equal((await http('/v1/jobs?status=PENDING')).status, 200);
  const verified = await loop('verify');
  assert.equal(verified.code, 0, verified.out);
});
