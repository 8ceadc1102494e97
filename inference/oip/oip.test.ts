// The protocol by the letter: a table of requests, then the binary extension read back by a decoder of the test's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Prediction } from '../../schemas/events.ts';
import { transient } from '../../schemas/failure.ts';
import { openApp } from '../http/app.testing.ts';
import { answerOf } from './answer.ts';
import { askedIn } from './request.ts';
import type { InferRequest } from './shapes.ts';

const text = (data: unknown[], more: object = {}) => ({ name: 'product_description', shape: [data.length], datatype: 'BYTES', data, ...more });
const infer = async (payload: object | Buffer, headers: Record<string, string> = {}, url = '/v2/models/tiny/infer', change: Parameters<typeof openApp>[0] = {}) => {
  const { app, sent } = openApp(change);
  const answer = await app.inject({ method: 'POST', url, headers: { authorization: 'Bearer p', ...headers }, payload });
  return { sent, status: answer.statusCode, headers: answer.headers, raw: answer.rawPayload, body: String(answer.headers['content-type']).startsWith('application/json') ? answer.json<Record<string, unknown> & { outputs: { name: string }[] }>() : undefined };
};

test('infer: every row is a prediction event, the id is echoed, all outputs come when none is named', async () => {
  const { status, body, sent } = await infer({ id: 'mine', inputs: [text(['a', 'b \ud800']), { ...text(['own', 'id-x']), name: 'prediction_id' }], parameters: { priority: 1 } });
  assert.deepEqual([status, body], [200, {
    model_name: 'tiny', model_version: 'v7', id: 'mine', outputs: [
      { name: 'category', datatype: 'BYTES', shape: [2], data: ['Toys', 'Toys'] }, { name: 'probability', datatype: 'FP64', shape: [2], data: [0.75, 0.75] }, { name: 'probabilities', datatype: 'FP64', shape: [2, 2], data: [0.25, 0.75, 0.25, 0.75] },
      { name: 'categories', datatype: 'BYTES', shape: [2], data: ['Beverages', 'Toys'] }, { name: 'prediction_id', datatype: 'BYTES', shape: [2], data: ['own', 'id-x'] },
    ],
  }]);
  assert.deepEqual(sent.map((one) => ('value' in one && one.topic === 'predictions' ? [one.key, one.value?.product_description] : [])), [['own', 'a'], ['id-x', 'b \uFFFD']]);
});
test('infer: rows as [n, 1] and as nested lists; outputs by name, in that order; ids are made; a version in the path', async () => {
  const { status, body } = await infer({ inputs: [text([['a'], ['b']], { shape: [2, 1] })], outputs: [{ name: 'prediction_id' }, { name: 'category', parameters: { binary_data: false } }] }, {}, '/v2/models/tiny/versions/v7/infer');
  assert.deepEqual([status, body?.outputs.map((one) => one.name), (body?.outputs[0] as { data?: unknown } | undefined)?.data], [200, ['prediction_id', 'category'], ['id-1', 'id-2']]);
  assert.ok(!('id' in (body ?? {})));
});
const REFUSED: [name: string, payload: object, status: number, says: RegExp, url?: string | undefined, token?: string][] = [
  ['another model', { inputs: [text(['a'])] }, 404, /no model 'x'; there is tiny/, '/v2/models/x/infer'],
  ['another version', { inputs: [text(['a'])] }, 404, /'v6' does not serve; v7 does/, '/v2/models/tiny/versions/v6/infer'],
  ['no scope', { inputs: [text(['a'])] }, 403, /scope 'predict'/, undefined, 'f'],
  ['no token', { inputs: [text(['a'])] }, 401, /known token/, undefined, 'nope'],
  ['no inputs', {}, 400, /inputs/],
  ['another input', { inputs: [{ ...text(['a']), name: 'x' }] }, 400, /no input 'x'; there is product_description and prediction_id/],
  ['twice the same', { inputs: [text(['a']), text(['a'])] }, 400, /stands twice/],
  ['only ids', { inputs: [{ ...text(['a']), name: 'prediction_id' }] }, 400, /product_description is missing/],
  ['another type', { inputs: [text([1], { datatype: 'FP32' })] }, 400, /is FP32; it must be BYTES/],
  ['a number', { inputs: [text([1])] }, 400, /no text/],
  ['fewer than the shape says', { inputs: [text(['a'], { shape: [2] })] }, 400, /has 1 values, its shape says 2/],
  ['a wide shape', { inputs: [text(['a', 'b'], { shape: [1, 2] })] }, 400, /must be \[n\] or \[n, 1\]/],
  ['no rows', { inputs: [text([])] }, 400, /has 0 rows/],
  ['too many rows', { inputs: [text([], { shape: [1001] })] }, 400, /1001 rows; 1 to 1000/],
  ['an empty text', { inputs: [text(['a', ' '])] }, 400, /row 1 .* is empty/],
  ['a long text', { inputs: [text(['x'.repeat(2001)])] }, 400, /row 0 .* longer than 2000/],
  ['an illegal id', { inputs: [text(['a']), { ...text(['a b']), name: 'prediction_id' }] }, 400, /row 0 of prediction_id is not/],
  ['one id twice', { inputs: [text(['a', 'b']), { ...text(['i', 'i']), name: 'prediction_id' }] }, 400, /row 1 .*'i' stands twice/],
  ['fewer ids', { inputs: [text(['a', 'b']), { ...text(['i']), name: 'prediction_id' }] }, 400, /1 rows, product_description 2/],
  ['another output', { inputs: [text(['a'])], outputs: [{ name: 'logits' }] }, 400, /no output 'logits'; there is category, /],
  ['a classification', { inputs: [text(['a'])], outputs: [{ name: 'category', parameters: { classification: 3 } }] }, 400, /classification/],
  ['bytes that are not there', { inputs: [{ name: 'product_description', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 5 } }] }, 400, /binary_data_size .* is 5, 0 bytes/],
];
for (const [name, payload, status, says, url, token = 'p'] of REFUSED) {
  test(`refused with the protocol's error object, nothing published: ${name}`, async () => {
    const answer = await infer(payload, { authorization: `Bearer ${token}` }, url);
    assert.deepEqual([answer.status, Object.keys(answer.body ?? {}), answer.sent], [status, ['error'], []]);
    assert.match(String(answer.body?.['error']), says);
  });
}
test('Kafka away: 503 in the protocol’s form, with Retry-After', async () => {
  const answer = await infer({ inputs: [text(['a'])] }, {}, undefined, { publish: () => Promise.reject(transient('kafka_unavailable', 'Kafka did not acknowledge')) });
  assert.deepEqual([answer.status, answer.body, answer.headers['retry-after']], [503, { error: 'Kafka did not acknowledge' }, '1']);
});
test('health and metadata', async () => {
  const get = async (url: string, change: Parameters<typeof openApp>[0] = {}) => openApp(change).app.inject({ url, headers: { authorization: 'Bearer p' } }).then((answer) => [answer.statusCode, answer.json<Record<string, unknown>>()] as const);
  const away = { unready: () => 'no model serves yet' };
  assert.deepEqual(await get('/v2/health/live', away), [200, { live: true }]);
  assert.deepEqual(await get('/v2/health/ready'), [200, { ready: true }]);
  assert.deepEqual(await get('/v2/health/ready', away), [503, { error: 'no model serves yet' }]);
  assert.deepEqual(await get('/v2'), [200, { name: 'live-f1-loop', version: '1.2.3', extensions: ['binary_tensor_data'] }]);
  for (const url of ['/v2/models/tiny', '/v2/models/tiny/versions/v7']) {
    const [status, metadata] = await get(url);
    assert.deepEqual([status, metadata['versions'], (metadata['outputs'] as { name: string; shape: number[] }[]).map((one) => [one.name, ...one.shape].join(' '))], [200, ['v7'], ['category -1', 'probability -1', 'probabilities -1 2', 'categories 2', 'prediction_id -1']]);
    assert.deepEqual(await get(`${url}/ready`), [200, { name: 'tiny', ready: true }]);
  }
  for (const url of ['/v2/models/x', '/v2/models/x/ready', '/v2/models/tiny/versions/v1/ready']) assert.equal((await get(url))[0], 404);
});

