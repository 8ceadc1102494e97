import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { DeadLetter } from '../../schemas/events.ts';
import { transient } from '../../schemas/failure.ts';
import { openApp } from '../http/app.testing.ts';
import type { Resent } from '../deadLetters/resends.ts';

const letter: DeadLetter = { topic: 'feedback', partition: 2, offset: 9, reason: 'orphan', error: 'never came', consumer: 'join', original_key: Buffer.from('k'), original_value: Buffer.from([0, 1, 2]), died_at: 5 };
const shown = { id: 'dead-letters:0:17', topic: 'feedback', partition: 2, offset: 9, reason: 'orphan', error: 'never came', consumer: 'join', at_ms: 5, key: 'k', bytes_base64: 'AAEC', length: 3, text: null };
function open(publish?: (messages: readonly Outgoing[]) => Promise<void>) {
  const resent = new Map<string, Resent>();
  const asked: object[] = [];
  const resends = {
    among: (ids: readonly string[]) => Promise.resolve(new Map([...resent].filter(([id]) => ids.includes(id)))),
    claim: (id: string, by: string, again: boolean) => {
      const before = again ? undefined : resent.get(id);
      if (before === undefined) resent.set(id, { by, atMs: 0 });
      return Promise.resolve(before);
    },
    unclaim: (id: string) => Promise.resolve(void resent.delete(id)),
  };
  const deadLetters = { list: (wish: object) => (asked.push(wish), Promise.resolve({ items: [shown], next: 12n })), find: ({ offset }: { offset: bigint }) => Promise.resolve(offset === 17n ? letter : undefined) };
  return { asked, ...openApp({ resends, deadLetters, ...(publish === undefined ? {} : { publish }) }) };
}
const RESEND = '/v1/dead-letters/dead-letters%3A0%3A17/resend';

test('sent again once: the very bytes, key and partition, and who did it; then only with again', async () => {
  const { post, sent, app } = open();
  const list = async () => (await app.inject({ url: '/v1/dead-letters', headers: { authorization: 'Bearer a' } })).json<{ items: object[]; next: string }>();
  assert.deepEqual(await list(), { items: [{ ...shown, resent: false }], next: '12' });
  assert.deepEqual(await post(RESEND, 'a').then(({ status, body }) => [status, body]), [202, { id: 'dead-letters:0:17', status: 'resent', topic: 'feedback', partition: 2, offset: 9 }]);
  assert.deepEqual(sent, [{ topic: 'feedback', partition: 2, key: letter.original_key, raw: letter.original_value, headers: { 'resent-from': 'dead-letters:0:17', 'resent-by': 'a' } }]);
  const second = await post(RESEND, 'a', {});
  assert.deepEqual([second.status, sent.length], [409, 1]);
  assert.match(String(second.body['detail']), /a has sent dead-letters:0:17 again .*\?again=true/);
  assert.deepEqual((await list()).items, [{ ...shown, resent: true }]);
  assert.equal((await post(`${RESEND}?again=true`, 'a')).status, 202);
  assert.equal(sent.length, 2);
});
test('what could not be sent may be sent again', async () => {
  let away = true;
  const { post } = open(() => (away ? Promise.reject(transient('kafka_unavailable', 'away')) : Promise.resolve()));
  assert.equal((await post(RESEND, 'a')).status, 503);
  away = false;
  assert.equal((await post(RESEND, 'a')).status, 202);
  away = true;
  assert.equal((await post(`${RESEND}?again=true`, 'a')).status, 503);
  assert.equal((await post(RESEND, 'a')).status, 409, 'it has been sent once all the same');
});
test('for admins; what is wrong is named', async () => {
  const { post, app, asked } = open();
  for (const token of ['p', 'f', 't']) assert.equal((await post(RESEND, token)).status, 403, token);
  assert.deepEqual(await Promise.all(['dead-letters:0:18', 'dead-letters:1:17x', 'x'].map(async (id) => (await post(`/v1/dead-letters/${encodeURIComponent(id)}/resend`, 'a')).status)), [404, 400, 400]);
  const get = (query: string) => app.inject({ url: `/v1/dead-letters${query}`, headers: { authorization: 'Bearer a' } });
  assert.deepEqual(await Promise.all(['?topic=feedback&limit=5&before=99', '?topic=dead-letters', '?limit=0', '?before=-1'].map(async (query) => (await get(query)).statusCode)), [200, 400, 400, 400]);
  assert.deepEqual(asked, [{ topic: 'feedback', limit: 5, before: 99n }]);
});
