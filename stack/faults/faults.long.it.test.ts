// ./loop test --long faults. Another run: FAULTS_SEED=7 FAULTS_EVENTS=100000 ./loop test --long faults
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBench } from '../testing.ts';
import { linesOf, quantile, takeoversOf } from './report.ts';
import { runFaults } from './run.ts';

const SEED = Number(process.env['FAULTS_SEED'] ?? 5);
const EVENTS = Number(process.env['FAULTS_EVENTS'] ?? 500_000);
const TAKEOVER_BAR_MS = 12_000;

test(`42 kills and 6 zombies over ${EVENTS} events, seed ${SEED}`, async (t) => {
  const report = await runFaults(t, await openBench(t), {
    seed: SEED, events: EVENTS, versions: 8, members: { join: 3, monitor: 2 }, kills: { join: 28, monitor: 14 }, suspends: { join: 4, monitor: 2 }, removes: { join: 3, monitor: 1 },
  });
  const lines = linesOf(report);
  for (const line of lines) console.log(line);
  assert.deepEqual(report.findings.differences, [], lines.join('\n'));
  assert.ok(report.kills >= 40 && report.zombies >= 5 && report.findings.requests > 5, lines.join('\n'));
  assert.ok((quantile(takeoversOf(report), 0.5) ?? Infinity) < TAKEOVER_BAR_MS, lines.join('\n'));
});
