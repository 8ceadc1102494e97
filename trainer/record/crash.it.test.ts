// One case of the crash table, chosen by the seed; all of them: ./loop test --long crash. Another case: CRASH_SEED=7 ./loop test crash
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../schemas/random.ts';
import { openBench } from '../../stack/testing.ts';
import { openCrashRun } from './crashRun.testing.ts';
import { allCases } from './crashTable.ts';

const SEED = Number(process.env['CRASH_SEED'] ?? 3);
const cases = allCases().filter((one) => one.meanwhile && one.kind === 'passes');
const one = createRandom(SEED).pick(cases);

test(`${one.how} at '${one.step}', a rollback meanwhile: one promotion each, nothing left open (seed ${SEED})`, async (t) => {
  const run = await openCrashRun(t, await openBench(t));
  assert.deepEqual(await run.run(one), []);
});
