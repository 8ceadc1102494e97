// The audit log on the real loop: what an admin orders over HTTP stands there with his name, the newest first, and ./loop audit shows it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { openBench } from '../../stack/testing.ts';

type Entry = { audit_id: string; action: string; actor: string; target: string; reason: string | null; outcome: string; request_id: string; details: Record<string, unknown> };
type Entries = { items: Entry[]; next: string | null };

test('a rollback, a training and its cancelling are told with actor, target, reason and request id; others may not look; the verb shows the same', async (t) => {
  const { settings, tokens, env } = await openBench(t);
  const mark = randomUUID();
  const send = async (method: 'GET' | 'POST', path: string, body?: object, token = 'admin', id = `${mark}-x`): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(`http://127.0.0.1:${settings.inferencePort}${path}`, { method, headers: { authorization: `Bearer ${tokens[token] ?? ''}`, 'content-type': 'application/json', 'x-request-id': id }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: await answer.json() };
  };
  const why = `because ${mark}`;
  // Nothing like it has ever served: the trainer will refuse, the word was given all the same.
  const rollback = await send('POST', `/v1/models/${settings.modelName}/rollback`, { version: 'v999999', why }, 'admin', `${mark}-1`);
  assert.equal(rollback.status, 202);
  const train = await send('POST', '/v1/train/csv', { train_file_s3: `s3://dataset/none/${mark}.csv` }, 'train', `${mark}-2`);
  assert.equal(train.status, 202);
  assert.equal((await send('POST', '/v1/retrain', { force: true }, 'train', `${mark}-3`)).status, 403, 'not allowed, not recorded');
  const { status, body } = await send('GET', '/v1/audit?limit=100');
  assert.equal(status, 200, JSON.stringify(body));
  const mine = (body as Entries).items.filter(({ request_id }) => request_id.startsWith(mark));
  assert.deepEqual(mine.map(({ action, actor, target, reason, outcome, request_id }) => [action, actor, target, reason, outcome, request_id]), [
    ['train', 'local-train', (train.body as { retrain_id: string }).retrain_id, null, 'ordered', `${mark}-2`],
    ['rollback', 'local-admin', (rollback.body as { retrain_id: string }).retrain_id, why, 'ordered', `${mark}-1`],
  ]);
  assert.ok(!Object.values(tokens).some((token) => JSON.stringify(body).includes(token)), 'no token stands there');
  const only = (await send('GET', '/v1/audit?action=rollback&actor=local-admin&limit=1')).body as Entries;
  assert.equal(only.items[0]?.request_id, `${mark}-1`);
  assert.equal((await send('GET', '/v1/audit', undefined, 'train')).status, 403);
  const run = promisify(execFile);
  const verb = async (...args: string[]): Promise<string> => (await run(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', 'audit', ...args], { cwd: PROJECT_DIR, env: env as NodeJS.ProcessEnv })).stdout;
  assert.deepEqual((JSON.parse(await verb('--json', '--limit', '100')) as Entries).items.filter(({ request_id }) => request_id.startsWith(mark)), mine);
  assert.match(await verb('--action', 'rollback'), new RegExp(`local-admin +rollback +ordered .*${why}`));
});
