// What the live page is told on the real loop: by asking, and as it changes.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { closeAtEnd, openBench, until } from '../../stack/testing.ts';

type Live = { serving: { model_version: string }; live: { models: { model_version: string; labels_total: number; classes: object[]; evidence: { detectors: object } }[] }; join: { coverage: number | null; waiting: number; label_delay_seconds: { p50: number } | null } };

test('labels that are given are told to who listens, with coverage and delay; the history adds up in any number of points', async (t) => {
  const { settings, tokens } = await openBench(t);
  const at = (path: string): string => `http://127.0.0.1:${settings.inferencePort}${path}`;
  const headers = { authorization: `Bearer ${tokens['admin'] ?? ''}`, 'content-type': 'application/json' };
  const get = async <T>(path: string): Promise<T> => (await fetch(at(path), { headers })).json() as Promise<T>;
  const post = async (path: string, body: object): Promise<void> => assert.ok((await fetch(at(path), { method: 'POST', headers, body: JSON.stringify(body) })).ok, path);

  const stop = new AbortController();
  const answer = await fetch(at('/v1/live/events'), { headers, signal: stop.signal });
  closeAtEnd(t, () => stop.abort());
  const events: { name: string; data: string }[] = [];
  const reading = (async () => {
    let text = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) if (block.startsWith('event: ')) events.push({ name: block.slice(7, block.indexOf('\n')), data: block.slice(block.indexOf('data: ') + 6) });
    }
  })().catch(() => undefined);
  await until('each kind comes at once', () => (['live', 'models', 'runs', 'history'].every((name) => events.some((one) => one.name === name)) ? true : undefined));
  assert.ok(events.some(({ name, data }) => name === 'runs' && data.includes('"cause":"bootstrap"')));

  const labelsOf = (live: Live): number => live.live.models.find((one) => one.model_version === live.serving.model_version)?.labels_total ?? 0;
  const before = labelsOf(await get<Live>('/v1/live'));
  const mark = randomUUID().slice(0, 8);
  const ids = Array.from({ length: 20 }, (_, i) => `${mark}-${i}`);
  await post('/v1/predict', { items: ids.map((prediction_id) => ({ product_description: 'Kestrel Sparkling Water Lemon', prediction_id })) });
  await post('/v1/feedback', { items: ids.map((prediction_id) => ({ prediction_id, category: 'Beverages', source: 'console/test' })) });
  const told = await until('the labels are told', () => events.filter(({ name }) => name === 'live').map(({ data }) => JSON.parse(data) as Live).find((live) => labelsOf(live) >= before + ids.length && live.join.label_delay_seconds !== null && live.join.coverage !== null));
  assert.ok((told.join.coverage ?? 0) > 0 && (told.join.coverage ?? 2) <= 1 && told.join.waiting >= 0 && (told.join.label_delay_seconds?.p50 ?? -1) >= 0, JSON.stringify(told.join));
  assert.ok((told.live.models[0]?.classes.length ?? 0) > 0);
  const runs = await get<{ jobs: { id: string; cause: string }[] }>('/v1/jobs?kind=training');
  const run = await get<Record<string, unknown>>(`/v1/jobs/${runs.jobs.find((one) => one.cause === 'bootstrap')?.id ?? ''}`);
  for (const name of ['cause', 'requested_at', 'dataset_hash', 'dataset_path', 'outcome', 'outcome_reason', 'report', 'threshold', 'params']) assert.ok(name in run, name);
  const report = run['report'] as { verdict: { reasons: unknown[] }; candidate: { hold_out: { classes: unknown[] } }; contests: unknown[] };
  assert.ok(Array.isArray(report.verdict.reasons) && report.candidate.hold_out.classes.length > 0 && Array.isArray(report.contests), JSON.stringify(report).slice(0, 500));

  const sum = async (path: string): Promise<number> => (await get<{ models: { buckets: { labels: number }[] }[] }>(path)).models.flatMap(({ buckets }) => buckets).reduce((total, { labels }) => total + labels, 0);
  const [all, merged] = [await sum('/v1/live/history'), await sum('/v1/live/history?points=10')];
  assert.deepEqual([all >= ids.length, merged], [true, all]);
  stop.abort();
  await reading;
});
