import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchNews, batchVerdict } from './batchLines.ts';

const RUNNING = { id: 'j1', status: 'RUNNING', job_status: 'STATUS_RUNNING', rows_done: 500, rows_total: 1000, rows_per_second: 2500.4 };
const FINISHED = { id: 'j1', status: 'FINISHED', job_status: 'STATUS_FINISHED', rows_total: 1000, rows_bad: 0, model_version: 'v3', duration_ms: 2100, output_file_s3: 's3://inference/j1/predictions.csv' };

test('each thing is told once: that it waits, that it runs, how far it is', () => {
  assert.deepEqual(batchNews(undefined, { id: 'j1', status: 'PENDING' }), ['pending  j1']);
  assert.deepEqual(batchNews({ id: 'j1', status: 'PENDING' }, RUNNING), ['running  j1', 'rows  500 of 1,000, 2,500/s']);
  assert.deepEqual(batchNews(RUNNING, RUNNING), []);
  assert.deepEqual(batchNews(RUNNING, { ...RUNNING, rows_done: 700 }), ['rows  700 of 1,000, 2,500/s']);
  assert.deepEqual(batchNews(RUNNING, FINISHED), []);
});
const VERDICTS: { name: string; job: object; lines: string[] }[] = [
  { name: 'finished', job: FINISHED, lines: ['predicted: 1,000 rows by v3 in 2.1 s', 'output: s3://inference/j1/predictions.csv'] },
  { name: 'with rows set aside', job: { ...FINISHED, rows_bad: 7, set_aside_s3: 's3://inference/j1/set_aside.csv' }, lines: ['predicted: 1,000 rows by v3 in 2.1 s, 7 of them set aside: s3://inference/j1/set_aside.csv', 'output: s3://inference/j1/predictions.csv'] },
  { name: 'with verified rows', job: { ...FINISHED, rows_verified: 20, f1: 0.91234, min_f1: 0.5, verified_subset_s3: 's3://dataset/x.csv' }, lines: ['predicted: 1,000 rows by v3 in 2.1 s', 'verified: 20 rows, fed back; F1 on them 0.9123, worst category 0.5000; s3://dataset/x.csv', 'output: s3://inference/j1/predictions.csv'] },
  { name: 'failed', job: { job_status: 'STATUS_FAILED', outcome_reason: 'row 2: no' }, lines: ['failed: row 2: no'] },
  { name: 'cancelled', job: { job_status: 'STATUS_CANCELLED', outcome_reason: 'cancelled by http' }, lines: ['cancelled: cancelled by http'] },
];
for (const { name, job, lines } of VERDICTS) test(`the verdict: ${name}`, () => assert.deepEqual(batchVerdict({ ...job }), lines));
