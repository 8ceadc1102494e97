import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Incoming } from '../../consumers/record.ts';
import { isAudited } from '../../schemas/audit.ts';
import type { Prediction, Product } from '../../schemas/events.ts';
import { poison, transient } from '../../schemas/failure.ts';
import { openApp as bench } from './app.testing.ts';
import type { ServingModel } from '../serving/loader.ts';
import { createPredictor } from '../serving/predictor.ts';
import { createSlot } from '../serving/slot.ts';
import { openStream } from '../stream.ts';

test('one text: the answer names the model, and the event that was published is the answer with its text', async () => {
  const { post, sent } = bench();
  const answer = await post('/v1/predict', 'p', { product_description: 'lemon \ud800', prediction_id: 'mine', unknown_field: 1 });
  const probabilities = [{ category: 'Beverages', probability: 0.25 }, { category: 'Toys', probability: 0.75 }];
  const facts = { prediction_id: 'mine', category: 'Toys', probabilities, model_name: 'tiny', model_version: 'v7', predicted_at: 1000, audit: false };
  assert.deepEqual([answer.status, answer.body], [200, facts]);
  assert.deepEqual(sent, [{ topic: 'predictions', key: 'mine', value: { ...facts, product_description: 'lemon \uFFFD' } }]);
});
test('many texts: one answer each, in order, ids made where none was given', async () => {
  const { post, sent } = bench();
  const answer = await post('/v1/predict', 'a', { items: [{ product_description: 'a' }, { product_description: 'b', prediction_id: 'own' }] });
  assert.deepEqual((answer.body['predictions'] as { prediction_id: string }[]).map((one) => one.prediction_id), ['id-1', 'own']);
  assert.equal(sent.length, 2);
});
test('a share is marked for verification: the same ids through both doors, and the answer says so', async () => {
  const { slot } = bench();
  const predict = createPredictor({ slot, auditRate: 0.3, nowMs: () => 1000, observe: () => undefined });
  const { post, sent } = bench({ predict });
  const ids = Array.from({ length: 100 }, (_, i) => `id-${i}`);
  const want = ids.filter((id) => isAudited(id, 0.3));
  const answer = await post('/v1/predict', 'p', { items: ids.map((prediction_id) => ({ product_description: 'x', prediction_id })) });
  assert.deepEqual((answer.body['predictions'] as Prediction[]).filter((one) => one.audit).map((one) => one.prediction_id), want);
  const product = (id: string): Product => ({ product_id: id, prediction_id: null, model_name: '', product_description: 'x', sent_at: 0 });
  const stream = openStream({ registry: { known: () => undefined, decode: ((_topic: string, value: Uint8Array) => Promise.resolve(product(Buffer.from(value).toString()))) as never }, predict, modelName: 'tiny', nowMs: () => 5, countDead: () => undefined });
  const out = await stream.handle('products', ids.map((id, i): Incoming => ({ topic: 'products', partition: 0, offset: BigInt(i), timestampMs: 0, key: Buffer.from(id), value: Buffer.from(id), headers: {} })), 0n);
  const audited = (list: readonly Outgoing[]): string[] => list.flatMap((one) => ('value' in one && one.topic === 'predictions' && one.value?.audit === true ? [one.value.prediction_id] : []));
  assert.deepEqual([audited(sent), audited(out)], [want, want]);
});
test('answered only after Kafka has acknowledged; when it does not, 503 and no answer', async () => {
  const away = () => Promise.reject(transient('kafka_unavailable', 'Kafka did not acknowledge'));
  const { post } = bench({ publish: away });
  for (const [url, token, body] of [['/v1/predict', 'p', { product_description: 'x' }], ['/v1/feedback', 'f', { prediction_id: 'x', category: 'Toys' }], ['/v1/retrain', 't', {}]] as const) {
    const answer = await post(url, token, body);
    assert.deepEqual([answer.status, answer.type, answer.body['detail']], [503, 'application/problem+json; charset=utf-8', 'Kafka did not acknowledge'], url);
  }
});
test('no model yet: 503 with that reason, feedback is taken all the same', async () => {
  const { post, app } = bench({ unready: () => 'no model serves yet' }, undefined);
  const empty = createSlot<ServingModel>(() => undefined);
  const none = bench({ serving: () => undefined, predict: createPredictor({ slot: empty, auditRate: 0, nowMs: () => 0, observe: () => undefined }), unready: () => 'no model serves yet' });
  assert.equal((await post('/v1/feedback', 'f', { prediction_id: 'x', category: 'Fresh' })).status, 202);
  const answer = await none.post('/v1/predict', 'p', { product_description: 'x' });
  assert.equal(answer.status, 503);
  assert.match(String(answer.body['detail']), /no model serves yet/);
  const ready = await app.inject('/health/ready');
  assert.deepEqual([ready.statusCode, ready.json<{ detail: string }>().detail], [503, 'no model serves yet']);
  assert.equal((await app.inject('/health/live')).statusCode, 200);
  assert.deepEqual((await none.app.inject({ url: '/v1/models', headers: { authorization: 'Bearer p' } })).json(), { models: [], versions: [{ model_version: 'v7' }] });
});

