// What people do at the keyboard, on the serving loop: label through a pipe, look at the figures and the alerts.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { PROJECT_DIR } from '../paths.ts';
import { openBench, until } from '../testing.ts';

test('label through a pipe: confirm, correct, undo, skip; the figures are a table, or JSON; the alerts are told', async (t) => {
  const { env, settings, tokens } = await openBench(t);
  const loop = (keys: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> => new Promise((resolve) => {
    const child = execFile(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', ...args], { cwd: PROJECT_DIR, env: env as NodeJS.ProcessEnv }, (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }));
    child.stdin?.end(keys);
  });
  const call = async <T>(path: string, body?: object): Promise<T> => (await fetch(`http://127.0.0.1:${settings.inferencePort}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${tokens['admin'] ?? ''}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).json() as Promise<T>;
  const ids = Array.from({ length: 8 }, () => randomUUID());
  await call('/v1/predict', { items: ids.map((prediction_id) => ({ product_description: 'Kestrel Sparkling Water Lemon', prediction_id })) });
  for (const id of ids) await call(`/v1/predictions/${id}`);

  const began = Date.now();
  const done = await loop('\n2\nus\n1\nq', 'label', '--order', 'newest', '--json');
  assert.equal(done.code, 0, done.err);
  const { labelled, given } = JSON.parse(done.out) as { labelled: number; given: { prediction_id: string; predicted: string; category: string }[] };
  assert.deepEqual([labelled, given.length, new Set(given.map((one) => one.prediction_id)).size], [3, 3, 3], done.out);
  const progress = await until('the join has taken them', async () => {
    const found = await call<{ labelled: number; withdrawn: number; sources: Record<string, number> }>(`/v1/labels/progress?since_ms=${began}`);
    return Object.entries(found.sources).some(([source, count]) => source.startsWith('terminal/') && count >= 4) ? found : undefined;
  });
  assert.ok(progress.withdrawn >= 1);
  const spoken = await loop('s', 'label', '--order', 'newest');
  assert.match(spoken.out, /0 labelled, 0 corrected; \d+ wait .*Enter confirm[\s\S]*Kestrel Sparkling Water Lemon[\s\S]*> \d Beverages/);
  assert.equal((await loop('', 'label', '--order', 'best')).code, 2);

  const live = await loop('', 'live');
  assert.match(live.out, /^v\d+ serves \(promotion \d+\); coverage [\s\S]*evidence {2}[█·]+ [\s\S]*category +F1 /);
  assert.ok('live' in (JSON.parse((await loop('', 'live', '--json')).out) as object));
  const alerts = await loop('', 'alerts', '--json');
  assert.ok(alerts.code === 0 || alerts.code === 3, alerts.err);
  const told = JSON.parse(alerts.out) as { rules: number; broken: unknown[] };
  assert.deepEqual([told.rules > 10, told.broken], [true, []]);
  assert.match((await loop('', 'alerts')).out, /^no alert; \d+ rules are watched|^state +severity +alert/);
});
