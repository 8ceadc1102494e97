// Back to an earlier version from the keyboard, with everything running: the reason is told, inference serves it, the versions are listed with their runs, and nothing that is needed is garbage.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { openBench, until } from '../../stack/testing.ts';

type Models = { readonly models: { readonly model_version: string }[]; readonly versions: { readonly model_version: string; readonly run_id: string; readonly promotions: { readonly promotion_seq: number; readonly cause: string }[] }[] };

test('./loop rollback and ./loop gc', async (t) => {
  const bench = await openBench(t);
  const { settings, env, tokens } = bench;
  const url = `http://127.0.0.1:${settings.inferencePort}`;
  const headers = { authorization: `Bearer ${tokens['admin'] ?? ''}`, 'content-type': 'application/json' };
  const loop = (...words: string[]): { status: number | null; out: string } => {
    const run = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', ...words], { cwd: PROJECT_DIR, encoding: 'utf8', env: { ...process.env, ...env } });
    return { status: run.status, out: run.stdout + run.stderr };
  };
  const models = async (): Promise<Models> => (await (await fetch(`${url}/v1/models`, { headers })).json()) as Models;
  const serving = async (): Promise<string> => (await models()).models[0]?.model_version ?? '';

  const before = await serving();
  await fetch(`${url}/v1/retrain`, { method: 'POST', headers, body: JSON.stringify({ force: true, epoch_num: 2 }) });
  const newer = await until('a newer model serves', async () => ((await serving()) === before ? undefined : serving()), 120_000);
  const back = loop('rollback');
  assert.equal(back.status, 0, back.out);
  assert.match(back.out, new RegExp(`${before} serves again \\(promotion \\d+\\): back from ${newer} to ${before}`));
  await until('the old one serves again', async () => ((await serving()) === before ? true : undefined));
  const { versions } = await models();
  assert.deepEqual(versions.slice(0, 2).map((one) => one.model_version), [before, newer]);
  assert.deepEqual([versions[0]?.promotions[0]?.cause, versions[1]?.promotions[0]?.cause, versions.every((one) => one.run_id !== '')], ['rollback', 'manual', true]);
  const refused = loop('rollback', 'v99');
  assert.deepEqual([refused.status, /no version 'v99'/.test(refused.out)], [1, true], refused.out);
  const gc = loop('gc', '--dry-run', '--json');
  assert.equal(gc.status, 0, gc.out);
  assert.deepEqual((JSON.parse(gc.out) as { folders: unknown[] }).folders, []);
});
