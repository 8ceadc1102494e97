// Two instances of inference over one table of leases. ./loop test --long twoInstances
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { openBench, startProcess, until } from '../../stack/testing.ts';

type Leased = { readonly items: readonly { readonly prediction_id: string }[] };

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
