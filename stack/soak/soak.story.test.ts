// A short soak on the story's stack: our processes are killed, suspended and made to retrain under load; the servers, which other tests use, are left alone. Memory is not judged in half a minute.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { openContext } from '../context.ts';
import { verify } from '../verify/verify.ts';
import { runSoak } from './soak.ts';

const SEED = 1;
test(`half a minute of load with faults, seed ${SEED}: every call acknowledged, all read, verify clean`, async () => {
  const context = openContext(process.env, { create: false });
  const lines: string[] = [];
  const report = await runSoak(context, {
    seed: SEED, durationMs: 15_000, everyMs: 4000, products: 200, feedback: 70, servers: false, tag: `soak-${randomUUID().slice(0, 8)}`, delayMs: 5000, warmUpMs: 60_000, judgeAfterMs: 60_000,
  }, { say: (line) => lines.push(line), interrupted: () => false, verify: () => verify(context, () => undefined) });
  assert.deepEqual(report.failures, [], JSON.stringify({ ...report, checks: report.checks.filter(({ differences }) => differences.length > 0) }));
  assert.deepEqual([report.faults.length, report.counts.products >= 2900, report.checks.length > 10], [3, true, true], JSON.stringify(report.counts));
  assert.ok(report.lines.every(({ memory, handles }) => memory === 'not judged' && handles !== undefined));
});
