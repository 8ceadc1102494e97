// A rollback reaches the monitor: it starts the version afresh once, at a recorded offset, also across kill -9; the log folded again orders the same.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Labelled, ModelPromoted, Tally } from '../../schemas/events.ts';
import { openBench, startProcess, until, watch } from '../../stack/testing.ts';
import { readToEnd } from '../readToEnd.ts';
import { erasOf } from './eras.ts';
import { createFold } from './fold.ts';

// It would rest for a day after its first alarm.
const SETTINGS = { MIN_LABELS: '20', MIN_F1: '0.9', FALSE_ALARM_EVERY: '50', WINDOW_LABELS: '60', COOLDOWN_MS: '86400000', MAX_RETRAINS_PER_DAY: '1000', SETTLE_MS: '0' };

test('a version that serves again is judged afresh, with the next episode number', async (t) => {
  const bench = await openBench(t);
  const model = `afresh-${randomUUID().slice(0, 8)}`;
  const requests = await watch(t, bench, 'retrain-requests');
  const mine = (): string[] => requests.filter((request) => request.model_name === model).map((request) => request.retrain_id);
  let n = 0;
  const label = (count: number): Promise<void> => bench.publisher.send(Array.from({ length: count }, () => {
    n += 1;
    const now = Date.now();
    const event: Labelled = { prediction_id: `${model}-${n}`, model_name: model, model_version: 'v1', revision: 0, predicted: 'Beverages', label: n % 2 === 0 ? 'Fresh & Perishable Items' : 'Beverages', previous_label: null, previous_labelled_at: null, labelled_at: now, predicted_at: now, audit: false, source: 'test' };
    return { topic: 'labelled', key: model, value: event } as const;
  }));
  const promote = (promotionSeq: number, modelVersion: string, restored: boolean): Promise<void> => {
    const event: ModelPromoted = { model_name: model, model_version: modelVersion, promotion_seq: promotionSeq, manifest_uri: 's3://models/none', manifest_sha256: '', weights_sha256: '', run_id: '', retrain_id: '', cause: 'test', previous_version: null, categories: [], promoted_at: 0, restored, previous_promotion_seq: null, previous_manifest_uri: null, previous_manifest_sha256: null, previous_weights_sha256: null };
    return bench.publisher.send([{ topic: 'models', key: model, value: event }]);
  };
  async function logs(): Promise<{ tallies: Map<string, Tally>; labelled: { event: Labelled; offset: number }[] }> {
    const tallies = new Map<string, Tally>();
    const labelled: { event: Labelled; offset: number }[] = [];
    await readToEnd({
      settings: bench.settings, clientId: 'test-afresh', topics: ['tallies', 'labelled'],
      onRecord: async ({ topic, key, value, offset }) => {
        if (topic === 'tallies' && value === null) tallies.delete(key?.toString() ?? '');
        else if (topic === 'tallies' && value !== null) tallies.set(key?.toString() ?? '', await bench.registry.decode(topic, value));
        else if (topic === 'labelled' && value !== null) labelled.push({ event: await bench.registry.decode(topic, value), offset: Number(offset) });
      },
    });
    return { tallies, labelled };
  }
  const restarts = async (): Promise<number[]> => [...(await logs()).tallies.values()].filter((tally) => tally.kind === 'restart' && tally.model_name === model).map((tally) => tally.labelled_offset);
  const order = (id: string): Promise<true> => until(`the order ${id}`, async () => (mine().includes(id) ? true : (await label(40), undefined)));

  const first = startProcess(t, bench, 'consumers/monitor/main.ts', SETTINGS);
  await order(`${model}/v1/1`);
  await promote(2, 'v2', false);
  await promote(3, 'v1', true);
  await until('the restart is recorded', async () => ((await restarts()).length === 1 ? true : undefined));
  await first.kill9();
  startProcess(t, bench, 'consumers/monitor/main.ts', SETTINGS);
  await order(`${model}/v1/2`);
  const { tallies, labelled } = await logs();
  assert.equal((await restarts()).length, 1);
  const fold = createFold(0, erasOf(tallies.values(), 0));
  const again = labelled.flatMap(({ event, offset }) => fold.apply(event, offset)).filter((request) => request.model_name === model);
  assert.deepEqual(again.slice(0, mine().length).map((request) => request.retrain_id), mine());
  assert.deepEqual(mine(), [`${model}/v1/1`, `${model}/v1/2`]);
});
