import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import { accessFor } from '../access/access.testing.ts';
import type { Limits } from '../access/access.ts';
import { chargeItems, nameOf, openDoor } from './door.ts';
import { answerProblems } from './problem.ts';

function bench(limits: Partial<Limits> = {}) {
  const app = Fastify().withTypeProvider<TypeBoxTypeProvider>();
  answerProblems(app, () => undefined);
  const needs = openDoor(app, accessFor({ p: 'predict', f: 'feedback', a: 'admin' }, { requests: 0, items: 0, failures: 0, ...limits }));
  app.get('/any', { onRequest: needs() }, (request) => ({ by: nameOf(request) }));
  app.get('/predict', { onRequest: needs('predict') }, (request) => ({ by: nameOf(request) }));
  app.get('/either', { onRequest: needs('predict', 'feedback') }, (request) => ({ by: nameOf(request) }));
  app.get('/two', { onRequest: [needs('predict'), needs()] }, (request) => (chargeItems(request, 2), { by: nameOf(request) }));
  return async (path: string, token?: string) => {
    const reply = await app.inject({ url: path, ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }) });
    const body = reply.json<{ by?: string; detail?: string }>();
    return { status: reply.statusCode, says: body.by ?? body.detail ?? '', type: String(reply.headers['content-type']), retry: reply.headers['retry-after'], challenge: reply.headers['www-authenticate'] };
  };
}
const TABLE: [path: string, token: string | undefined, status: number, says: RegExp][] = [
  ['/any', 'f', 200, /^f$/], ['/predict', 'p', 200, /^p$/], ['/predict', 'a', 200, /^a$/], ['/either', 'f', 200, /^f$/], ['/either', 'p', 200, /^p$/],
  ['/predict', 'f', 403, /lacks the scope 'predict'/], ['/any', undefined, 401, /Authorization: Bearer/], ['/any', 'x', 401, /known token/],
];
for (const [path, token, status, says] of TABLE) {
  test(`${path} with ${token === undefined ? 'no token' : `the token '${token}'`}: ${status}`, async () => {
    const answer = await bench()(path, token);
    assert.equal(answer.status, status);
    assert.match(answer.says, says);
    assert.equal(answer.challenge, status === 401 ? 'Bearer' : undefined);
    if (status !== 200) assert.match(answer.type, /problem\+json/);
  });
}
test('beyond its requests a token is told how long to wait; one request is one, however many hooks look at it', async () => {
  const get = bench({ requests: 2 });
  assert.deepEqual([(await get('/two', 'p')).status, (await get('/two', 'p')).status], [200, 200]);
  const { status, retry, says } = await get('/two', 'p');
  assert.deepEqual([status, retry], [429, '1']);
  assert.match(says, /RATE_LIMIT_REQUESTS/);
  assert.equal((await get('/any', 'f')).status, 200);
});
test('beyond its items too', async () => {
  const get = bench({ items: 0.5 });
  assert.equal((await get('/two', 'p')).status, 200);
  const { status, retry, says } = await get('/two', 'p');
  assert.deepEqual([status, retry], [429, '4']);
  assert.match(says, /RATE_LIMIT_ITEMS/);
});
test('an address that guesses is told when it is heard again', async () => {
  const get = bench({ failures: 1 });
  assert.equal((await get('/any', 'x')).status, 401);
  const { status, retry, says } = await get('/any', 'p');
  assert.deepEqual([status, retry], [429, '60']);
  assert.match(says, /AUTH_FAILURES_PER_MINUTE/);
});
