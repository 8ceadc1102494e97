// Labelling on the real loop: two people at once, and a label that comes back by way of the join.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { openBench, startProcess, until } from '../../stack/testing.ts';

type Item = { prediction_id: string; product_description: string; category: string; leased_until: number };
type Leased = { items: Item[]; waiting: number; leases: string };

test('two tokens at once never have the same item in hand; a label takes it out of the queue, and both see it in the progress', async (t) => {
  const { settings, tokens } = await openBench(t);
  const call = async <T>(token: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${settings.inferencePort}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${tokens[token] ?? ''}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
    return (await answer.json()) as T;
  };
  const mark = randomUUID().slice(0, 8);
  const ids = Array.from({ length: 30 }, (_, i) => `${mark}-${i}`);
  const began = Date.now();
  await call('predict', '/v1/predict', { items: ids.map((prediction_id) => ({ product_description: 'Kestrel Sparkling Water Lemon', prediction_id })) });
  for (const id of ids) await call('predict', `/v1/predictions/${id}`);
  const me = await call<{ name: string }>('feedback', '/v1/whoami');
  const lease = (token: string, limit: number, except: string[] = []): Promise<Leased> => call(token, '/v1/labels/lease', { order: 'newest', limit, except });
  const asked = await Promise.all(['feedback', 'admin', 'feedback', 'admin'].map(async (token) => ({ token, answer: await lease(token, 10) })));
  const heldBy = (token: string): Set<string> => new Set(asked.filter((one) => one.token === token).flatMap(({ answer }) => answer.items.map((one) => one.prediction_id)));
  const [mine, theirs] = [heldBy('feedback'), heldBy('admin')];
  assert.ok(mine.size >= 10 && theirs.size >= 10 && ![...mine].some((id) => theirs.has(id)), JSON.stringify(asked));
  assert.deepEqual([...new Set(asked.map(({ answer }) => answer.leases))], ['shared']);
  const [first] = asked[0]?.answer.items ?? [];
  assert.ok(first !== undefined && mine.has(first.prediction_id) && first.leased_until > began && first.product_description !== '');

  await call('feedback', '/v1/labels/release', { prediction_ids: [...mine].filter((id) => id !== first.prediction_id) });
  const other = (await lease('admin', 50)).items.map((one) => one.prediction_id);
  assert.ok(other.some((id) => mine.has(id)) && !other.includes(first.prediction_id));

  const label = first.category === 'Beverages' ? 'Fresh & Perishable Items' : 'Beverages';
  await call('feedback', '/v1/feedback', { prediction_id: first.prediction_id, category: label, source: `console/${me.name}` });
  await until('the label takes it out of the queue', async () => ((await lease('feedback', 1)).items[0]?.prediction_id === first.prediction_id ? undefined : true));
  const progress = await call<{ labelled: number; corrected: number; by_me: number }>('feedback', `/v1/labels/progress?since_ms=${began}`);
  assert.ok(progress.by_me === 1 && progress.labelled >= 1 && progress.corrected >= 1, JSON.stringify(progress));
  const behind = await call<{ items: { prediction_id: string }[] }>('predict', `/v1/live/examples?${new URLSearchParams({ label, predicted: first.category, limit: '5' }).toString()}`);
  assert.ok(behind.items.some((one) => one.prediction_id === first.prediction_id));
  for (const token of ['feedback', 'admin']) await call(token, '/v1/labels/release', { prediction_ids: [...new Set([...mine, ...theirs, ...other])] });
});

test('two instances lend at once: nobody has in hand what another has, whichever instance was asked', async (t) => {
  const bench = await openBench(t);
  const { settings, tokens } = bench;
  const ports = [settings.inferencePort, settings.portBase + 18];
  startProcess(t, bench, 'inference/main.ts', { INFERENCE_PORT: String(ports[1]) });
  const ask = async (port: number, token: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${tokens[token] ?? ''}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: await answer.json() };
  };
  const mark = randomUUID().slice(0, 8);
  const ids = Array.from({ length: 60 }, (_, i) => `${mark}-${i}`);
  const { status } = await ask(settings.inferencePort, 'predict', '/v1/predict', { items: ids.map((prediction_id) => ({ product_description: 'Kestrel Sparkling Water Lemon', prediction_id })) });
  assert.equal(status, 200);
  for (const port of ports) await until(`the instance at ${port} knows them`, async () => ((await Promise.all(ids.map((id) => ask(port, 'predict', `/v1/predictions/${id}`).catch(() => ({ status: 0 }))))).every((answer) => answer.status === 200) ? true : undefined));
  const asked = await Promise.all(Array.from({ length: 12 }, async (_, i) => {
    const token = i % 4 < 2 ? 'feedback' : 'admin';
    const { body } = await ask(ports[i % 2] ?? 0, token, '/v1/labels/lease', { order: 'newest', limit: 10, except: [] });
    return { token, items: (body as Leased).items.map((one) => one.prediction_id) };
  }));
  const holders = new Map<string, Set<string>>();
  for (const { token, items } of asked) for (const id of items) holders.set(id, (holders.get(id) ?? new Set()).add(token));
  assert.deepEqual([...holders].filter(([, those]) => those.size > 1), []);
  assert.ok(['feedback', 'admin'].every((token) => [...holders.values()].some((those) => those.has(token))) && holders.size >= 20, JSON.stringify(asked));
  for (const token of ['feedback', 'admin']) await ask(settings.inferencePort, token, '/v1/labels/release', { prediction_ids: [...holders.keys()] });
});
