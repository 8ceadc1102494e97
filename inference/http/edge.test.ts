import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openApp } from './app.testing.ts';
import { SAFE_HEADERS } from './edge.ts';

const AUTH = { authorization: 'Bearer p' };
test('the request id: the caller’s own when it is legal, else one of ours; it stands in the answer, the problem and the log', async () => {
  const logged: string[] = [];
  const { app } = openApp({ onResponse: (_route, _status, _seconds, requestId) => logged.push(requestId) });
  const ask = (id?: string) => app.inject({ method: 'POST', url: '/v1/predict', headers: { ...AUTH, ...(id === undefined ? {} : { 'x-request-id': id }) }, payload: {} });
  for (const [given, want] of [['my-id.1', 'my-id.1'], [undefined, 'r-1'], ['with blank', 'r-2'], ['x'.repeat(129), 'r-3'], ['ünï', 'r-4']] as const) {
    const answer = await ask(given);
    assert.deepEqual([answer.headers['x-request-id'], answer.json<{ instance: string }>().instance], [want, `urn:x-request-id:${want}`]);
  }
  assert.deepEqual(logged, ['my-id.1', 'r-1', 'r-2', 'r-3', 'r-4']);
});
test('every answer, also a refusal, tells a browser to do nothing with it', async () => {
  const { app } = openApp();
  for (const url of ['/health/live', '/v1/jobs', '/nothing', '/v1/jobs/%zz']) {
    const { headers } = await app.inject(url);
    for (const [name, value] of Object.entries(SAFE_HEADERS)) if (url !== '/v1/jobs/%zz') assert.equal(headers[name], value, `${url} ${name}`);
    assert.equal(headers['x-powered-by'], undefined);
  }
});
test('gzip where the answer is long and the caller takes it', async () => {
  const { app } = openApp();
  const many = { items: Array.from({ length: 100 }, (_, i) => ({ product_description: 'x', prediction_id: `p${i}` })) };
  const ask = (payload: object, accept: string | undefined) => app.inject({ method: 'POST', url: '/v1/predict', headers: { ...AUTH, ...(accept === undefined ? {} : { 'accept-encoding': accept }) }, payload });
  const plain = await ask(many, undefined);
  for (const [accept, packed] of [['gzip', true], ['br, GZIP;q=0.5', true], ['*', true], ['gzip;q=0', false], ['gzip; q=0.0, br', false], ['br', false], ['', false]] as const) {
    const answer = await ask(many, accept);
    assert.deepEqual([answer.headers['content-encoding'], answer.headers.vary], [packed ? 'gzip' : undefined, 'accept-encoding'], accept);
    assert.equal((packed ? gunzipSync(answer.rawPayload) : answer.rawPayload).toString(), plain.body);
    assert.equal(answer.headers['content-length'], String(answer.rawPayload.length));
  }
  const short = await ask({ product_description: 'x' }, 'gzip');
  assert.deepEqual([short.headers['content-encoding'], short.headers.vary], [undefined, undefined]);
});
test('CORS: off unless origins are set; then for those alone, or for all', async () => {
  const ask = async (corsOrigins: string[], method: 'GET' | 'OPTIONS', origin: string) => {
    const { statusCode, headers } = await openApp({ corsOrigins }).app.inject({ method, url: '/health/live', headers: { origin, 'access-control-request-method': 'POST' } });
    return [statusCode, headers['access-control-allow-origin'], headers['access-control-allow-headers'] !== undefined];
  };
  const TABLE = [
    [[], 'GET', 'https://a.example', 200, undefined, false], [[], 'OPTIONS', 'https://a.example', 405, undefined, false],
    [['https://a.example'], 'GET', 'https://a.example', 200, 'https://a.example', false], [['https://a.example'], 'OPTIONS', 'https://a.example', 204, 'https://a.example', true],
    [['https://a.example'], 'GET', 'https://b.example', 200, undefined, false], [['*'], 'GET', 'https://b.example', 200, '*', false],
  ] as const;
  for (const [origins, method, origin, ...want] of TABLE) assert.deepEqual(await ask([...origins], method, origin), want, `${origins.join()} ${method} ${origin}`);
});
const body = (text: string | Buffer, headers: Record<string, string> = {}) => ({ payload: text, headers: { ...AUTH, 'content-type': 'application/json', ...headers } });
for (const [name, request, status, says] of [
  ['bytes that are no UTF-8', body(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), 400, /not UTF-8/],
  ['a packed body', body('{}', { 'content-encoding': 'gzip' }), 415, /without content-encoding/],
  ['another media type', body('a=1', { 'content-type': 'application/x-www-form-urlencoded' }), 415, /media/i],
  ['an empty body', body(''), 400, /empty/i],
  ['a prototype', body('{"__proto__": {"product_description": "x"}, "product_description": "x"}'), 400, /JSON|prototype/i],
  ['a deep body', body(`{"product_description": ${'['.repeat(400_000)}${']'.repeat(400_000)}}`), 400, /nests deeper than 32/],
  ['a deep part that nobody asked for', body(`{"product_description": "x", "more": ${'['.repeat(2000)}${']'.repeat(2000)}}`), 200, /Toys/],
  ['the same, and large', body(`{"product_description": "x", "more": ${'['.repeat(3000)}${']'.repeat(3000)}}`), 400, /nests deeper/],
] as const) {
  test(`a body: ${name}`, async () => {
    const answer = await openApp().app.inject({ method: 'POST', url: '/v1/predict', ...request });
    assert.equal(answer.statusCode, status, answer.body.slice(0, 300));
    assert.match(answer.body, says);
  });
}
test('an address that is none, and bytes that are no HTTP: problem documents too', async (t) => {
  const { app } = openApp();
  const bad = await app.inject({ url: '/v1/jobs/%zz', headers: AUTH });
  assert.deepEqual([bad.statusCode, bad.headers['content-type']], [400, 'application/problem+json; charset=utf-8']);
  t.after(() => app.close());
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const speak = (bytes: string): Promise<string> => new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1', () => socket.write(bytes));
    let heard = '';
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text)).on('close', () => resolve(heard)).on('error', reject);
  });
  assert.match(await speak('hello\r\n\r\n'), /^HTTP\/1\.1 400 .*application\/problem\+json.*"status":400/s);
  assert.match(await speak(`GET / HTTP/1.1\r\nhost: x\r\n${Array.from({ length: 40 }, (_, i) => `x-${i}: ${'y'.repeat(1000)}\r\n`).join('')}\r\n`), /^HTTP\/1\.1 431 .*"status":431/s);
});
