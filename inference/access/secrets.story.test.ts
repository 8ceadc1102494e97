// Tokens on the running service: made, used, rotated and revoked without a restart; and no token and no product text stands in a log, in a metric or in the environment of a process.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openContext } from '../../stack/context.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { portOf, PROCESSES, readStates } from '../../stack/processes.ts';
import { joinIdle, openBench, until } from '../../stack/testing.ts';

test('tokens come and go while the service runs, and nothing tells them or the texts', async (t) => {
  const bench = await openBench(t);
  const { settings, logs, tokens } = bench;
  const { paths } = openContext(process.env, { create: false });
  const url = `http://127.0.0.1:${settings.inferencePort}`;
  const mark = randomUUID().replaceAll('-', '').slice(0, 12);
  const [name, text, guess, id] = [`shop-${mark}`, `Secretwater${mark} lemon 330 ml`, `guess${mark}`, `id-${mark}`];
  const loop = (...args: readonly string[]): string => {
    const run = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', 'token', ...args], { cwd: PROJECT_DIR, encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    return run.stdout;
  };
  const make = (): string => loop('new', name, '--scopes', 'predict+feedback', '--expires', '1d').split('\n')[0] ?? '';
  const call = async (token: string, path: string, body?: unknown): Promise<{ status: number; body: Readonly<Record<string, unknown>> }> => {
    const answer = await fetch(`${url}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) });
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  };
  const comes = (status: number, token: string): Promise<true> => until(`${status}`, async () => ((await call(token, '/v1/models')).status === status ? true : undefined));

  const old = make();
  await comes(200, old);
  const fresh = make();
  await comes(200, fresh);
  const hash = (JSON.parse(loop('list', '--json')) as { name: string; sha256: string }[]).find((row) => row.name === name)?.sha256 ?? '';
  loop('revoke', name, hash);
  await comes(401, old);
  await comes(200, fresh);

  // Every way a text comes in, right and wrong.
  assert.equal((await call(fresh, '/v1/predict', { product_description: text, prediction_id: id })).status, 200);
  assert.equal((await call(fresh, '/v1/feedback', { prediction_id: id, category: 'Beverages', source: 'story' })).status, 202);
  const found = await until('the read model tells it with its label', async () => {
    const { status, body } = await call(fresh, `/v1/predictions/${id}`);
    return status === 200 && body['status'] === 'labelled' ? body : undefined;
  });
  assert.deepEqual([found['product_description'], found['label']], [text, 'Beverages']);
  assert.equal((await call(tokens['train'] ?? '', `/v1/predictions/${id}`)).status, 403);
  assert.equal((await call(fresh, '/v1/feedback', { prediction_id: id, category: text })).status, 400);
  assert.equal((await call(fresh, '/v1/predict', { product_description: text.repeat(200) })).status, 400);
  assert.equal((await call(fresh, '/v1/predict', `{"product_description": "${text}`)).status, 400);
  assert.equal((await call(guess, '/v1/predict', { product_description: text })).status, 401);
  assert.equal((await call(fresh, '/v1/retrain', {})).status, 403);
  const value = { product_id: `p-${mark}`, prediction_id: null, model_name: '', product_description: text, sent_at: 0 };
  await bench.publisher.send([
    { topic: 'products', key: value.product_id, value }, { topic: 'products', key: 'x', value: { ...value, product_id: 'x', product_description: text.repeat(200) } }, { topic: 'products', key: text, raw: Buffer.from(text) },
    { topic: 'feedback', key: id, value: { prediction_id: id, feedback_id: `f-${mark}`, model_name: settings.modelName, category: text, source: 'story', given_at: 0 } },
  ]);
  await until('the product is classified', async () => ((await call(fresh, `/v1/predictions/${value.product_id}`)).status === 200 ? true : undefined));
  await joinIdle(bench);
  loop('revoke', name);
  await comes(401, fresh);

  const secrets = new Map([...Object.entries(tokens).map(([scope, token]) => [`the ${scope} token`, token] as const), ['the old token', old], ['the new token', fresh], ['a guessed token', guess], ['a product text', `Secretwater${mark}`]]);
  const clean = (where: string, content: string): void => {
    for (const [what, secret] of secrets) assert.ok(!content.includes(secret), `${what} stands in ${where}`);
  };
  const ours = readdirSync(logs).filter((file) => /^(inference|join|monitor|trainer|supervisor)/.test(file));
  assert.ok(ours.length >= 4, ours.join());
  for (const file of ours) clean(file, readFileSync(join(logs, file), 'utf8'));
  for (const one of PROCESSES) clean(`the metrics of ${one}`, await (await fetch(`http://127.0.0.1:${portOf(settings, one)}/metrics`)).text());
  const states = readStates(paths.run);
  if (process.platform === 'linux') for (const one of PROCESSES) clean(`the environment of ${one}`, readFileSync(`/proc/${states[one]?.pid ?? 0}/environ`, 'utf8'));
  clean('the list of tokens', loop('list'));
  clean('the file of tokens', readFileSync(paths.tokens, 'utf8'));
});
