import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp } from '../http/app.testing.ts';
import type { Wish } from '../labels/desk.ts';
import type { Answer, Question } from '../recent/questions.ts';

const told = { prediction_id: 'a', product_description: 'lemon', category: 'Toys', probabilities: [{ category: 'Toys', probability: 1 }], model_name: 'tiny', model_version: 'v1', predicted_at: 1, audit: true };
const view = { ...told, recorded_at: 2, status: 'unlabelled' as const, label: null, revisions: [], revisions_total: 0 };
function open(shared = true, stage: 'caught up' | 'off' = 'caught up') {
  const asked: unknown[] = [];
  const answer: Answer = { status: 'progress', labelled: 5, corrected: 2, withdrawn: 1, sources: { 'console/f': 3, expert: 2, 'terminal/f': 1 }, heldSince: undefined };
  return { asked, ...openApp({
    recent: { ask: (question: Question) => (asked.push(question), Promise.resolve(answer)), stage: () => stage },
    labels: { lease: (holder: string, wish: Wish) => (asked.push([holder, wish]), Promise.resolve({ items: [{ prediction: view, untilMs: 99 }], waiting: 7, shared })), release: (holder, ids) => (asked.push([holder, ids]), Promise.resolve(shared)) },
  }) };
}
test('leased in the name of the token, with the text, until when, and whether other instances know', async () => {
  const { post, asked } = open(false);
  assert.deepEqual((await post('/v1/labels/lease', 'f', { order: 'audit', limit: 3, except: ['x'] })).body, { items: [{ ...told, leased_until: 99 }], waiting: 7, leases: 'this instance' });
  await post('/v1/labels/lease', 'a', {});
  assert.deepEqual((await post('/v1/labels/release', 'f', { prediction_ids: ['a', 'b'] })).body, { released: 2, leases: 'this instance' });
  assert.deepEqual(asked, [['f', { order: 'audit', limit: 3, except: ['x'] }], ['a', { order: 'least_certain', limit: 10, except: [] }], ['f', ['a', 'b']]]);
});
test('progress: mine are those whose source carries the name of my token', async () => {
  const { app, asked } = open();
  const ask = (url: string) => app.inject({ url, headers: { authorization: 'Bearer f' } });
  assert.deepEqual((await ask('/v1/labels/progress?since_ms=5')).json(), { since_ms: 5, labelled: 5, corrected: 2, withdrawn: 1, by_me: 4, sources: { 'console/f': 3, expert: 2, 'terminal/f': 1 }, held_since_ms: null });
  assert.deepEqual(asked, [{ kind: 'progress', sinceMs: 5 }]);
  assert.equal((await ask('/v1/labels/progress?since_ms=-5')).statusCode, 400);
});
test('only who may judge is given texts; what is wrong is named; without a read model there is nothing to give', async () => {
  const { post } = open();
  for (const token of ['p', 't']) assert.equal((await post('/v1/labels/lease', token, {})).status, 403, token);
  for (const [body, field] of [[{ order: 'best' }, 'order'], [{ limit: 0 }, 'limit'], [{ limit: 51 }, 'limit'], [{ except: ['a b'] }, 'except.0'], [{ except: Array.from({ length: 201 }, (_, i) => `p${i}`) }, 'except']] as const) assert.deepEqual(await post('/v1/labels/lease', 'f', body).then((answer) => [answer.status, answer.body['field']]), [400, field]);
  assert.equal((await open(true, 'off').post('/v1/labels/lease', 'f', {})).status, 404);
});