test('with SOURCE_BY_TOKEN the source is the name of the token, whatever the caller calls itself', async () => {
  const { post, sent } = bench({ sourceByToken: true });
  for (const source of ['expert', undefined]) await post('/v1/feedback', 'f', { prediction_id: 'x', category: 'Toys', ...(source === undefined ? {} : { source }) });
  assert.deepEqual(sent.map((one) => ('value' in one && one.topic === 'feedback' ? one.value?.source : undefined)), ['f/expert', 'f']);
});
test('feedback: labels of the serving model and the default ones, null withdraws, an unknown prediction is legal', async () => {
  const { post, sent } = bench();
  for (const category of ['Toys', 'Fresh', null]) assert.equal((await post('/v1/feedback', 'f', { prediction_id: 'never-seen', category, source: 'expert', feedback_id: 'one' })).status, 202);
  assert.deepEqual(sent[0], { topic: 'feedback', key: 'never-seen', value: { prediction_id: 'never-seen', feedback_id: 'one', model_name: 'tiny', category: 'Toys', source: 'expert', given_at: 1000 } });
});

test('refusals name the field; nothing is published', async (t) => {
  const TABLE: [string, string, string, unknown, number, string | undefined, RegExp][] = [
    ['a body that is a list', '/v1/predict', 'p', [1], 400, undefined, /object/],
    ['no text', '/v1/predict', 'p', { prediction_id: 'x' }, 400, 'product_description', /product_description/],
    ['a number for a text', '/v1/predict', 'p', { product_description: 12 }, 400, 'product_description', /string/],
    ['blank', '/v1/predict', 'p', { product_description: ' \n ' }, 400, 'product_description', /pattern/],
    ['too long', '/v1/predict', 'p', { product_description: 'x'.repeat(2001) }, 400, 'product_description', /2000/],
    ['the second of two', '/v1/predict', 'p', { items: [{ product_description: 'x' }, {}] }, 400, 'items.1.product_description', /product_description/],
    ['an id with a blank', '/v1/predict', 'p', { product_description: 'x', prediction_id: 'a b' }, 400, 'prediction_id', /pattern/],
    ['1001 texts', '/v1/predict', 'p', { items: Array.from({ length: 1001 }, () => ({ product_description: 'x' })) }, 400, 'items', /1000/],
    ['over 1 MB', '/v1/predict', 'p', { product_description: 'x'.repeat(1_000_001) }, 413, undefined, /larger than/],
    ['an unknown category', '/v1/feedback', 'f', { prediction_id: 'x', category: 'Nope' }, 400, 'category', /Beverages, Toys, Fresh/],
    ['no category: null must be said', '/v1/feedback', 'f', { prediction_id: 'x' }, 400, 'category', /category/],
    ['a number for force', '/v1/retrain', 'a', { force: 1 }, 400, 'force', /boolean/],
    ['another model', '/v1/retrain', 't', { model_name: 'other' }, 400, 'model_name', /there is tiny/],
    ['force without admin', '/v1/retrain', 't', { force: true }, 403, undefined, /'admin'/],
    ['no known token', '/v1/predict', 'nope', { product_description: 'x' }, 401, undefined, /token/],
    ['another scope', '/v1/feedback', 'p', { prediction_id: 'x', category: 'Toys' }, 403, undefined, /'feedback'/],
    ['no such route', '/v1/none', 'a', {}, 404, undefined, /POST \/v1\/none/],
  ];
  for (const [name, url, token, body, status, field, says] of TABLE) {
    await t.test(name, async () => {
      const { post, sent } = bench();
      const answer = await post(url, token, body);
      assert.deepEqual([answer.status, answer.body['status'], answer.type.startsWith('application/problem+json'), answer.body['field']], [status, status, true, field], JSON.stringify(answer.body));
      assert.match(String(answer.body['detail']), says);
      assert.deepEqual(sent, []);
    });
  }
});

