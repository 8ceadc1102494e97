// The early warning through the real topics: no label anywhere, the answers move, the figure rises; kill -9 keeps it and a rebuild from the log finds it again.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { aPrediction, joinIdle, openBench, scrape, startProcess, until } from '../../stack/testing.ts';
import { stateDirOf } from './worker.ts';

const OTHER = 'Fresh & Perishable Items';
const REFERENCE = 90;
const MUCH = 0.25;

test('answers that move raise loop_prediction_drift without a label; kill -9 and a rebuild change nothing', async (t) => {
  const bench = await openBench(t);
  const start = () => startProcess(t, bench, 'consumers/join/main.ts', { DRIFT_REFERENCE: String(REFERENCE) });
  const version = `d-${randomUUID()}`;
  const drift = async (of: string): Promise<number | undefined> => (await scrape(bench.settings.joinPort)).get(`loop_prediction_drift{model_name="grocery",model_version="${version}",of="${of}"}`);
  let made = 0;
  /** Three references of answers: one of three OTHER before the drift, two of three after it and less sure. */
  const answer = async (drifted: boolean): Promise<void> => {
    const ids = Array.from({ length: 3 * REFERENCE }, () => `${version}-${(made += 1)}`);
    await bench.publisher.send(ids.map((id, i) => {
      const often = i % 3 !== 0;
      const sure = drifted ? 0.55 : 0.97;
      return { topic: 'predictions', key: id, value: { ...aPrediction(id, version, often === drifted ? OTHER : 'Beverages'), probabilities: [{ category: 'Beverages', probability: sure }, { category: OTHER, probability: 1 - sure }] } } as const;
    }));
    await joinIdle(bench);
  };
  const first = start();
  await joinIdle(bench);
  await answer(false);
  const calm = await until('a comparison', () => drift('category'));
  assert.ok(calm < 0.1 && ((await drift('confidence')) ?? 1) < 0.1, `${calm}`);
  await answer(true);
  await until('the drift', async () => (((await drift('category')) ?? 0) > MUCH ? true : undefined));
  const figures = async (): Promise<(number | undefined)[]> => {
    await joinIdle(bench);
    return [await drift('category'), await drift('confidence')].map((one) => (one === undefined ? undefined : Math.round(one * 1e9)));
  };
  const before = await figures();
  assert.ok((before[1] ?? 0) > MUCH * 1e9);
  await first.kill9();
  const second = start();
  assert.deepEqual(await figures(), before);
  const stopped = once(second.child, 'close');
  second.child.kill('SIGTERM');
  await stopped;
  for (let n = 0; n < bench.settings.partitions; n += 1) rmSync(stateDirOf(bench.settings, n), { recursive: true });
  start();
  assert.deepEqual(await figures(), before);
});
