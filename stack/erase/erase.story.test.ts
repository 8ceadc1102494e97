// A text is erased on the serving loop: its example, its look-up, its row in a dataset and in a file are gone, its label goes on counting, and the log still explains everything.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createArtifacts } from '../../trainer/record/artifacts.ts';
import { openContext } from '../context.ts';
import { PROJECT_DIR } from '../paths.ts';
import { openBench, until, watch } from '../testing.ts';
import { verify } from '../verify/verify.ts';
import { examplesLeft } from './topics.ts';

type Json = Readonly<Record<string, unknown>>;
test('erase by id and by text: shown first, then done; what remains is said; verify finds no difference', async (t) => {
  const bench = await openBench(t);
  const { env, settings, tokens, publisher } = bench;
  const artifacts = createArtifacts(settings);
  const loop = (...args: string[]): Promise<{ code: number; out: string }> => new Promise((resolve) => {
    execFile(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', ...args], { cwd: PROJECT_DIR, env: env as NodeJS.ProcessEnv, maxBuffer: 50_000_000 }, (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: stdout + stderr }));
  });
  const http = async (path: string, body?: object): Promise<{ status: number; body: Json }> => {
    const answer = await fetch(`http://127.0.0.1:${settings.inferencePort}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${tokens['admin'] ?? ''}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: (await answer.json()) as Json };
  };
  const labelled = await watch(t, bench, 'labelled');
  const revisions = (id: string) => labelled.filter((event) => event.prediction_id === id).length;
  // None of these texts is on the hold-out's side or elsewhere in the stack.
  const mark = randomUUID().slice(0, 8);
  const texts = { secret: `Quillfern Anna ${mark} Tea`, other: `Quillfern Berta ${mark} Tea`, stays: `Quillfern Clara ${mark} Tea` };
  const ids = { secret: `erase-${mark}-1`, other: `erase-${mark}-2`, stays: `erase-${mark}-3` };
  await http('/v1/predict', { items: (['secret', 'other', 'stays'] as const).map((name) => ({ product_description: texts[name], prediction_id: ids[name] })) });
  for (const id of Object.values(ids)) await http('/v1/feedback', { prediction_id: id, category: 'Beverages', source: 'a test' });
  await until('all are examples', async () => ((await examplesLeft(settings, new Set(Object.values(ids)))).length === 3 ? true : undefined));
  const file = `s3://dataset/train/erase-${mark}.csv`;
  await artifacts.write(file, `product_description,Category\n${texts.other.toUpperCase()},Beverages\n${texts.stays},Beverages\n`);
  const trained = await loop('train', '--epochs', '1');
  assert.ok(trained.code === 0 || trained.code === 3, trained.out);
  const run = /(?:pending|running) {2}(\S{36})/.exec(trained.out)?.[1] ?? '';
  const path = String((await http(`/v1/jobs/${run}`)).body['dataset_path']);
  const rowsIn = async (uri: string): Promise<string[]> => (await artifacts.read(uri)).toString().split('\n').filter((line) => line.toLowerCase().includes(mark));
  assert.equal((await rowsIn(path)).length, 3);

  const shown = await loop('erase', '--id', ids.secret, '--text', texts.other);
  assert.equal(shown.code, 0, shown.out);
  assert.match(shown.out, /^2 predictions\nexamples {5}2 would go\n[\s\S]*would be rewritten {4}s3:\/\/dataset\/auto\/[0-9a-f]{64}\/rows\.csv {2}2 rows less[\s\S]*weights {6}[\s\S]*nothing was changed: say --yes/);
  assert.equal((await rowsIn(path)).length, 3);
  const done = await loop('erase', '--id', ids.secret, '--text', texts.other, '--reason', 'asked for in a test', '--yes');
  assert.equal(done.code, 0, done.out);
  assert.match(done.out, new RegExp(`examples     2 without one, 0 left[\\s\\S]*rewritten    ${file}  1 rows less[\\s\\S]*predictions  the same: \\d+ days after it was written`));

  assert.deepEqual(await examplesLeft(settings, new Set(Object.values(ids))), [ids.stays]);
  assert.deepEqual((await rowsIn(path)).length, 1);
  assert.deepEqual(await rowsIn(file), [`${texts.stays},Beverages`]);
  for (const name of ['secret', 'other'] as const) await until(`look-ups have forgotten ${name}`, async () => ((await http(`/v1/predictions/${ids[name]}`)).status === 404 ? true : undefined));
  assert.equal((await http(`/v1/predictions/${ids.stays}`)).body['product_description'], texts.stays);
  const fetched = await loop('dataset', run);
  assert.deepEqual([fetched.code, /as redacted on .*: 2 rows less than the run saw; its own SHA-256 was [0-9a-f]{64}/.test(fetched.out)], [0, true], fetched.out);
  const audit = (await http('/v1/audit?action=erase&limit=5')).body['items'] as readonly Json[];
  assert.deepEqual([audit[0]?.['reason'], audit[0]?.['target']], ['asked for in a test', '2 predictions']);

  // A correction goes on counting, and brings no text back; nobody can speak in the erasure's name.
  const before = revisions(ids.secret);
  await http('/v1/feedback', { prediction_id: ids.secret, category: 'Household & Personal Care', source: 'a test' });
  await until('the correction counts', () => (revisions(ids.secret) === before + 1 ? true : undefined));
  assert.deepEqual(await examplesLeft(settings, new Set(Object.values(ids))), [ids.stays]);
  const refused = await http('/v1/feedback', { prediction_id: ids.stays, category: null, source: 'erasure' });
  assert.deepEqual([refused.status, refused.body['field']], [400, 'source']);
  // One that was erased before it comes leaves no example either.
  const early = `erase-${mark}-4`;
  await publisher.send([{ topic: 'feedback', key: early, value: { prediction_id: early, feedback_id: 'e', model_name: settings.modelName, category: null, source: 'erasure', given_at: 0 } }]);
  await http('/v1/predict', { product_description: `Quillfern Dora ${mark}`, prediction_id: early });
  await http('/v1/feedback', { prediction_id: early, category: 'Beverages', source: 'a test' });
  await until('its label counts', () => (revisions(early) === 1 ? true : undefined));
  assert.deepEqual(await examplesLeft(settings, new Set([early])), []);

  const again = await loop('erase', '--id', ids.secret, '--text', texts.other, '--yes');
  assert.match(again.out, /0 files, 0 rows/);
  const checks = await verify(openContext(process.env, { create: false }), () => undefined);
  assert.deepEqual(checks.flatMap((check) => check.differences), []);
});