test('a list is answered item by item: what is wrong with one keeps no other back, and only what was accepted is published', async () => {
  const { post, sent } = bench();
  const texts = await post('/v1/predict', 'p', { items: [{ product_description: 'a', prediction_id: 'i' }, { product_description: 'b', prediction_id: 'i' }, { product_description: 'c' }] });
  const predictions = texts.body['predictions'] as { prediction_id: string; category?: string; problem?: { status: number; field: string; detail: string } }[];
  assert.deepEqual([texts.status, texts.body['refused'], predictions.map((one) => [one.prediction_id, one.category ?? one.problem?.status, one.problem?.field])], [200, 1, [['i', 'Toys', undefined], ['i', 409, 'items.1.prediction_id'], ['id-1', 'Toys', undefined]]]);
  assert.match(predictions[1]?.problem?.detail ?? '', /'i' stands twice/);
  assert.deepEqual(sent.map((one) => one.key), ['i', 'id-1']);
  const words = await post('/v1/feedback', 'f', { items: [{ prediction_id: 'x', category: 'Nope' }, { prediction_id: 'y', category: 'Toys', feedback_id: 'f1' }, { prediction_id: 'z', category: null, feedback_id: 'f1' }] });
  const said = words.body['feedback'] as { prediction_id: string; feedback_id?: string; status: string; problem?: { field: string; detail: string } }[];
  assert.deepEqual([words.status, words.body['refused'], said.map((one) => [one.prediction_id, one.feedback_id, one.status, one.problem?.field])], [202, 2, [['x', undefined, 'refused', 'items.0.category'], ['y', 'f1', 'accepted', undefined], ['z', undefined, 'refused', 'items.2.feedback_id']]]);
  assert.match(said[0]?.problem?.detail ?? '', /'Nope' is not a category; there is Beverages, Toys, Fresh/);
  assert.deepEqual(sent.map((one) => one.key), ['i', 'id-1', 'y']);
});
test('retrain: PENDING with its id; without a body too; force is for admins', async () => {
  const { post, sent } = bench();
  assert.deepEqual((await post('/v1/retrain', 't')).body, { db_record_id: 'id-1', retrain_id: 'tiny/manual/id-1', status: 'PENDING' });
  assert.equal((await post('/v1/retrain', 'a', { force: true, model_name: 'tiny' })).status, 202);
  assert.deepEqual(sent.map((one) => ('value' in one && one.topic === 'retrain-requests' ? [one.value?.cause, one.value?.force] : [])), [['manual', false], ['manual', true]]);
});
test('any known token may look; the monitor away is 503', async () => {
  const look = (app: ReturnType<typeof bench>['app'], token: string) => app.inject({ url: '/v1/live', headers: { authorization: `Bearer ${token}` } });
  const { app } = bench();
  for (const token of ['p', 'f', 't', 'a']) assert.equal((await look(app, token)).statusCode, 200);
  assert.deepEqual((await app.inject({ url: '/v1/live/history', headers: { authorization: 'Bearer p' } })).json(), { models: [{ model_name: 'tiny', model_version: 'v7', buckets: [] }] });
  const refused = await look(app, 'x');
  assert.deepEqual([refused.statusCode, refused.headers['www-authenticate']], [401, 'Bearer']);
  assert.equal((await look(bench({ live: () => Promise.reject(transient('monitor_away', 'away')) }).app, 'p')).statusCode, 503);
});

