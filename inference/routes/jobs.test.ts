import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import type { Outgoing } from '../../producers/outgoing.ts';
import { transient } from '../../schemas/failure.ts';
import { accessFor } from '../access/access.testing.ts';
import { openDoor } from '../http/door.ts';
import { answerProblems } from '../http/problem.ts';
import { jobRoutes, type JobPorts } from './jobs.ts';

function bench(change: Partial<JobPorts> = {}) {
  const sent: Outgoing[] = [];
  let ids = 0;
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } });
  answerProblems(app, (error) => {
    throw error;
  });
  jobRoutes(app, {
    publish: (messages) => (sent.push(...messages), Promise.resolve()), newId: () => `id-${(ids += 1)}`, nowMs: () => 1000, modelName: 'tiny', trainBuckets: ['dataset'],
    jobs: (query) => Promise.resolve({ jobs: [], asked: query }), job: (id) => Promise.resolve(JOBS[id]), cancelBatch: () => Promise.resolve('cancelling'), ...change,
  }, openDoor(app, accessFor({ p: 'predict', t: 'train', a: 'admin' })), (_request, _act, work) => work());
  const call = async (method: 'GET' | 'POST', url: string, body?: object, token = 't') => {
    const answer = await app.inject({ method, url, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { payload: body }) });
    return { status: answer.statusCode, type: String(answer.headers['content-type']), body: answer.json<Record<string, unknown>>() };
  };
  const requests = () => sent.map((one) => ('value' in one && one.topic === 'retrain-requests' && one.value !== null ? { cause: one.value.cause, id: one.value.retrain_id, params: JSON.parse(one.value.params_json) as unknown, force: one.value.force } : assert.fail('another topic')));
  return { call, sent, requests };
}
const JOBS: Readonly<Record<string, object>> = {
  pending: { id: 'pending', kind: 'training', status: 'PENDING', promotion_seq: null }, running: { id: 'running', kind: 'training', status: 'RUNNING', promotion_seq: null },
  promoting: { id: 'promoting', kind: 'training', status: 'RUNNING', promotion_seq: 3 }, ended: { id: 'ended', kind: 'training', status: 'FINISHED', outcome: 'rejected', promotion_seq: null },
  back: { id: 'back', kind: 'rollback', status: 'PENDING', promotion_seq: null }, v2: { id: 'long-id', kind: 'training', status: 'RUNNING', promotion_seq: null },
};

