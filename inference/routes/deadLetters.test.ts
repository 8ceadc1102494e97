import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { DeadLetter } from '../../schemas/events.ts';
import { transient } from '../../schemas/failure.ts';
import { openApp } from '../http/app.testing.ts';
import { letterView } from '../deadLetters/letter.ts';
import { sweepFrom, swept, type PurgeRule } from '../deadLetters/purge.ts';
import type { Resent } from '../deadLetters/resends.ts';

const letter: DeadLetter = { topic: 'feedback', partition: 2, offset: 9, reason: 'orphan', error: 'never came', consumer: 'join', original_key: Buffer.from('k'), original_value: Buffer.from([0, 1, 2]), died_at: 5 };
const shown = { id: 'dead-letters:0:17', topic: 'feedback', partition: 2, offset: 9, reason: 'orphan', error: 'never came', consumer: 'join', process_version: null, at_ms: 5, key: 'k', bytes_base64: 'AAEC', length: 3, text: null };
function open(publish?: (messages: readonly Outgoing[]) => Promise<void>, headers: Readonly<Record<string, string>> = {}, mayDelete = true) {
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
  const rules: PurgeRule[] = [];
  const purges = { rules: () => Promise.resolve([...rules]), add: (fresh: readonly PurgeRule[]) => Promise.resolve(void rules.push(...fresh)), forget: (low: bigint) => Promise.resolve(void asked.push({ forget: low })) };
  const place = { partition: 0, offset: 17n };
  const view = letterView(place, letter, undefined, (bytes) => Buffer.from(bytes).toString('base64'), headers);
  const deadLetters = {
    list: (wish: object) => (asked.push(wish), Promise.resolve({ items: [shown], next: 12n })),
    find: ({ offset }: { offset: bigint }, purged: readonly PurgeRule[]) => Promise.resolve(offset === 17n && purged.length === 0 ? { letter, headers, view } : undefined),
    bounds: () => Promise.resolve({ low: 16n, high: 18n }),
    // Two stand there: 16 is about products.
    sweep: ({ low }: { low: bigint }, standing: readonly PurgeRule[], fresh: readonly PurgeRule[]) => Promise.resolve({ ...swept(swept(sweepFrom(low), standing, fresh, 16n, { ...letter, topic: 'products' }), standing, fresh, 17n, letter), done: true }),
    cut: (below: bigint) => Promise.resolve(asked.push({ cut: below }) > 0 && mayDelete),
  };
  return { asked, rules, ...openApp({ resends, deadLetters, purges, ...(publish === undefined ? {} : { publish }) }) };
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
  assert.deepEqual(await Promise.all(['?topic=feedback&limit=5&before=99', '?topic=dead-letters', '?limit=0', '?before=-1', '?reason=No'].map(async (query) => (await get(query)).statusCode)), [200, 400, 400, 400, 400]);
  assert.deepEqual(asked, [{ topic: 'feedback', reason: undefined, limit: 5, before: 99n }]);
});
test('one is looked at: bytes, what the reason means, what mends it, who set it aside and who has sent it again', async () => {
  const { app, post } = open(undefined, { 'process-version': '7', process: 'join' });
  const look = async (id: string, token = 'a') => app.inject({ url: `/v1/dead-letters/${encodeURIComponent(id)}`, headers: { authorization: `Bearer ${token}` } });
  const { means, fix, ...rest } = (await look('dead-letters:0:17')).json<Record<string, unknown>>();
  assert.deepEqual(rest, { ...shown, process_version: '7', headers: { 'process-version': '7', process: 'join' }, whole: true, resent: false, resent_by: null, resent_at_ms: null });
  assert.match(`${String(means)} ${String(fix)}`, /No prediction with this id came.*prediction_id/);
  await post(RESEND, 'a');
  assert.deepEqual(Object.entries((await look('dead-letters:0:17')).json<object>()).filter(([name]) => name.startsWith('resent')), [['resent', true], ['resent_by', 'a'], ['resent_at_ms', 0]]);
  assert.deepEqual(await Promise.all([look('dead-letters:0:18'), look('x'), look('dead-letters:0:17', 'p')]).then((all) => all.map((one) => one.statusCode)), [404, 400, 403]);
});
test('what was too large to be kept whole is not sent again', async () => {
  const { post, sent } = open(undefined, { 'original-value-bytes': '5000000' });
  const { status, body } = await post(RESEND, 'a');
  assert.deepEqual([status, sent], [409, []]);
  assert.match(String(body['detail']), /feedback, partition 2, offset 9/);
});
test('purged: hidden at once, the log cut as far as nothing stays, what remains is told', async () => {
  const { post, rules, asked } = open();
  const PURGE = '/v1/dead-letters/purge';
  assert.deepEqual((await post(PURGE, 'a', { topic: 'feedback', dry_run: true })).body, { status: 'counted', purged: 1, in_log: 1, kept: 1, complete: true });
  assert.deepEqual([rules, asked], [[], []]);
  assert.deepEqual((await post(PURGE, 'a', { topic: 'feedback', reason: 'orphan', before_ms: 6 })).body, { status: 'purged', purged: 1, in_log: 1, kept: 1, complete: true });
  assert.deepEqual([rules, asked], [[{ from: 0n, upto: 18n, topic: 'feedback', reason: 'orphan', beforeMs: 6 }], []]);
  assert.equal((await post(RESEND, 'a')).status, 404);
  assert.deepEqual((await post(PURGE, 'a', { ids: ['dead-letters:0:16'] })).body, { status: 'purged', purged: 1, in_log: 0, kept: 0, complete: true });
  assert.deepEqual(asked, [{ cut: 18n }, { forget: 18n }]);
  const wrong = [{}, { all: true, topic: 'feedback' }, { ids: [], all: true }, { ids: ['x'] }, { reason: 'No' }, { all: false }, { other: 1 }];
  assert.deepEqual(await Promise.all(wrong.map(async (body) => (await post(PURGE, 'a', body)).status)), wrong.map(() => 400));
  assert.equal((await post(PURGE, 'a', { ids: ['dead-letters:0:99'] })).status, 404);
  assert.deepEqual(await Promise.all(['p', 'f', 't'].map(async (token) => (await post(PURGE, token, { all: true })).status)), [403, 403, 403]);
});
test('where inference may not delete in Kafka, a purge hides, and says that all of it is still there', async () => {
  const { post, rules } = open(undefined, {}, false);
  assert.deepEqual((await post('/v1/dead-letters/purge', 'a', { all: true })).body, { status: 'purged', purged: 2, in_log: 2, kept: 0, complete: true });
  assert.equal(rules.length, 1);
});
