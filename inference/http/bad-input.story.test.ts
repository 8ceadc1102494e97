// Every door with bad input, on the serving loop: the refusal or the dead letter that is promised, and everything still up.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { encode } from '../../schemas/codec.ts';
import { createKafka } from '../../producers/kafka.ts';
import { closeAtEnd, openBench, until, watch } from '../../stack/testing.ts';

type Answer = { status: number; type: string; body: Record<string, unknown> };
const CATEGORY = 'Beverages';

test('HTTP refuses bad input by name and stays up', async (t) => {
  const { settings, tokens } = await openBench(t);
  const url = `http://127.0.0.1:${settings.inferencePort}`;
  const call = async (path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens['admin'] ?? ''}`, ...headers }, body });
    return { status: answer.status, type: answer.headers.get('content-type') ?? '', body: (await answer.json()) as Record<string, unknown> };
  };
  const json = JSON.stringify;
  const TABLE: { name: string; path: string; body: string; headers?: Record<string, string>; status: number; says: RegExp }[] = [
    { name: 'empty text', path: '/v1/predict', body: json({ product_description: '' }), status: 400, says: /product_description/ },
    { name: 'blank text', path: '/v1/predict', body: json({ product_description: '   ' }), status: 400, says: /product_description/ },
    { name: 'no text', path: '/v1/predict', body: json({}), status: 400, says: /product_description/ },
    { name: 'a number for a text', path: '/v1/predict', body: json({ product_description: 5 }), status: 400, says: /product_description/ },
    { name: 'an empty list', path: '/v1/predict', body: json({ items: [] }), status: 400, says: /items/ },
    { name: 'one bad item names its place', path: '/v1/predict', body: json({ items: [{ product_description: 'ok' }, { product_description: '' }] }), status: 400, says: /items.1.product_description|items\/1\/product_description/ },
    { name: '1 MB of text', path: '/v1/predict', body: json({ product_description: 'x'.repeat(1_000_001) }), status: 413, says: /larger than/ },
    { name: 'a text over the limit', path: '/v1/predict', body: json({ product_description: 'x'.repeat(3000) }), status: 400, says: /product_description/ },
    { name: 'an illegal id', path: '/v1/predict', body: json({ product_description: 'ok', prediction_id: 'a b' }), status: 400, says: /prediction_id/ },
    { name: 'wrong JSON', path: '/v1/predict', body: '{"product_description": ', status: 400, says: /JSON/ },
    { name: 'not JSON at all', path: '/v1/predict', body: 'hello', headers: { 'content-type': 'text/plain' }, status: 415, says: /media|Media|content/i },
    { name: 'no token', path: '/v1/predict', body: json({ product_description: 'ok' }), headers: { authorization: '' }, status: 401, says: /token/ },
    { name: 'a wrong token', path: '/v1/predict', body: json({ product_description: 'ok' }), headers: { authorization: 'Bearer nope' }, status: 401, says: /token/ },
    { name: 'a token of another scope', path: '/v1/predict', body: json({ product_description: 'ok' }), headers: { authorization: `Bearer ${tokens['feedback'] ?? ''}` }, status: 403, says: /scope 'predict'/ },
    { name: 'an unknown category', path: '/v1/feedback', body: json({ prediction_id: 'x', category: 'Nope' }), status: 400, says: /'Nope' is not a category.*Beverages/ },
    { name: 'feedback without category', path: '/v1/feedback', body: json({ prediction_id: 'x' }), status: 400, says: /category/ },
    { name: 'no such route', path: '/v1/nothing', body: '{}', status: 404, says: /\/v1\/nothing/ },
    { name: 'force without admin', path: '/v1/retrain', body: json({ force: true }), headers: { authorization: `Bearer ${tokens['train'] ?? ''}` }, status: 403, says: /scope 'admin'/ },
  ];
  for (const { name, path, body, headers, status, says } of TABLE) {
    const answer = await call(path, body, headers);
    assert.equal(answer.status, status, `${name}: ${json(answer.body)}`);
    assert.match(answer.type, /application\/problem\+json/, name);
    assert.equal(answer.body['status'], status, name);
    assert.match(json(answer.body), says, name);
  }
  // An unknown prediction id is legal: the prediction may come later.
  const early = await call('/v1/feedback', json({ prediction_id: `unknown-${randomUUID()}`, category: CATEGORY }));
  assert.deepEqual([early.status, early.body['status']], [202, 'accepted']);
  const good = await call('/v1/predict', json({ product_description: 'Kestrel Sparkling Water Lemon' }));
  assert.deepEqual([good.status, good.body['category']], [200, CATEGORY]);
});

test('topics: what is not usable is set aside with its bytes, and what comes after it is used', async (t) => {
  const bench = await openBench(t);
  const dead = await watch(t, bench, 'dead-letters');
  const predictions = await watch(t, bench, 'predictions');
  const mark = randomUUID();
  const product = (id: string, text: string) => ({ product_id: id, prediction_id: null, model_name: 'grocery', product_description: text, sent_at: 0 });
  const bytes = Buffer.from(`not avro ${mark}`);
  await bench.publisher.send([
    { topic: 'products', key: `bytes-${mark}`, raw: bytes },
    { topic: 'products', key: `schema-${mark}`, raw: encode('products', product(`schema-${mark}`, 'x'), 999_999) },
    { topic: 'products', key: `empty-${mark}`, value: product(`empty-${mark}`, ' ') },
    { topic: 'retrain-requests', key: 'grocery', raw: bytes },
    { topic: 'labelled', key: 'grocery', raw: bytes, partition: 0 },
    { topic: 'products', key: `good-${mark}`, value: product(`good-${mark}`, 'Kestrel Sparkling Water Lemon') },
  ]);
  const of = (topic: string, reason: string, key: string) => () => dead.find((letter) => letter.topic === topic && letter.reason === reason && (letter.original_key === null ? '' : Buffer.from(letter.original_key).toString()) === key);
  const letter = await until('dead letter of the bytes', of('products', 'not_framed', `bytes-${mark}`));
  assert.deepEqual(Buffer.from(letter.original_value ?? []), bytes);
  await until('dead letter of the unknown schema', of('products', 'unknown_schema', `schema-${mark}`));
  await until('dead letter of the empty text', of('products', 'refused', `empty-${mark}`));
  await until('dead letter of the retrain request', of('retrain-requests', 'not_framed', 'grocery'));
  await until('dead letter of the labelled record', of('labelled', 'not_framed', 'grocery'));
  await until('the good product behind them', () => predictions.find((one) => one.prediction_id === `good-${mark}`));
  for (const port of [bench.settings.inferencePort, bench.settings.joinPort, bench.settings.monitorPort, bench.settings.trainerPort]) assert.equal((await fetch(`http://127.0.0.1:${port}/health/ready`)).status, 200);
});

test('the offset of an aborted or bad record never blocks: all groups reach the end', async (t) => {
  const bench = await openBench(t);
  const admin = createKafka(bench.settings, 'test-admin').admin();
  await admin.connect();
  closeAtEnd(t, () => admin.disconnect());
  await until('the join at the end of feedback', async () => {
    const text = await (await fetch(`http://127.0.0.1:${bench.settings.joinPort}/metrics`)).text();
    const lags = [...text.matchAll(/^loop_consumer_lag\{[^}]*\} (\d+)/gm)].map((match) => Number(match[1]));
    return lags.length > 0 && lags.every((lag) => lag === 0) ? true : undefined;
  });
});
