// Memory returns to its baseline after fifty swaps. Serving uses no tensors (the scorer is plain arithmetic on one Float32Array), so what may leak are array buffers and the heap.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

type Line = { readonly seq: number; readonly rss: number; readonly arrayBuffers: number; readonly heapUsed: number; readonly weightsBytes: number; readonly version: string };
function swaps(...words: string[]): Line[] {
  const run = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--expose-gc', join(import.meta.dirname, 'swaps.testing.ts'), ...words], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout.trim().split('\n').map((line) => JSON.parse(line) as Line);
}
const MB = 1_000_000;
const show = ({ rss, arrayBuffers, heapUsed }: Line): string => `RSS ${(rss / MB).toFixed(0)} MB, array buffers ${(arrayBuffers / MB).toFixed(1)} MB, heap ${(heapUsed / MB).toFixed(1)} MB`;
/** After some swaps, when code and pools have settled, against the end. */
const grown = (lines: readonly Line[]): { readonly buffers: number; readonly heap: number; readonly text: string } => {
  const [base, end] = [lines[10], lines.at(-1)];
  assert.ok(base !== undefined && end !== undefined);
  return { buffers: end.arrayBuffers - base.arrayBuffers, heap: end.heapUsed - base.heapUsed, text: `a model of ${(end.weightsBytes / MB).toFixed(1)} MB: after 10 swaps ${show(base)}; after ${end.seq - 1} ${show(end)}` };
};

test('fifty swaps leave nothing behind', () => {
  const lines = swaps('50');
  const { buffers, heap, text } = grown(lines);
  console.log(text);
  const weights = lines[0]?.weightsBytes ?? 0;
  assert.deepEqual([lines.length, lines.at(-1)?.version, weights > MB], [51, 'v51', true]);
  // One more model or two may still wait for the collector when it is looked at; forty kept would be forty.
  assert.ok(buffers < 4 * weights && heap < 4 * weights, text);
  // The allocator keeps pages for a while.
  assert.ok((lines.at(-1)?.rss ?? Infinity) - (lines[10]?.rss ?? 0) < 10 * weights, text);
});
test('the measure can fail: somebody who keeps the models', () => {
  const lines = swaps('20', 'keep');
  assert.ok(grown(lines).buffers > 8 * (lines[0]?.weightsBytes ?? Infinity));
});
