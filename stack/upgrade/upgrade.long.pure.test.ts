// ./loop test --long upgrade. Another order: UPGRADE_SEED=7 ./loop test --long upgrade
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runUpgrade } from './run.ts';

const SEED = Number(process.env['UPGRADE_SEED'] ?? 3);

test(`release 1 to 2 and back under load, every process replaced one by one, seed ${SEED}: no request fails, nothing is lost, both releases verify`, async () => {
  const { asked, failures, nobody, p50Ms, p99Ms, written, trainings, verify, steps, seconds } = await runUpgrade(SEED, console.log);
  console.log(`upgrade, seed ${SEED}: ${steps} processes replaced, ${asked} requests, ${failures.length} failed, ${nobody} times nobody was ready, p50 ${p50Ms?.toFixed(0) ?? '-'} ms, p99 ${p99Ms?.toFixed(0) ?? '-'} ms, ${seconds.toFixed(0)} s`);
  for (const [topic, [one, two]] of written) console.log(`  ${topic.padEnd(17)} ${String(one).padStart(6)} records of version 1, ${String(two).padStart(6)} of version 2`);
  for (const line of trainings) console.log(`  training, ${line}`);
  for (const [release, code, end] of verify) console.log(`  verify of release ${release}: exit ${code}, ${end.trim().split('\n').at(-1) ?? ''}`);
  assert.deepEqual(failures.slice(0, 10), []);
  assert.equal(nobody, 0);
  assert.deepEqual(verify.map(([release, code]) => [release, code]), [[1, 0], [2, 0]], verify.map(([, , end]) => end).join('\n'));
  for (const topic of ['predictions', 'feedback', 'labelled', 'examples', 'tallies'] as const) assert.ok((written.get(topic) ?? []).every((count) => count > 0), topic);
  assert.ok(trainings.length === 2 && trainings.every((line) => line.includes('FINISHED')), trainings.join('\n'));
});