test('the topic: good products are answered, the rest is set aside with its reason', async () => {
  const product = (change: Partial<Product>): Product => ({ product_id: 'id', prediction_id: null, model_name: '', product_description: 'text', sent_at: 0, ...change });
  const TABLE: [string, Product | null | 'broken', string][] = [
    ['its own id', product({}), 'predictions:id'],
    ['the id it asks for', product({ prediction_id: 'other', model_name: 'tiny' }), 'predictions:other'],
    ['blank text', product({ product_description: ' ' }), 'refused'],
    ['too long', product({ product_description: 'x'.repeat(2001) }), 'refused'],
    ['an illegal id', product({ product_id: 'a b' }), 'refused'],
    ['a model we are not', product({ model_name: 'else' }), 'unknown_model'],
    ['no value', null, 'no_value'],
    ['broken bytes', 'broken', 'not_framed'],
  ];
  const { slot } = bench();
  const decode = (_topic: string, value: Uint8Array): Promise<Product> => {
    const found = TABLE[value[0] ?? 0]?.[1];
    return found === 'broken' || found === null || found === undefined ? Promise.reject(poison('not_framed', 'not framed')) : Promise.resolve(found);
  };
  const dead: string[] = [];
  const stream = openStream({ registry: { known: () => undefined, decode: decode as never }, predict: createPredictor({ slot, auditRate: 0, nowMs: () => 5, observe: () => undefined }), modelName: 'tiny', nowMs: () => 5, countDead: (reason) => dead.push(reason) });
  const records = TABLE.map(([name, value], i): Incoming => ({ topic: 'products', partition: 0, offset: BigInt(i), timestampMs: 0, key: Buffer.from(name), value: value === null ? null : Buffer.from([i]), headers: {} }));
  const out = await stream.handle('products', records, 0n);
  const brief = out.map((one) => (one.topic === 'predictions' ? `predictions:${String(one.key)}` : (one.headers?.['reason'] ?? ''))).sort();
  assert.deepEqual(brief, TABLE.map(([, , want]) => want).sort());
  assert.deepEqual(dead.sort(), brief.filter((one) => !one.startsWith('predictions')));
});
test('a rollback is ordered by an admin, from what serves; what cannot be is refused at once', async () => {
  const { post, sent } = bench();
  const ok = await post('/v1/models/tiny/rollback', 'a', { version: 'v3' });
  assert.deepEqual([ok.status, ok.body], [202, { retrain_id: 'tiny/rollback/id-1', status: 'PENDING' }]);
  assert.equal((await post('/v1/models/tiny/rollback', 'a')).status, 202);
  const requests = sent.map((one) => ('value' in one ? one.value : undefined) as unknown as { cause: string; model_version: string; params_json: string });
  assert.deepEqual(requests.map((one) => [one.cause, one.model_version, one.params_json]), [['rollback', 'v7', '{"version":"v3"}'], ['rollback', 'v7', '{}']]);
  for (const [url, token, body, status] of [['/v1/models/tiny/rollback', 't', {}, 403], ['/v1/models/other/rollback', 'a', {}, 404], ['/v1/models/tiny/rollback', 'a', { version: 'v7' }, 409], ['/v1/models/tiny/rollback', 'a', { version: 7 }, 400]] as const) {
    assert.equal((await post(url, token, body)).status, status, JSON.stringify(body));
  }
  assert.equal(sent.length, 2);
});
test('an admin approves or declines a run that waits; while the trainer is away the word is kept for it', async () => {
  const { app, post, sent } = bench();
  const ok = await post('/v1/models/tiny/runs/run-1/approve', 'a', { why: 'looks good', by: 'ann' });
  assert.deepEqual([ok.status, ok.body], [202, { run_id: 'run-1', decision: 'approve', status: 'accepted' }]);
  assert.equal((await post('/v1/models/tiny/runs/run-1/decline', 'a')).status, 202);
  const requests = sent.map((one) => ('value' in one ? one.value : undefined) as unknown as { retrain_id: string; cause: string; requested_by: string; params_json: string });
  assert.deepEqual(requests.map((one) => [one.retrain_id, one.cause, one.requested_by, one.params_json]), [['tiny/approve/run-1', 'approve', 'ann (a)', '{"run_id":"run-1","why":"looks good"}'], ['tiny/decline/run-1', 'decline', 'a', '{"run_id":"run-1"}']]);
  const REFUSED = [['/v1/models/tiny/runs/run-1/approve', 't', {}, 403], ['/v1/models/other/runs/run-1/approve', 'a', {}, 404], ['/v1/models/tiny/runs/run-2/approve', 'a', {}, 409], ['/v1/models/tiny/runs/run-1/decline', 'a', { why: 7 }, 400], ['/v1/models/tiny/runs/a%20b/decline', 'a', {}, 400]] as const;
  for (const [url, token, body, status] of REFUSED) assert.equal((await post(url, token, body)).status, status, url);
  assert.equal(sent.length, 2);
  assert.deepEqual((await app.inject({ url: '/v1/models/tiny/runs/awaiting', headers: { authorization: 'Bearer p' } })).json(), { runs: [{ id: 'run-1' }] });
  const away = bench({ awaiting: () => Promise.reject(transient('trainer_away', 'the trainer does not answer')) });
  assert.equal((await away.post('/v1/models/tiny/runs/run-9/approve', 'a')).status, 202);
  assert.equal((await away.app.inject({ url: '/v1/models/tiny/runs/awaiting', headers: { authorization: 'Bearer p' } })).statusCode, 503);
});
test('models: what serves, and all versions while the trainer answers', async () => {
  const get = async ({ app }: ReturnType<typeof bench>) => (await app.inject({ url: '/v1/models', headers: { authorization: 'Bearer p' } })).json<{ models: { model_version: string }[]; versions: unknown; versions_unavailable?: string }>();
  const known = await get(bench());
  assert.deepEqual([known.models[0]?.model_version, known.versions], ['v7', [{ model_version: 'v7' }]]);
  const alone = await get(bench({ versions: () => Promise.reject(transient('trainer_away', 'the trainer does not answer')) }));
  assert.deepEqual([alone.models[0]?.model_version, alone.versions, alone.versions_unavailable], ['v7', null, 'the trainer does not answer']);
});
