// The products topic on the real stack: kill -9 in the middle, every product is answered exactly once.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { readToEnd } from '../consumers/readToEnd.ts';
import { isAudited } from '../schemas/audit.ts';
import { openBench, startProcess, until, watch } from '../stack/testing.ts';
import { promoteTiny } from './promoteTiny.testing.ts';

const COUNT = 3000;
const SLICE = 100;

test('kill -9 under load: every product is answered exactly once', async (t) => {
  const bench = await openBench(t);
  const run = randomUUID();
  const ids = Array.from({ length: COUNT }, (_, i) => `${run}-${i}`);
  await promoteTiny(bench);
  const predictions = await watch(t, bench, 'predictions');
  const mine = (): number => predictions.filter((one) => one.prediction_id.startsWith(run)).length;

  const first = startProcess(t, bench, 'inference/main.ts', { MODEL_NAME: 'tiny' });
  for (let i = 0; i < COUNT; i += SLICE) {
    await bench.publisher.send(ids.slice(i, i + SLICE).map((id) => ({ topic: 'products', key: id, value: { product_id: id, prediction_id: null, model_name: 'tiny', product_description: `text ${id}`, sent_at: 0 } })));
    if (i === COUNT / 3) await until('some answers', () => (mine() > 0 ? true : undefined));
    if (i === COUNT / 2) await first.kill9();
  }
  startProcess(t, bench, 'inference/main.ts', { MODEL_NAME: 'tiny' });
  await until('all answers', () => (mine() >= COUNT ? true : undefined), 90_000);

  const seen = new Map<string, number>();
  await readToEnd({
    settings: bench.settings, clientId: 'test-stream', topics: ['predictions'],
    onRecord: async ({ value }) => {
      if (value === null) return;
      const { prediction_id, model_version, audit } = await bench.registry.decode('predictions', value);
      if (!prediction_id.startsWith(run)) return;
      assert.equal(model_version, 'v1');
      assert.equal(audit, isAudited(prediction_id, bench.settings.auditRate));
      seen.set(prediction_id, (seen.get(prediction_id) ?? 0) + 1);
    },
  });
  assert.equal(seen.size, COUNT);
  assert.deepEqual([...seen].filter(([, times]) => times !== 1), []);
});