const packed = (texts: string[]): Buffer => Buffer.concat(texts.flatMap((one) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(one));
  return [length, Buffer.from(one)];
}));
function unpacked(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32LE(at)) texts.push(bytes.toString('utf8', at + 4, at + 4 + bytes.readUInt32LE(at)));
  return texts;
}
test('tensors as bytes, the way Triton’s client sends and reads them: no media type, a header that says how long the JSON is', async () => {
  const texts = ['Ünï 🥤', 'b'];
  const tail = packed(texts);
  const head = Buffer.from(JSON.stringify({ inputs: [{ name: 'product_description', shape: [2], datatype: 'BYTES', parameters: { binary_data_size: tail.length } }], parameters: { binary_data_output: true } }));
  for (const type of [undefined, 'application/octet-stream']) {
    const answer = await infer(Buffer.concat([head, tail]), { 'inference-header-content-length': String(head.length), ...(type === undefined ? {} : { 'content-type': type }) });
    assert.deepEqual([answer.status, answer.headers['content-type']], [200, 'application/octet-stream']);
    const length = Number(answer.headers['inference-header-content-length']);
    const said = JSON.parse(answer.raw.toString('utf8', 0, length)) as { outputs: { name: string; shape: number[]; parameters: { binary_data_size: number } }[] };
    let at = length;
    const bytes = new Map(said.outputs.map(({ name, parameters }) => [name, answer.raw.subarray(at, (at += parameters.binary_data_size))]));
    assert.equal(at, answer.raw.length);
    assert.deepEqual([unpacked(bytes.get('category') ?? Buffer.alloc(0)), unpacked(bytes.get('prediction_id') ?? Buffer.alloc(0))], [['Toys', 'Toys'], ['id-1', 'id-2']]);
    assert.deepEqual([0, 8, 16, 24].map((offset) => bytes.get('probabilities')?.readDoubleLE(offset)), [0.25, 0.75, 0.25, 0.75]);
    assert.deepEqual(answer.sent.map((one) => ('value' in one && one.topic === 'predictions' ? one.value?.product_description : '')), texts);
  }
  const json = JSON.stringify({ inputs: [text(['a'])] });
  assert.equal((await infer(Buffer.from(json))).status, 200, 'JSON without a media type');
  for (const [said, says] of [['99999', /at most/], ['-1', /length/], ['x', /length/]] as const) {
    const wrong = await infer(Buffer.from(json), { 'inference-header-content-length': said });
    assert.deepEqual([wrong.status, says.test(String(wrong.body?.['error']))], [400, true]);
  }
  assert.equal((await infer(Buffer.from(json), { 'content-type': 'text/csv' })).status, 415);
  assert.equal((await infer(Buffer.from(json), { 'content-type': 'application/octet-stream' })).status, 400);
});
test('whatever bytes stand behind the JSON: read as they were written, or refused by name', () => {
  const request = (rows: number, size: number): InferRequest => ({ inputs: [{ name: 'product_description', shape: [rows], datatype: 'BYTES', parameters: { binary_data_size: size } }] });
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((one) => /\S/.test(one));
  fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (texts) => {
    const tail = packed(texts);
    assert.deepEqual(askedIn(request(texts.length, tail.length), tail).texts, texts);
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (tail, rows) => {
    try {
      assert.equal(askedIn(request(rows, tail.length), tail).texts.length, rows);
    } catch (error) {
      assert.equal((error as { status?: number }).status, 400);
    }
  }));
});
test('the probability is that of the category that was chosen', () => {
  const one = (category: string): Prediction => ({ prediction_id: category, model_name: 'm', model_version: 'v', product_description: '', category, probabilities: [{ category: 'a', probability: 0.9 }, { category: 'b', probability: 0.1 }], predicted_at: 0, audit: false });
  assert.deepEqual(answerOf([one('b'), one('a')], [{ name: 'probability', binary: false }], undefined).answer.outputs[0]?.data, [0.1, 0.9]);
});
