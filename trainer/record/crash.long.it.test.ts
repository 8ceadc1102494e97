// ./loop test --long crash: kill -9 and SIGSTOP past the lease between every two steps, with and without a rollback by an admin meanwhile. CRASH_SEED shuffles the order of the cases,
// and with it which state each finds; CRASH_CASES=10 runs only so many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../schemas/random.ts';
import { openBench } from '../../stack/testing.ts';
import { openCrashRun } from './crashRun.testing.ts';
import { allCases } from './crashTable.ts';

const SEED = Number(process.env['CRASH_SEED'] ?? 5);
const LIMIT = Number(process.env['CRASH_CASES'] ?? 1000);

test(`the crash table, seed ${SEED}`, async (t) => {
  const run = await openCrashRun(t, await openBench(t));
  const cases = createRandom(SEED).shuffle(allCases()).slice(0, LIMIT);
  const wrong: string[] = [];
  const startedMs = performance.now();
  for (const [i, one] of cases.entries()) {
    const found = await run.run(one).catch((error: unknown) => [String(error)]);
    console.log(`${String(i + 1).padStart(3)}/${cases.length}  ${one.how.padEnd(4)} at ${one.step.padEnd(9)} ${one.kind.padEnd(8)} ${one.meanwhile ? 'rollback meanwhile' : '                  '}  ${found.length === 0 ? 'as promised' : found.join('; ')}`);
    wrong.push(...found.map((text) => `${one.how} at ${one.step}, ${one.kind}${one.meanwhile ? ', rollback meanwhile' : ''}: ${text}`));
  }
  for (const how of ['kill', 'stop'] as const) {
    const found = await run.swap(how).catch((error: unknown) => [String(error)]);
    console.log(`         ${how.padEnd(4)} at swap      inference rollback meanwhile  ${found.length === 0 ? 'as promised' : found.join('; ')}`);
    wrong.push(...found.map((text) => `${how} at swap: ${text}`));
  }
  const rows = await run.rows();
  const count = (test: (row: (typeof rows)[number]) => boolean): number => rows.filter(test).length;
  console.log(`seed ${SEED}: ${cases.length + 2} crashes (${cases.filter((one) => one.how === 'kill').length + 1} kill -9, ${cases.filter((one) => one.how === 'stop').length + 1} SIGSTOP past the lease) in ${Math.round((performance.now() - startedMs) / 1000)} s; ${rows.length} rows: ${count((row) => row.outcome === 'promoted')} promoted, ${count((row) => row.outcome === 'rejected')} rejected, ${count((row) => row.status === 'RUNNING' || row.status === 'PENDING')} left open; taken over ${count((row) => row.attempts > 1)}; ${wrong.length} differences`);
  assert.deepEqual(wrong, []);
});