test('the established bodies: an id and PENDING, and the order that was published says the same', async () => {
  const { call, requests } = bench();
  const csv = await call('POST', '/v1/train/csv', { train_file_s3: 's3://dataset/train/Training_Data.csv', epoch_num: 3, best_model_metric: 'eval_f1_min' });
  assert.deepEqual([csv.status, csv.body], [202, { db_record_id: 'id-1', status: 'PENDING', retrain_id: 'tiny/train_csv/id-1' }]);
  const folder = await call('POST', '/v1/train/human_feedback', { train_dir_s3: 's3://dataset/human_feedback/', epoch_num: 2, best_model_metric: 'eval_f1', on_bad_rows: 'set_aside' });
  assert.deepEqual([folder.body['db_record_id'], folder.body['status']], ['id-2', 'PENDING']);
  const manual = await call('POST', '/v1/retrain', undefined);
  assert.deepEqual([manual.status, manual.body['db_record_id']], [202, 'id-3']);
  assert.deepEqual(requests(), [
    { cause: 'train_csv', id: 'tiny/train_csv/id-1', params: { train_file_s3: 's3://dataset/train/Training_Data.csv', epoch_num: 3, best_model_metric: 'eval_f1_min' }, force: false },
    { cause: 'human_feedback', id: 'tiny/human_feedback/id-2', params: { train_dir_s3: 's3://dataset/human_feedback/', epoch_num: 2, best_model_metric: 'eval_f1', on_bad_rows: 'set_aside' }, force: false },
    { cause: 'manual', id: 'tiny/manual/id-3', params: {}, force: false },
  ]);
});
const REFUSED: { name: string; method?: 'GET' | 'POST'; url: string; body?: object; token?: string; status: number; field?: string; says: RegExp }[] = [
  { name: 'no address', url: '/v1/train/csv', body: { epoch_num: 3 }, status: 400, field: 'train_file_s3', says: /train_file_s3/ },
  { name: 'not S3', url: '/v1/train/csv', body: { train_file_s3: '/etc/passwd' }, status: 400, field: 'train_file_s3', says: /must look like s3:\/\/dataset\/train\/my\.csv/ },
  { name: 'another bucket', url: '/v1/train/csv', body: { train_file_s3: 's3://models/x.csv' }, status: 400, field: 'train_file_s3', says: /bucket 'models'; jobs may read dataset \(TRAIN_BUCKETS\)/ },
  { name: 'out of the bucket', url: '/v1/train/csv', body: { train_file_s3: 's3://dataset/../models/x.csv' }, status: 400, field: 'train_file_s3', says: /'\.\.'/ },
  { name: 'a folder for a file', url: '/v1/train/csv', body: { train_file_s3: 's3://dataset/train/' }, status: 400, field: 'train_file_s3', says: /is a folder/ },
  { name: 'a whole bucket', url: '/v1/train/human_feedback', body: { train_dir_s3: 's3://dataset/' }, status: 400, field: 'train_dir_s3', says: /human_feedback/ },
  { name: 'half an epoch', url: '/v1/train/csv', body: { train_file_s3: 's3://dataset/a.csv', epoch_num: 1.5 }, status: 400, field: 'epoch_num', says: /integer/ },
  { name: 'too many epochs', url: '/v1/retrain', body: { epoch_num: 1000 }, status: 400, field: 'epoch_num', says: /200/ },
  { name: 'another metric', url: '/v1/retrain', body: { best_model_metric: 'loss' }, status: 400, field: 'best_model_metric', says: /allowed values/ },
  { name: 'another model', url: '/v1/retrain', body: { model_name: 'wine' }, status: 400, field: 'model_name', says: /there is tiny/ },
  { name: 'force without admin', url: '/v1/retrain', body: { force: true }, status: 403, says: /scope 'admin'/ },
  { name: 'no scope train', url: '/v1/train/csv', body: { train_file_s3: 's3://dataset/a.csv' }, token: 'p', status: 403, says: /scope 'train'/ },
  { name: 'no such job', method: 'GET', url: '/v1/jobs/nothing', status: 404, field: 'id', says: /GET \/v1\/jobs lists them/ },
  { name: 'an unknown status', method: 'GET', url: '/v1/jobs?status=DONE', status: 400, field: 'status', says: /allowed values/ },
  { name: 'a limit too high', method: 'GET', url: '/v1/jobs?limit=5000', status: 400, field: 'limit', says: /limit/ },
  { name: 'cancel what has ended', url: '/v1/jobs/ended/cancel', status: 409, field: 'id', says: /ended already: rejected/ },
  { name: 'cancel what is being promoted', url: '/v1/jobs/promoting/cancel', status: 409, field: 'id', says: /rollback takes it back/ },
  { name: 'cancel a rollback', url: '/v1/jobs/back/cancel', status: 409, field: 'id', says: /is a rollback/ },
  { name: 'cancel without the scope', url: '/v1/jobs/pending/cancel', token: 'p', status: 403, says: /scope 'train'/ },
];
for (const { name, method = 'POST', url, body, token, status, field, says } of REFUSED) {
  test(`refused as a problem document that names the field and the fix: ${name}`, async () => {
    const { call, sent } = bench();
    const answer = await call(method, url, body, token);
    assert.deepEqual([answer.status, answer.body['field']], [status, field]);
    assert.match(answer.type, /application\/problem\+json/);
    assert.match(String(answer.body['detail']), says);
    assert.equal(sent.length, 0);
  });
}
test('cancel: ordered through the topic by the row id, whatever name was used', async () => {
  const { call, requests } = bench();
  for (const name of ['pending', 'running', 'v2']) assert.deepEqual((await call('POST', `/v1/jobs/${name}/cancel`)).status, 202);
  assert.deepEqual(requests().map((one) => [one.cause, one.params]), [['cancel', { id: 'pending' }], ['cancel', { id: 'running' }], ['cancel', { id: 'long-id' }]]);
});
test('a job exists from the moment its id was told, and can be cancelled before the trainer has claimed it', async () => {
  const { call } = bench();
  const { body } = await call('POST', '/v1/retrain', { epoch_num: 2 });
  const job = await call('GET', `/v1/jobs/${String(body['db_record_id'])}`);
  assert.deepEqual([job.status, job.body['status'], job.body['params']], [200, 'PENDING', { epoch_num: 2 }]);
  assert.equal((await call('POST', `/v1/jobs/${String(body['db_record_id'])}/cancel`, {})).status, 202);
});
test('lists pass their filters on; force with admin; a trainer or Kafka that is away is a 503', async () => {
  const { call, requests } = bench();
  assert.deepEqual((await call('GET', '/v1/jobs?status=FAILED&limit=5', undefined, 'p')).body, { jobs: [], asked: 'status=FAILED&limit=5' });
  assert.equal((await call('POST', '/v1/retrain', { force: true }, 'a')).status, 202);
  assert.equal(requests()[0]?.force, true);
  const away = bench({ jobs: () => Promise.reject(transient('trainer_away', 'the trainer does not answer')), publish: () => Promise.reject(transient('kafka_unavailable', 'Kafka did not acknowledge')) });
  assert.equal((await away.call('GET', '/v1/jobs')).status, 503);
  assert.equal((await away.call('POST', '/v1/retrain', {})).status, 503);
});
