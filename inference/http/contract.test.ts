// The contract holds for every route there is, so that none can be added without its part in the document.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import { Type, type TSchema } from 'typebox';
import { openApp } from './app.testing.ts';
import { keepContract, methodsAt } from './contract.ts';
import { openapiOf } from './openapi.ts';

type Operation = { summary: string; operationId: string; tags: string[]; security: unknown[]; parameters: unknown[]; responses: Record<string, { description?: string; content?: Record<string, { schema: unknown }>; $ref?: string }> };
type Document = { openapi: string; paths: Record<string, Record<string, Operation>>; components: Record<string, Record<string, unknown>>; tags: { name: string }[] };
const documentOf = async (app: ReturnType<typeof openApp>['app']): Promise<Document> => (await app.inject('/openapi.json')).json<Document>();

/** Every route fastify knows, as it prints them itself: an independent list. */
function registered(app: ReturnType<typeof openApp>['app']): string[] {
  const found: string[] = [];
  const parents: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^([\s│]*)(?:├──|└──) (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (match === null) continue;
    const [, indent = '', part = '', methods] = match;
    const depth = indent.length / 4;
    parents.length = depth;
    parents.push(part);
    for (const method of methods?.split(', ') ?? []) if (method !== 'HEAD' && method !== 'OPTIONS') found.push(`${method} ${parents.join('')}`);
  }
  return found.sort();
}
const OPEN = ['GET /health/live', 'GET /health/ready', 'GET /metrics', 'GET /openapi.json', 'GET /docs', 'GET /', 'GET /console/:part', 'GET /console/:part/:file', 'GET /v2/health/live', 'GET /v2/health/ready'];

test('every route stands in the document: summary, tag, door, answers with a schema, every refusal', async () => {
  const { app } = openApp();
  const document = await documentOf(app);
  const routes = registered(app);
  assert.ok(routes.length > 15, routes.join('\n'));
  const documented = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`)).sort();
  assert.deepEqual(documented, routes);
  const ids = new Set<string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, one] of Object.entries(methods)) {
      const name = `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
      assert.ok(one.summary !== '', `${name} has no schema.summary`);
      assert.ok(one.tags.every((tag) => document.tags.some((known) => known.name === tag)), name);
      assert.ok(!ids.has(one.operationId), one.operationId);
      ids.add(one.operationId);
      assert.equal(one.security.length > 0, !OPEN.includes(name), `${name}: has it a door (onRequest: needs(...))?`);
      const answers = Object.entries(one.responses).filter(([status]) => status.startsWith('2'));
      assert.ok(answers.length > 0, `${name} has no schema.response for its answer`);
      for (const [status, { content }] of answers) if (status !== '204') assert.ok(Object.values(content ?? {}).every(({ schema }) => schema !== undefined) && content !== undefined, `${name} ${status}`);
      assert.ok('500' in one.responses, name);
      if (one.security.length > 0) assert.ok('401' in one.responses && '429' in one.responses, name);
      for (const parameter of path.matchAll(/\{(\w+)\}/g)) assert.ok(JSON.stringify(one.parameters).includes(`"name":"${parameter[1] ?? ''}","in":"path"`), `${name}: ${parameter[1] ?? ''} is missing in schema.params`);
    }
  }
  await app.close();
});
test('the document is whole: 3.1, every reference leads somewhere, named parts stand once', async () => {
  const { app } = openApp();
  const document = await documentOf(app);
  assert.equal(document.openapi, '3.1.0');
  for (const [, ref = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = ref.split('/').reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined), document);
    assert.ok(found !== undefined, ref);
  }
  assert.ok(['Problem', 'Prediction', 'Item'].every((name) => name in (document.components['schemas'] ?? {})));
  await app.close();
});
test('the page shows every operation and loads nothing', async () => {
  const { app } = openApp();
  const document = await documentOf(app);
  const page = await app.inject('/docs');
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  for (const path of Object.keys(document.paths)) assert.ok(page.body.includes(`<code>${path}</code>`), path);
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-/);
  assert.deepEqual([...page.body.matchAll(/(?:src|href)="([^"#]+)"/g)].map((found) => found[1]), ['openapi.json']);
  assert.ok(!page.body.includes('<script') && !page.body.includes('`'));
  await app.close();
});
test('a path that is called otherwise: 405 with what it knows; HEAD goes with GET', async () => {
  const { app } = openApp();
  for (const [method, url, status, allow] of [['DELETE', '/v1/predict', 405, 'POST'], ['POST', '/v1/jobs/x', 405, 'GET, HEAD'], ['PUT', '/nothing', 404, undefined], ['HEAD', '/health/live', 200, undefined]] as const) {
    const answer = await app.inject({ method, url });
    assert.deepEqual([answer.statusCode, answer.headers.allow], [status, allow], url);
  }
  assert.deepEqual(methodsAt([], '/x'), []);
  await app.close();
});
test('the measure can fail: a route that says nothing is seen as such, and two shapes of one name are refused', async () => {
  const app = Fastify().withTypeProvider<TypeBoxTypeProvider>();
  const routes = keepContract(app);
  app.get('/bare', () => 'x');
  assert.deepEqual(routes.map(({ method, url, summary, answers, scopes }) => [method, url, summary, answers, scopes]), [['GET', '/bare', '', {}, undefined]]);
  const part = (shape: TSchema) => ({ schema: { summary: 's', response: { 200: shape } } });
  app.get('/a', part(Type.Object({ x: Type.String() }, { title: 'Same' })), () => ({ x: '' }));
  app.get('/b', part(Type.Object({ x: Type.String() }, { title: 'Same' })), () => ({ x: '' }));
  assert.doesNotThrow(() => openapiOf(routes, { version: '1' }));
  app.get('/c', part(Type.Object({ x: Type.Integer() }, { title: 'Same' })), () => ({ x: 1 }));
  assert.throws(() => openapiOf(routes, { version: '1' }), /two different schemas have the title 'Same'/);
  await app.close();
});
