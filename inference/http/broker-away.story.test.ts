// Kafka is killed under load and comes back: requests get 503 meanwhile, nothing acknowledged is lost, nothing is half-recorded, everybody goes on by themselves.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { openContext } from '../../stack/context.ts';
import { runProgram } from '../../stack/fetch.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { runningPid } from '../../stack/pids.ts';
import { until } from '../../stack/testing.ts';
import { verify } from '../../stack/verify/verify.ts';

test('with the broker away: 503; back again: all acknowledged predictions and feedback are there, verify clean', async () => {
  const context = openContext(process.env, { create: false });
  const { settings, secrets, paths } = context;
  const url = `http://127.0.0.1:${settings.inferencePort}`;
  const post = async (path: string, body: object): Promise<{ status: number; detail: string }> => {
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${secrets.tokens.admin}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const parsed = (await answer.json()) as { detail?: string };
    return { status: answer.status, detail: parsed.detail ?? '' };
  };
  const mark = randomUUID().slice(0, 8);
  const acknowledged: string[] = [];
  const predict = async (id: string): Promise<number> => {
    const { status } = await post('/v1/predict', { product_description: 'Kestrel Sparkling Water Lemon', prediction_id: id });
    if (status === 200) acknowledged.push(id);
    return status;
  };
  for (let i = 0; i < 20; i += 1) await predict(`${mark}-before-${i}`);

  const kafka = runningPid(paths.run, 'kafka');
  assert.ok(kafka !== undefined);
  process.kill(kafka, 'SIGKILL');
  await until('kafka gone', () => (runningPid(paths.run, 'kafka') === undefined ? true : undefined));
  const refused = await post('/v1/predict', { product_description: 'x', prediction_id: `${mark}-away` });
  assert.equal(refused.status, 503);
  assert.match(refused.detail, /Kafka/);
  assert.equal((await post('/v1/feedback', { prediction_id: `${mark}-before-0`, category: 'Beverages' })).status, 503);

  const back = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', 'up', '--services-only'], { cwd: PROJECT_DIR, env: process.env, encoding: 'utf8' });
  assert.equal(back.status, 0, back.stdout + back.stderr);
  await until('a prediction is acknowledged again', async () => ((await predict(`${mark}-again-${randomUUID()}`)) === 200 ? true : undefined));
  for (let i = 0; i < 20; i += 1) await until('feedback is accepted', async () => ((await post('/v1/feedback', { prediction_id: `${mark}-before-${i}`, category: 'Beverages', feedback_id: `${mark}-f-${i}` })).status === 202 ? true : undefined));

  const checks = await verify(context, () => undefined);
  assert.deepEqual(checks.filter((check) => check.differences.length > 0), []);
  const labelled = await runProgram(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', 'verify', '--json'], { cwd: PROJECT_DIR });
  assert.equal((JSON.parse(labelled) as { differences: number }).differences, 0);
  assert.ok(acknowledged.length > 20);
});
