// The rules ask only for metrics and labels that our processes have; and the check notices what does not exist.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inventory, unknownInText } from './inventory.testing.ts';
import { readRules } from './rules.testing.ts';

const known = await inventory();
test('the inventory holds gauges, counters, histograms and recordings, with their labels', () => {
  assert.ok(known.get('loop_pairs')?.has('predicted') && known.get('loop_http_request_seconds_bucket')?.has('le') && known.get('loop:category_f1')?.has('category') && known.get('loop_disk_free_bytes')?.has('job'));
  assert.ok(known.size > 80, String(known.size));
});
for (const { alert, record, expr } of readRules()) test(`${alert ?? record ?? ''}: every metric and label in it exists`, () => assert.deepEqual(unknownInText(expr, known), []));

const WRONG: readonly [string, readonly string[], RegExp][] = [
  ['sum by (job) (up', [], /cannot be read/],
  ['loop_live_f2', [], /there is no loop_live_f2/],
  ['loop_live_f1{mean="weighted"}', [], /loop_live_f1 has no label mean/],
  ['sum by (kind) (loop_live_f1)', [], /nothing in it has the label kind/],
  ['loop_live_f1 and on (topic) loop:champion', [], /the label topic/],
  ['loop_live_f1', ['reason'], /the label reason/],
];
for (const [expr, also, what] of WRONG) test(`noticed: ${expr}${also.length > 0 ? ` shown by ${also.join()}` : ''}`, () => assert.match(unknownInText(expr, known, also).join(), what));
