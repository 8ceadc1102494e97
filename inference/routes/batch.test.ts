import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transient } from '../../schemas/failure.ts';
import { allJobs, merged } from '../batch/allJobs.ts';
import type { BatchRow } from '../batch/ledger.ts';
import { batchView } from '../batch/view.ts';
import type { Ports } from '../http/app.ts';
import { openApp } from '../http/app.testing.ts';

const row = (id: string, change: Partial<BatchRow> = {}): BatchRow => ({
  job_id: id, start_time: null, end_time: null, job_status: 'STATUS_PENDING', input_file_s3: 's3://dataset/a.csv', output_file_s3: null, model_name: 'tiny', requested_at: new Date('2026-11-26T10:00:00Z'), on_bad_rows: 'refuse', reason: null, model_version: null, manifest_s3: null, manifest_sha256: null,
  input_etag: null, input_bytes: null, rows_total: null, rows_done: null, rows_bad: null, rows_verified: null, rows_per_second: null, set_aside_s3: null, verified_subset_s3: null, f1: null, min_f1: null, latency_avg_ms: null, attempts: 0, uploads: null, cancelled_at: null, cancelled_by: null, ...change,
});
function bench(change: Partial<Ports> = {}, rows: readonly BatchRow[] = [], trainings: readonly object[] = []) {
  const ordered: unknown[][] = [];
  const cancelled: string[][] = [];
  const { app } = openApp({
    orderBatch: (...one) => (ordered.push(one), Promise.resolve()),
    cancelBatch: (id, by) => (cancelled.push([id, by]), Promise.resolve(rows.find(({ job_id }) => job_id === id)?.job_status === 'STATUS_PENDING' ? 'cancelled' : 'cancelling')),
    ...allJobs({ ledger: { find: (id) => Promise.resolve(rows.find(({ job_id }) => job_id === id)), list: (statuses) => Promise.resolve(rows.filter(({ job_status }) => statuses.length === 0 || statuses.includes(job_status))) }, trainings: () => Promise.resolve({ jobs: trainings }), training: () => Promise.resolve(undefined) }), ...change,
  });
  const call = async (method: 'GET' | 'POST', url: string, body?: object, token = 'p', key?: string) => {
    const answer = await app.inject({ method, url, headers: { authorization: `Bearer ${token}`, ...(key === undefined ? {} : { 'idempotency-key': key }) }, ...(body === undefined ? {} : { payload: body }) });
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
  };
  return { call, ordered, cancelled };
}

