// What admins do is recorded before it is done: every route that orders something stands in the table, a route that is missing there fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { AdminActed, DeadLetter } from '../../schemas/events.ts';
import { transient } from '../../schemas/failure.ts';
import { openApp } from '../http/app.testing.ts';
import { letterView } from '../deadLetters/letter.ts';
import { entryView, isWanted } from './entry.ts';

const LETTER: DeadLetter = { topic: 'feedback', partition: 2, offset: 9, reason: 'orphan', error: 'never came', consumer: 'join', original_key: Buffer.from('k'), original_value: Buffer.from([1]), died_at: 5 };
const JOBS: Readonly<Record<string, object>> = { 'run-2': { id: 'run-2', kind: 'training', status: 'RUNNING', promotion_seq: null }, 'batch-1': { id: 'batch-1', kind: 'batch', status: 'RUNNING' } };
type Call = { readonly route: string; readonly url: string; readonly body?: object; readonly action: string; readonly target: RegExp; readonly reason?: string; readonly status?: number };
const CALLS: readonly Call[] = [
  { route: 'POST /v1/models/{name}/rollback', url: '/v1/models/tiny/rollback', body: { version: 'v3', why: 'worse at toys' }, action: 'rollback', target: /^tiny\/rollback\//, reason: 'worse at toys' },
  { route: 'POST /v1/models/{name}/runs/{id}/approve', url: '/v1/models/tiny/runs/run-1/approve', body: { why: 'looks well' }, action: 'approve', target: /^run-1$/, reason: 'looks well' },
  { route: 'POST /v1/models/{name}/runs/{id}/decline', url: '/v1/models/tiny/runs/run-1/decline', action: 'decline', target: /^run-1$/ },
  { route: 'POST /v1/retrain', url: '/v1/retrain', body: { force: true }, action: 'train', target: /^tiny\/manual\// },
  { route: 'POST /v1/train/csv', url: '/v1/train/csv', body: { train_file_s3: 's3://dataset/a.csv' }, action: 'train', target: /^tiny\/train_csv\// },
  { route: 'POST /v1/train/human_feedback', url: '/v1/train/human_feedback', body: { train_dir_s3: 's3://dataset/a/' }, action: 'train', target: /^tiny\/human_feedback\// },
  { route: 'POST /v1/jobs/{id}/cancel', url: '/v1/jobs/run-2/cancel', action: 'cancel', target: /^run-2$/ },
  { route: 'POST /v1/jobs/{id}/cancel', url: '/v1/jobs/batch-1/cancel', action: 'cancel', target: /^batch-1$/ },
  { route: 'POST /v1/dead-letters/{id}/resend', url: '/v1/dead-letters/dead-letters%3A0%3A17/resend', action: 'resend', target: /^dead-letters:0:17$/ },
  { route: 'POST /v1/dead-letters/purge', url: '/v1/dead-letters/purge', body: { reason: 'orphan' }, action: 'purge', target: /^dead-letters$/, status: 200 },
];
function open(record?: (entry: AdminActed) => Promise<void>, publish?: (messages: readonly Outgoing[]) => Promise<void>) {
  const order: string[] = [];
  const entries: AdminActed[] = [];
  const lost: AdminActed[] = [];
  const { app } = openApp({
    audit: { record: record ?? ((entry) => (order.push('recorded'), entries.push(entry), Promise.resolve())), onLost: (entry) => void lost.push(entry) },
    publish: publish ?? ((messages) => (order.push(`done ${messages.map(({ topic }) => topic).join(' ')}`), Promise.resolve())),
    job: (id) => Promise.resolve(JOBS[id]), cancelBatch: () => (order.push('done batch'), Promise.resolve('cancelling')), deadLetters: { list: () => Promise.resolve({ items: [], next: undefined }), find: (place) => Promise.resolve({ letter: LETTER, headers: {}, view: letterView(place, LETTER, undefined, () => '') }), bounds: () => Promise.resolve({ low: 0n, high: 1n }), sweep: () => Promise.resolve({ newly: 1, front: 1, hidden: 0, kept: 0, cutTo: 0n, done: true }), cut: () => Promise.resolve(true) },
    purges: { rules: () => Promise.resolve([]), add: () => Promise.resolve(void order.push('done purge')), forget: () => Promise.resolve() },
  });
  const call = async ({ url, body = {} }: Pick<Call, 'url' | 'body'>) => {
    const answer = await app.inject({ method: 'POST', url, headers: { authorization: 'Bearer a', 'x-request-id': 'my-request' }, payload: body });
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
  };
  return { app, call, order, entries, lost };
}

test('every route of an admin or a trainer of models that changes something stands in the table', async () => {
  const { paths } = (await open().app.inject('/openapi.json')).json<{ paths: Record<string, Record<string, { security: { bearer: string[] }[] }>> }>();
  const acts = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).flatMap(([method, { security }]) => (method !== 'get' && security.flatMap(({ bearer }) => bearer).some((scope) => scope === 'admin' || scope === 'train') ? [`${method.toUpperCase()} ${path}`] : [])));
  assert.deepEqual([...new Set(CALLS.map(({ route }) => route))].sort(), acts.sort());
});
for (const one of CALLS) {
  test(`${one.url}: recorded before it is done, with name, target, reason and request id, without the token`, async () => {
    const { call, order, entries } = open();
    const { status, body } = await call(one);
    assert.equal(status, one.status ?? 202, JSON.stringify(body));
    assert.match(order.join(', '), /^recorded, done [a-z -]+$/);
    const [entry] = entries;
    assert.ok(entry !== undefined);
    assert.deepEqual([entry.action, entry.actor, entry.reason, entry.outcome, entry.error, entry.request_id, entry.model_name, entry.acted_at], [one.action, 'a', one.reason ?? '', 'ordered', '', 'my-request', 'tiny', 1000]);
    assert.match(entry.target, one.target);
  });
  test(`${one.url}: what cannot be recorded is not done`, async () => {
    const { call, order } = open(() => Promise.reject(transient('kafka_unavailable', 'the broker is away')));
    const { status, body } = await call(one);
    assert.deepEqual([status, order], [503, []]);
    assert.match(String(body['detail']), /audit log cannot be written, so nothing was done: the broker is away/);
  });
}
test('an act that comes to nothing is recorded again under the same id: failed when something broke, refused when we refused', async () => {
  const broken = open(undefined, () => Promise.reject(transient('kafka_unavailable', 'away')));
  assert.equal((await broken.call({ url: '/v1/retrain' })).status, 503);
  assert.deepEqual(broken.entries.map(({ audit_id, outcome, error }) => [audit_id, outcome, error]), [[broken.entries[0]?.audit_id, 'ordered', ''], [broken.entries[0]?.audit_id, 'failed', 'away']]);
  const { app } = openApp({ job: () => Promise.resolve(JOBS['batch-1']), audit: { record: (entry) => Promise.resolve(void broken.entries.push(entry)), onLost: () => undefined } });
  assert.equal((await app.inject({ method: 'POST', url: '/v1/jobs/batch-1/cancel', headers: { authorization: 'Bearer a' } })).statusCode, 409);
  assert.deepEqual(broken.entries.slice(2).map(({ outcome }) => outcome), ['ordered', 'refused']);
});
test('when the second record cannot be written the caller hears of his act, and the log of that', async () => {
  let records = 0;
  const { call, lost } = open(() => (records += 1) > 1 ? Promise.reject(transient('kafka_unavailable', 'gone')) : Promise.resolve(), () => Promise.reject(transient('kafka_unavailable', 'the order was not taken')));
  const { status, body } = await call({ url: '/v1/retrain' });
  assert.deepEqual([status, body['detail'], lost.map(({ outcome }) => outcome)], [503, 'the order was not taken', ['failed']]);
});
test('as it is shown and asked for', () => {
  const entry: AdminActed = { audit_id: 'x', action: 'train', actor: 'anna', target: 't', reason: '', outcome: 'ordered', error: '', request_id: 'r', model_name: 'm', details_json: '{"force":true}', acted_at: 7 };
  assert.deepEqual(entryView(entry), { audit_id: 'x', action: 'train', actor: 'anna', target: 't', reason: null, outcome: 'ordered', error: null, request_id: 'r', model_name: 'm', details: { force: true }, at_ms: 7 });
  assert.deepEqual(['nonsense', '[1]', 'null', ''].map((details_json) => entryView({ ...entry, details_json }).details), [{}, {}, {}, {}]);
  assert.deepEqual([{ action: undefined, actor: undefined }, { action: 'train', actor: 'anna' }, { action: 'cancel', actor: undefined }, { action: undefined, actor: 'bert' }].map((wish) => isWanted(entry, wish)), [true, true, false, false]);
});
