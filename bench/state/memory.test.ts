import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuSecondsIn, gainOf, memoryIn } from './memory.ts';

test('anonymous memory and RSS of a process, in bytes', () => {
  assert.deepEqual(memoryIn('Name:\tnode\nVmRSS:\t  2048 kB\nRssAnon:\t  1024 kB\nRssFile:\t 1024 kB\n'), { anon: 1_048_576, rss: 2_097_152 });
  assert.throws(() => memoryIn('Name:\tnode\n'), RangeError);
});
test('processor time, whatever the program is called', () => {
  assert.equal(cpuSecondsIn('12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0'), 2);
});
test('the gain of a line, of a flat series with noise, of nothing', () => {
  assert.equal(gainOf([0, 1, 2, 3].map((x) => ({ x, y: 2 * x + 5 }))), 6);
  assert.equal(gainOf([{ x: 0, y: 1 }, { x: 1, y: 3 }, { x: 2, y: 1 }]), 0);
  assert.equal(gainOf([]), 0);
});