test('the established body gives the established answer; fields we do not know are passed over', async () => {
  const { call, ordered } = bench();
  assert.deepEqual(await call('POST', '/v1/predict/csv', { input_file_s3: 's3://dataset/in/a.csv', batch_size: 32, model: 'x' }), { status: 202, body: { job_id: 'id-1', status: 'STATUS_PENDING' } });
  await call('POST', '/v1/predict/csv', { input_file_s3: 's3://inference/other/predictions.csv', on_bad_rows: 'set_aside', model_name: 'tiny' }, 'a');
  assert.deepEqual(ordered, [['id-1', 's3://dataset/in/a.csv', 'refuse'], ['id-2', 's3://inference/other/predictions.csv', 'set_aside']]);
});
test('the same order under the same Idempotency-Key is the same job, also on an instance that has not heard of it', async () => {
  const body = { input_file_s3: 's3://dataset/a.csv' };
  const ids = await Promise.all([bench(), bench()].map(async ({ call }) => (await call('POST', '/v1/predict/csv', body, 'p', 'order 7')).body['job_id']));
  assert.match(String(ids[0]), /^[0-9a-f-]{36}$/);
  assert.equal(ids[0], ids[1]);
  const { call, ordered } = bench();
  const answers = [await call('POST', '/v1/predict/csv', body, 'p', 'order 7'), await call('POST', '/v1/predict/csv', body, 'p', 'order 7'), await call('POST', '/v1/predict/csv', { input_file_s3: 's3://dataset/b.csv' }, 'p', 'order 7')];
  assert.deepEqual([answers.map(({ status }) => status), ordered.length], [[202, 202, 422], 1]);
});
const REFUSED: { name: string; body: object; token?: string; status: number; field?: string; says: RegExp }[] = [
  { name: 'no address', body: {}, status: 400, field: 'input_file_s3', says: /input_file_s3/ },
  { name: 'not S3', body: { input_file_s3: '/etc/passwd' }, status: 400, field: 'input_file_s3', says: /must look like s3:\/\/dataset\// },
  { name: 'a bucket that is not configured', body: { input_file_s3: 's3://models/a.csv' }, status: 400, field: 'input_file_s3', says: /may read dataset, inference \(PREDICT_BUCKETS\)/ },
  { name: 'a path trick', body: { input_file_s3: 's3://dataset/a/../../models/x' }, status: 400, field: 'input_file_s3', says: /'\.\.'/ },
  { name: 'another model', body: { input_file_s3: 's3://dataset/a.csv', model_name: 'wine' }, status: 400, field: 'model_name', says: /there is tiny/ },
  { name: 'another wish for bad rows', body: { input_file_s3: 's3://dataset/a.csv', on_bad_rows: 'skip' }, status: 400, field: 'on_bad_rows', says: /allowed values/ },
  { name: 'no scope', body: { input_file_s3: 's3://dataset/a.csv' }, token: 'f', status: 403, says: /scope 'predict'/ },
  { name: 'no token', body: { input_file_s3: 's3://dataset/a.csv' }, token: 'zzz', status: 401, says: /token/ },
];
for (const { name, body, token, status, field, says } of REFUSED) {
  test(`refused: ${name}`, async () => {
    const { call, ordered } = bench();
    const answer = await call('POST', '/v1/predict/csv', body, token);
    assert.deepEqual([answer.status, answer.body['field'], ordered.length], [status, field, 0]);
    assert.match(String(answer.body['detail']), says);
  });
}
test('a table that is away is 503, and nothing is promised', async () => {
  const { call } = bench({ orderBatch: () => Promise.reject(transient('mysql_failed', 'MySQL is away')) });
  assert.equal((await call('POST', '/v1/predict/csv', { input_file_s3: 's3://dataset/a.csv' })).status, 503);
});

const ROWS = [row('waits'), row('runs', { job_status: 'STATUS_RUNNING', start_time: new Date('2026-11-26T10:01:00Z'), rows_done: 500, rows_total: 1000, rows_per_second: 250, requested_at: new Date('2026-11-26T11:00:00Z') }), row('done', { job_status: 'STATUS_FINISHED', output_file_s3: 's3://inference/done/predictions.csv', requested_at: new Date('2026-11-26T09:00:00Z') }), row('stopped', { job_status: 'STATUS_CANCELLED', requested_at: new Date('2026-11-26T08:00:00Z') })];
test('one list of all jobs, newest first; kind and status choose', async () => {
  const { call } = bench({}, ROWS, [{ id: 'training', kind: 'training', status: 'FINISHED', requested_at: '2026-11-26T10:30:00.000Z' }]);
  const idsOf = async (query: string): Promise<unknown> => ((await call('GET', `/v1/jobs${query}`)).body['jobs'] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(await idsOf(''), ['runs', 'training', 'waits', 'done', 'stopped']);
  assert.deepEqual(await idsOf('?kind=batch&limit=2'), ['runs', 'waits']);
  assert.deepEqual(await idsOf('?kind=training'), ['training']);
  assert.deepEqual(await idsOf('?kind=batch&status=FINISHED'), ['done', 'stopped']);
  assert.deepEqual(await idsOf('?cause=drift'), ['training']);
  assert.equal((await call('GET', '/v1/jobs?kind=other')).status, 400);
});
test('a job tells how far it is, and where its output lies', async () => {
  const { call } = bench({}, ROWS);
  const runs = (await call('GET', '/v1/jobs/runs')).body;
  assert.deepEqual([runs['kind'], runs['status'], runs['job_status'], runs['rows_done'], runs['rows_total'], runs['rows_per_second']], ['batch', 'RUNNING', 'STATUS_RUNNING', 500, 1000, 250]);
  const done = (await call('GET', '/v1/jobs/done')).body;
  assert.deepEqual([done['status'], done['outcome'], done['output_file_s3']], ['FINISHED', 'predicted', 's3://inference/done/predictions.csv']);
});
test('whoever may order it may stop it: one that waits at once, one that runs soon, one that has ended not', async () => {
  const { call, cancelled } = bench({}, ROWS);
  assert.deepEqual(await call('POST', '/v1/jobs/waits/cancel'), { status: 202, body: { id: 'waits', status: 'CANCELLED' } });
  assert.deepEqual(await call('POST', '/v1/jobs/runs/cancel'), { status: 202, body: { id: 'runs', status: 'CANCELLING' } });
  assert.equal((await call('POST', '/v1/jobs/done/cancel')).status, 409);
  assert.equal((await call('POST', '/v1/jobs/waits/cancel', undefined, 't')).status, 403);
  assert.deepEqual(cancelled, [['waits', 'p'], ['runs', 'p']], 'with the name of the token');
});
test('rows of the old service, which lack our columns, can be read', () => {
  const old = batchView(row('old', { job_status: 'STATUS_FINISHED', model_name: null, requested_at: null, on_bad_rows: null, start_time: new Date(0), end_time: new Date(5000) }));
  assert.deepEqual([old.status, old.requested_at, old.duration_ms], ['FINISHED', '1970-01-01T00:00:00.000Z', 5000]);
  assert.deepEqual(merged([[{ id: 'no time' }], [{ id: 'a', requested_at: '2026' }]], 5).map(({ id }) => id), ['a', 'no time']);
});
