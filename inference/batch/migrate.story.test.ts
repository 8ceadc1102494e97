// What callers of the old service do, as they did it: its three requests with its two CSV layouts (docs/how-to/migrate.md), its tables and its places in S3; and the same file from the keyboard.
import { mysqlOptions, s3Options } from '../../producers/connections.ts';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { createReadObject } from '../../consumers/objects.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { closeAtEnd, openBench, until, watch, type Bench } from '../../stack/testing.ts';

type Json = Readonly<Record<string, unknown>>;
/** As the old service was called: a JSON body, nothing else of ours but the token. */
function hands(t: TestContext, { settings, tokens, env }: Bench) {
  const s3 = new Minio(s3Options(settings));
  const http = async (path: string, body?: object): Promise<{ status: number; body: Json }> => {
    const answer = await fetch(`http://127.0.0.1:${settings.inferencePort}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${tokens['admin'] ?? ''}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: (await answer.json()) as Json };
  };
  const loop = (...args: string[]): Promise<{ code: number; out: string }> => new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', ...args], { cwd: PROJECT_DIR, env: env as NodeJS.ProcessEnv }, (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: stdout + stderr }));
  });
  const ended = (id: string): Promise<Json> => until(`job ${id} to end`, async () => {
    const { body } = await http(`/v1/jobs/${id}`);
    return body['status'] === 'FINISHED' || body['status'] === 'FAILED' ? body : undefined;
  });
  const sql = async (text: string, id: string): Promise<Json[]> => {
    const db = await mysql.createConnection(mysqlOptions(settings));
    closeAtEnd(t, () => db.end());
    return (await db.query<mysql.RowDataPacket[]>(text, [id]))[0];
  };
  return { http, loop, ended, sql, put: (key: string, text: string) => s3.putObject('dataset', key, Buffer.from(text)), textOf: async (uri: string) => (await createReadObject(settings)(uri)).toString() };
}

test('the three requests of the old service and its two CSV layouts work as they are', async (t) => {
  const bench = await openBench(t);
  const { http, ended, sql, put, textOf } = hands(t, bench);
  const labelled = await watch(t, bench, 'labelled');
  const mark = randomUUID().slice(0, 8);
  const training = `product_description,Category\n${Array.from({ length: 20 }, (_, i) => `Quillfern Migrant Tea ${mark} No ${i},Beverages\n`).join('')}`;
  const verified = `product_description,HUMAN_VERIFIED_Category\nQuillfern Migrant Tea ${mark},Beverages\n"Migrant, plain ${mark}",\nQuillfern Migrant Soap ${mark},Household & Personal Care\n`;
  await put(`migrate/${mark}/verified/verified.csv`, verified);
  await put(`migrate/${mark}/train.csv`, training);

  // With a field that we do not know, as old callers may send.
  const predict = await http('/v1/predict/csv', { input_file_s3: `s3://dataset/migrate/${mark}/verified/verified.csv`, requested_by: 'etl' });
  assert.deepEqual([predict.status, predict.body], [202, { job_id: predict.body['job_id'], status: 'STATUS_PENDING' }]);
  const train = await http('/v1/train/csv', { train_file_s3: `s3://dataset/migrate/${mark}/train.csv`, epoch_num: 1, best_model_metric: 'eval_f1_min', requested_by: 'etl' });
  const folder = await http('/v1/train/human_feedback', { train_dir_s3: `s3://dataset/migrate/${mark}/verified/`, epoch_num: 1, best_model_metric: 'eval_f1', requested_by: 'etl' });
  for (const { status, body } of [train, folder]) assert.deepEqual([status, body['status'], typeof body['db_record_id']], [202, 'PENDING', 'string']);

  const id = String(predict.body['job_id']);
  const job = await ended(id);
  assert.deepEqual([job['job_status'], job['output_file_s3'], job['rows_total'], job['rows_verified']], ['STATUS_FINISHED', `s3://inference/${id}/predictions.csv`, 3, 2]);
  const [header, ...lines] = (await textOf(`s3://inference/${id}/predictions.csv`)).trimEnd().split('\n');
  assert.equal(header, 'product_description,HUMAN_VERIFIED_Category,prediction_id,category,probability');
  assert.deepEqual(lines.map((line) => new RegExp(`,(${id}:\\d+),`).exec(line)?.[1]), [`${id}:2`, `${id}:3`, `${id}:4`]);
  assert.equal((await textOf(`s3://dataset/train/human_verified_subset_from_job_${id}.csv`)).split('\n').length, 4);
  const labels = await until('the verified rows to be labels', () => {
    const found = labelled.filter((one) => one.prediction_id.startsWith(`${id}:`));
    return found.length === 2 ? found : undefined;
  });
  assert.deepEqual(labels.map(({ prediction_id, label, source }) => [prediction_id, label, source]).sort(), [[`${id}:2`, 'Beverages', 'verified_csv'], [`${id}:4`, 'Household & Personal Care', 'verified_csv']]);
  const [row] = await sql('SELECT job_status, input_file_s3, output_file_s3, start_time IS NOT NULL AND end_time >= start_time AS timed FROM jobs WHERE job_id = ?', id);
  assert.deepEqual({ ...row }, { job_status: 'STATUS_FINISHED', input_file_s3: `s3://dataset/migrate/${mark}/verified/verified.csv`, output_file_s3: `s3://inference/${id}/predictions.csv`, timed: 1 });
  const [metrics] = await sql('SELECT total_predictions, latency_avg_ms > 0 AS timed, f1 IS NOT NULL AS judged FROM model_metrics WHERE associated_job_id = ?', id);
  assert.deepEqual({ ...metrics }, { total_predictions: 3, timed: 1, judged: 1 });

  for (const { body } of [train, folder]) {
    const one = await until('the trainer to know the job', async () => (await http(`/v1/jobs/${String(body['db_record_id'])}`)).body);
    assert.equal(one['kind'], 'training');
    await http(`/v1/jobs/${String(body['db_record_id'])}/cancel`, {});
    await ended(String(body['db_record_id']));
  }
  const kinds = ((await http('/v1/jobs')).body['jobs'] as Json[]).map(({ kind }) => kind);
  assert.ok(kinds.includes('batch') && kinds.includes('training'));
});

test('keyboard: a file is stored, followed and told where its result is; one with bad rows too, when it is asked for', async (t) => {
  const bench = await openBench(t);
  const { loop, textOf } = hands(t, bench);
  const dir = mkdtempSync(join(tmpdir(), 'loop-batch-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'my products.csv');
  writeFileSync(file, `product_description\n${Array.from({ length: 500 }, (_, i) => `Quillfern Batch No ${i}\n`).join('')}`);
  const done = await loop('predict', '--csv', file);
  assert.equal(done.code, 0, done.out);
  assert.match(done.out, /stored s3:\/\/dataset\/predict\/uploads\/[0-9a-f]{16}-my_products\.csv\n[\s\S]*predicted: 500 rows by v\d+ in [\d.]+ s\noutput: s3:\/\/inference\/[0-9a-f-]{36}\/predictions\.csv\n/);
  assert.equal((await textOf(/output: (\S+)/.exec(done.out)?.[1] ?? '')).split('\n').length, 502);
  assert.match((await loop('runs')).out, /batch +FINISHED +predicted/);
  writeFileSync(file, 'product_description\nfine\nNaN\n');
  const aside = await loop('predict', '--csv', file, '--set-aside', '--json');
  assert.equal(aside.code, 0, aside.out);
  assert.deepEqual([(JSON.parse(aside.out) as Json)['rows_bad'], (JSON.parse(aside.out) as Json)['rows_total']], [1, 2]);
});
