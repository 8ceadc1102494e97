// Room on the disk is told as it is; a folder that is not there gives no figure, not 0.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Registry } from 'prom-client';
import { processMetrics } from './processMetrics.ts';

async function told(dataDir: string): Promise<Map<string, number>> {
  const metrics = new Registry();
  processMetrics(metrics, dataDir);
  const text = await metrics.metrics();
  return new Map(text.split('\n').filter((line) => /^loop_/.test(line)).map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

test('free and size of the data volume, and the delay of the event loop', async () => {
  const figures = await told(tmpdir());
  const [free, size] = [figures.get('loop_disk_free_bytes{volume="data"}') ?? 0, figures.get('loop_disk_size_bytes{volume="data"}') ?? 0];
  assert.ok(size > 0 && free <= size, `${free} of ${size}`);
  assert.deepEqual([...figures.keys()].filter((name) => name.startsWith('loop_event_loop')).map((name) => /"(.*)"/.exec(name)?.[1]), ['0.5', '0.99', '0.999', '1']);
});
test('a folder that is not there: no figure', async () => {
  assert.deepEqual([...(await told(join(tmpdir(), 'never-made', 'x'))).keys()].filter((name) => name.startsWith('loop_disk')), []);
});
test('what worker threads hold is told while they live', async () => {
  const metrics = new Registry();
  processMetrics(metrics, tmpdir());
  const held = async (): Promise<number[]> => {
    const text = await metrics.metrics();
    return ['threads_room', 'threads_external'].map((kind) => Number(new RegExp(`loop_memory_bytes\\{kind="${kind}"\\} (\\S+)`).exec(text)?.[1]));
  };
  assert.deepEqual(await held(), [0, 0]);
  const worker = new Worker('const held = new Uint8Array(32e6); require("node:worker_threads").parentPort.on("message", () => process.exit(held[0])).postMessage("ready")', { eval: true });
  await once(worker, 'message');
  const [room = 0, external = 0] = await held();
  assert.ok(room > 1e6 && external >= 32e6, `${room} and ${external}`);
  worker.postMessage('end');
  await once(worker, 'exit');
  assert.deepEqual(await held(), [0, 0]);
});
