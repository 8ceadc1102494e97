// Idempotency-Key over the whole app: the same answer again, nothing recorded twice, also by another instance, where the ids derived from the key let the join drop the repeat.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Counted, JoinOutput } from '../../consumers/join/join.ts';
import { createJoin, RULES } from '../../consumers/join/join.testing.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import { transient } from '../../schemas/failure.ts';
import { openApp } from './app.testing.ts';

type Told = { readonly status: number; readonly body: unknown; readonly replayed: boolean };
function caller({ app }: Pick<ReturnType<typeof openApp>, 'app'>) {
  return async (url: string, key: string | undefined, payload: object, token = 'a'): Promise<Told> => {
    const reply = await app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${token}`, ...(key === undefined ? {} : { 'idempotency-key': key }) }, payload });
    return { status: reply.statusCode, body: reply.json(), replayed: reply.headers['idempotency-replayed'] === 'true' };
  };
}
const idsOf = (sent: readonly Outgoing[]): string[] => sent.map(({ key }) => String(key));
const BODIES: [url: string, body: object, token: string, other: object][] = [
  ['/v1/predict', { product_description: 'lemon' }, 'p', { product_description: 'lime' }],
  ['/v1/predict', { items: [{ product_description: 'lemon' }, { product_description: 'lemon' }] }, 'p', { items: [{ product_description: 'lemon' }] }],
  ['/v1/feedback', { prediction_id: 'x', category: 'Toys' }, 'f', { prediction_id: 'x', category: null }],
  ['/v1/feedback', { items: [{ prediction_id: 'x', category: 'Toys' }, { prediction_id: 'x', category: 'nonsense' }] }, 'f', { prediction_id: 'x', category: 'Toys' }],
];
for (const [url, body, token, other] of BODIES) {
  test(`${url} ${JSON.stringify(body)}: the same again is the same answer and is recorded once; another body, caller or key is another request`, async () => {
    const bench = openApp();
    const call = caller(bench);
    const first = await call(url, 'k', body, token);
    const recorded = bench.sent.length;
    assert.deepEqual([await call(url, 'k', body, token), bench.sent.length], [{ ...first, replayed: true }, recorded]);
    const differs = await call(url, 'k', other, token);
    assert.deepEqual([differs.status, (differs.body as { field: string }).field, bench.sent.length], [422, 'idempotency-key', recorded]);
    for (const [key, who] of [['k', 'a'], ['k2', token], [undefined, token]] as const) assert.equal((await call(url, key, body, who)).replayed, false);
    assert.equal(bench.sent.length, 4 * recorded);
    assert.equal(new Set(idsOf(url === '/v1/predict' ? bench.sent : bench.sent.map((one) => ({ ...one, key: 'value' in one && one.topic === 'feedback' ? (one.value?.feedback_id ?? '') : '' })))).size, 4 * recorded, 'no id is used twice');
  });
}
test('while the first runs the others wait for it; when it fails they hear so, and the next one runs', async () => {
  const arrived: (() => void)[] = [];
  let away = true;
  const bench = openApp({ publish: () => new Promise((resolve, reject) => arrived.push(() => (away ? reject(transient('kafka_unavailable', 'Kafka did not acknowledge')) : resolve()))) });
  const call = caller(bench);
  const settle = async (calls: readonly Promise<Told>[]): Promise<Told[]> => {
    while (arrived.length === 0) await new Promise(setImmediate);
    // The others have come in by then.
    for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
    arrived.splice(0).forEach((one) => one());
    return Promise.all(calls);
  };
  const three = () => [1, 2, 3].map(() => call('/v1/predict', 'k', { product_description: 'lemon' }));
  assert.deepEqual((await settle(three())).map(({ status }) => status), [503, 503, 503]);
  away = false;
  const answers = await settle(three());
  assert.deepEqual(answers.map(({ status, replayed }) => [status, replayed]), [[200, false], [200, true], [200, true]]);
  assert.deepEqual([answers[1]?.body, arrived.length], [answers[0]?.body, 0]);
});
test('a key that is no key is refused', async () => {
  const told = await caller(openApp())('/v1/predict', 'k'.repeat(256), { product_description: 'lemon' });
  assert.deepEqual([told.status, /idempotency-key/.test(JSON.stringify(told.body))], [400, true]);
});

test('another instance, or one that has forgotten: the same ids are published, and the join drops the repeats', async () => {
  const instances = [openApp(), openApp()];
  for (const instance of instances) {
    const call = caller(instance);
    await call('/v1/predict', 'k', { items: [{ product_description: 'lemon' }, { product_description: 'lime' }] });
    const [id] = idsOf(instance.sent);
    await call('/v1/feedback', 'f', { prediction_id: id, category: 'Toys' });
    await call('/v1/feedback', 'g', { prediction_id: id, category: 'Beverages' });
  }
  const [one, two] = instances.map(({ sent }) => idsOf(sent));
  assert.deepEqual(one, two);
  const join = createJoin(RULES);
  const counts = new Map<Counted, number>();
  const out: JoinOutput[] = [];
  let offset = 0;
  for (const { sent } of instances) {
    for (const message of sent) {
      if (!('value' in message) || message.value === null) continue;
      const at = { offset: (offset += 1), timeMs: 10, value: new Uint8Array() };
      const count = (kind: Counted): void => void counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (message.topic === 'predictions') join.prediction({ ...at, event: message.value }, out, count);
      if (message.topic === 'feedback') join.feedback({ ...at, event: message.value }, out, count);
    }
  }
  assert.deepEqual(out.map((told) => (told.kind === 'labelled' ? [told.event.revision, told.event.label] : told.kind)), [[0, 'Toys'], [1, 'Beverages']]);
  assert.deepEqual([counts.get('duplicate_prediction'), counts.get('duplicate_feedback')], [2, 2]);
});
