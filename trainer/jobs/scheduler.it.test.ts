// The schedule on the real log: asked once per slot when there are labels the last training has not seen, skipped when there are none, silent when AUTO_RETRAIN is off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endsOf } from '../../consumers/topicEnds.ts';
import { silent } from '../../producers/kafka.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import { openBench } from '../../stack/testing.ts';
import type { Row } from '../record/row.ts';
import { createScheduler } from './scheduler.ts';
import { own } from '../tiny.testing.ts';

test('asked once per slot when there is something new, skipped when there is not, off with AUTO_RETRAIN=off', async (t) => {
  const bench = await openBench(t);
  const { model, settings } = own(t, bench);
  await bench.publisher.send([{ topic: 'examples', key: model, value: { prediction_id: model, model_name: model, model_version: 'v1', product_description: 'x', label: 'Beverages', predicted: 'Beverages', revision: 0, labelled_at: 1, predicted_at: 1, source: 'test' } }]);
  const everyMs = 1000;
  let nowMs = 10_500;
  let offsets = '{}';
  const sent: Outgoing[] = [];
  const schedulerOf = (autoRetrain: 'on' | 'off') => createScheduler({
    settings: { ...settings, retrainEveryMs: everyMs, autoRetrain }, log: silent, nowMs: () => nowMs, publish: (messages) => Promise.resolve(void sent.push(...messages)),
    ledger: { lastTrained: () => Promise.resolve({ finished_at: new Date(9000), dataset_offsets: offsets } as Row), known: () => Promise.resolve(false) },
  });
  const scheduler = schedulerOf('on');
  assert.equal(await scheduler.look(), `asked for ${model}/schedule/10`);
  assert.match(await scheduler.look(), /^asked for .*; next due at 1970-01-01T00:00:11\.000Z$/);
  offsets = JSON.stringify(Object.fromEntries([...(await endsOf(settings, 'examples'))].map(([place, end]) => [place, Number(end)])));
  nowMs = 11_500;
  assert.match(await scheduler.look(), /^skipped .*schedule\/11: there is no label the last training has not seen$/);
  assert.match(scheduler.state(), /^skipped/);
  assert.match(await schedulerOf('off').look(), /AUTO_RETRAIN is off/);
  assert.deepEqual(sent.map((one) => ('value' in one && one.topic === 'retrain-requests' ? [one.value?.retrain_id, one.value?.cause] : [])), [[`${model}/schedule/10`, 'schedule']]);
});
