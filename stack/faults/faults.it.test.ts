// A short run of faults; the long one is faults.long.it.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBench } from '../testing.ts';
import { linesOf } from './report.ts';
import { runFaults } from './run.ts';

const SEED = 11;
test('kills and a zombie among joins and monitors: every pair once, every cell right, the same retrainings', async (t) => {
  const report = await runFaults(t, await openBench(t), {
    seed: SEED, events: 12_000, versions: 2, members: { join: 2, monitor: 2 }, kills: { join: 2, monitor: 1 }, suspends: { join: 1, monitor: 0 }, removes: { join: 0, monitor: 0 },
  });
  const lines = linesOf(report);
  for (const line of lines) console.log(line);
  assert.deepEqual(report.findings.differences, [], lines.join('\n'));
  assert.deepEqual([report.kills, report.zombies], [3, 1]);
  assert.ok(report.findings.requests > 0);
});
