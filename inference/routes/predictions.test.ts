import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import { transient } from '../../schemas/failure.ts';
import { answerProblems } from '../http/problem.ts';
import type { Answer, Question, Stage } from '../recent/questions.ts';
import { predictionRoutes } from './predictions.ts';

const held = { prediction_id: 'a', product_description: 'lemon', category: 'Toys', probabilities: [{ category: 'Toys', probability: 1 }], model_name: 'tiny', model_version: 'v1', predicted_at: 1, recorded_at: 2, audit: true, status: 'withdrawn' as const, label: null, revisions: [{ revision: 1, label: null, source: 'http', labelled_at: 3 }], revisions_total: 2 };
function door(answer: Answer | Error, stage: Stage | 'off' = 'caught up') {
  const asked: Question[] = [];
  const app = Fastify();
  answerProblems(app.withTypeProvider<TypeBoxTypeProvider>(), () => undefined);
  predictionRoutes(app.withTypeProvider<TypeBoxTypeProvider>(), { recent: { stage: () => stage, ask: (question) => (asked.push(question), answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)) } }, () => (_request, _reply, done) => done());
  return { asked, get: async (id: string) => app.inject(new URL(id, 'http://x/v1/predictions/').href.slice('http://x'.length)).then((reply) => ({ status: reply.statusCode, body: reply.json<Record<string, unknown>>(), retry: reply.headers['retry-after'] })) };
}
test('what is held is told whole', async () => {
  const { asked, get } = door({ status: 'found', prediction: held });
  assert.deepEqual(await get('a'), { status: 200, body: held, retry: undefined });
  assert.deepEqual(asked, [{ kind: 'find', id: 'a' }]);
});
const absent = (heldSince?: number): Answer => ({ status: 'absent', heldSince });
const TABLE: [name: string, answer: Answer | Error, stage: Stage | 'off', status: number, says: RegExp][] = [
  ['nothing has given way: it is not there', absent(), 'caught up', 404, /not found.*Every prediction that is on the topic is held/],
  ['older or unknown, which an id alone does not tell', absent(Date.UTC(2026, 0, 2)), 'caught up', 404, /older than the read model.*since 2026-01-02T00:00:00.000Z.*or was never made/],
  ['while it is being built nobody knows', absent(), 'predictions', 503, /still being read/],
  ['no read model', absent(), 'off', 404, /RECENT_PREDICTIONS is 0/],
  ['one that does not answer', transient('recent_away', 'the read model does not answer (x); ask again'), 'caught up', 503, /does not answer/],
];
for (const [name, answer, stage, status, says] of TABLE) {
  test(name, async () => {
    const told = await door(answer, stage).get('b');
    assert.deepEqual([told.status, told.retry], [status, status === 503 ? '1' : undefined]);
    assert.match(JSON.stringify(told.body), says);
  });
}
test('an id that cannot be one is refused before anybody is asked', async () => {
  const { asked, get } = door(absent());
  const told = await get('a%20b');
  assert.deepEqual([told.status, told.body['field'], asked.length], [400, 'id', 0]);
});

test('behind a cell: what is left out is any; the read model is asked for so many', async () => {
  const { asked, get } = door({ status: 'behind', predictions: [held] });
  const told = await get('../live/examples?label=Toys&predicted=Home%20%26%20Garden&limit=7');
  assert.deepEqual([told.status, told.body], [200, { items: [held] }]);
  await get('../live/examples');
  assert.deepEqual(asked, [{ kind: 'behind', cell: { label: 'Toys', predicted: 'Home & Garden', modelVersion: undefined }, limit: 7 }, { kind: 'behind', cell: { label: undefined, predicted: undefined, modelVersion: undefined }, limit: 20 }]);
  assert.deepEqual((await get('../live/examples?limit=101')).body['field'], 'limit');
});
