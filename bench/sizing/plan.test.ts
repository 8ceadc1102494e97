import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measuredIn } from './results.ts';
import { needOf } from './plan.ts';

const MEASURED = { inferencePerCoreSecond: 10_000, inferenceRssMb: 400, joinPerCoreSecond: 50_000, joinBytesPerPrediction: 20, diskBytesPerPrediction: 100 };

test('a load in cores, memory, members and partitions', () => {
  const need = needOf({ productsPerSecond: 10_000, labelledShare: 0.1, horizonDays: 10 }, MEASURED);
  assert.deepEqual([need.feedbackPerSecond, need.inferenceCores, need.joinCores, need.waiting, need.joinMemoryGb, need.joinDiskGb], [1000, 2, 0.44, 8.64e9, 172.8, 864]);
  assert.deepEqual([need.inferenceInstances, need.joinMembers, need.partitions], [2, 22, 48]);
  const small = needOf({ productsPerSecond: 10, labelledShare: 0.1, horizonDays: 1 }, MEASURED);
  assert.deepEqual([small.inferenceInstances, small.joinMembers, small.partitions], [2, 2, 4]);
});
test('from what the benchmarks print; what is missing is named', () => {
  const figure = (name: string, unit: string, ...runs: number[]) => ({ name, unit, runs });
  const stream = { bench: 'stream', figures: [figure('products to predictions, exactly once', 'rows/CPU-s', 9, 10, 11), figure('inference', 'MB RSS', 300)] };
  const join = { bench: 'join', figures: [figure('ours (join + monitor)', 'records/CPU-s', 50)] };
  const state = { bench: 'state', figures: [figure('RssAnon above an empty join', 'bytes/prediction', 25), figure('state on disk', 'MiB', 1), figure('predictions held', '', 1_048_576)] };
  assert.deepEqual(measuredIn([stream, join, state]), { inferencePerCoreSecond: 10, inferenceRssMb: 300, joinPerCoreSecond: 50, joinBytesPerPrediction: 25, diskBytesPerPrediction: 1 });
  assert.throws(() => measuredIn([stream, join]), /no figure 'RssAnon above an empty join' in bytes\/prediction: give the output of .*bench state --json/);
});
