import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openApp } from '../http/app.testing.ts';

test('events over a real connection: each kind at once, then no more than a beat; the stop of the service ends it', async () => {
  const answered: number[] = [];
  const { app } = openApp({ onResponse: (_route, status) => answered.push(status) });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/v1/live/events`;
  assert.equal((await fetch(url)).status, 401);
  assert.equal((await fetch(url, { method: 'HEAD', headers: { authorization: 'Bearer f' } })).status, 405);
  const answer = await fetch(url, { headers: { authorization: 'Bearer f' } });
  assert.deepEqual([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control'), answer.headers.get('content-encoding')], [200, 'text/event-stream; charset=utf-8', 'no-store', null]);
  let text = '';
  const decoder = new TextDecoder();
  const reader = answer.body?.getReader() ?? assert.fail();
  while (!text.includes('event: history')) text += decoder.decode((await reader.read()).value as Uint8Array);
  const events = text.split('\n\n').filter((block) => block.startsWith('event: ')).map((block) => block.split('\n').map((line) => line.slice(line.indexOf(' ') + 1)));
  assert.deepEqual(events.map(([name]) => name), ['live', 'models', 'runs', 'history']);
  const [live, models] = events.map(([, data = '']) => JSON.parse(data) as { serving?: { model_version: string }; live?: object; join?: object; models?: object[] });
  assert.deepEqual([live?.serving?.model_version, live?.live, live?.join], ['v7', { models: [] }, { coverage: null, audit_coverage: null, waiting: 0, label_delay_seconds: null }]);
  assert.equal(models?.models?.length, 1);
  const ended = reader.read().then(({ done }) => done, () => true);
  await app.close();
  assert.equal(await ended, true);
  // How long somebody listened is not told as the time of an answer.
  assert.deepEqual(answered, [401, 405]);
});
test('GET /v1/live tells the same; the history is merged into as many points as are asked for, within bounds', async () => {
  const asked: (number | undefined)[] = [];
  const { app } = openApp({ history: (points) => (asked.push(points), Promise.resolve({ models: [] })), join: () => Promise.reject(new Error('away')) });
  const get = (url: string) => app.inject({ url, headers: { authorization: 'Bearer p' } });
  assert.deepEqual((await get('/v1/live')).json<{ live: object; join: object | null }>().join, null);
  assert.deepEqual(await Promise.all(['', '?points=10', '?points=500', '?points=9', '?points=501', '?points=x'].map(async (query) => (await get(`/v1/live/history${query}`)).statusCode)), [200, 200, 200, 400, 400, 400]);
  await get('/v1/live/history?points=10');
  assert.deepEqual(asked, [undefined, 10, 500]);
  await app.close();
});
