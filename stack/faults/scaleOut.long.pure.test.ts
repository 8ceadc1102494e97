// ./loop test --long scaleOut: 3 joins, 3 inferences and 2 monitors on 12 partitions, on a stack of its own; members are killed, removed and added by a seeded schedule.
// Another run: SCALE_SEED=7 SCALE_EVENTS=200000 ./loop test --long scaleOut
import { randomUUID } from 'node:crypto';
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promoteLearnt } from '../../bench/batch/model.ts';
import { createFeeder, createFramer } from '../../bench/feed.ts';
import { inputsDone } from '../../bench/join/catchUp.ts';
import { INPUTS, recreate } from '../../bench/join/contenders.ts';
import { createJoinFeed } from '../../bench/join/feed.ts';
import { feedInputs } from '../../bench/join/inputs.ts';
import { untilFound, withStack, type BenchStack } from '../../bench/stack.ts';
import { positionsGroupOf } from '../../consumers/shard.ts';
import { baseCorpus } from '../../producers/catalogue.ts';
import { createKafka } from '../../producers/kafka.ts';
import { createPublisher } from '../../producers/publisher.ts';
import { withAdmin } from '../../producers/withAdmin.ts';
import type { Bench } from '../testing.ts';
import { linesOf } from './report.ts';
import { runFaults, type Report } from './run.ts';

const SEED = Number(process.env['SCALE_SEED'] ?? 9);
const EVENTS = Number(process.env['SCALE_EVENTS'] ?? 60_000);
/** Work for several seconds: the start of the members is within the time. */
const BACKLOG = 300_000;
const DEADLINE_MS = 300_000;
const FIRST_JOIN_PORT = 14;

/** Input records per second of so many joins, from their start until the work on a backlog is committed. */
async function throughputOf(stack: BenchStack, members: number): Promise<number> {
  return withAdmin(stack.settings, 'bench-admin', async (admin) => {
    for (const group of ['join', positionsGroupOf('join')]) await admin.deleteGroups([group]).catch(() => undefined);
    rmSync(join(stack.paths.home, 'state'), { recursive: true, force: true });
    await recreate(stack, [...INPUTS, 'labelled', 'examples']);
    const feeder = await createFeeder(stack.settings);
    const records = await feedInputs(feeder, await createFramer(stack.registry), createJoinFeed(SEED), BACKLOG, () => undefined);
    await feeder.close();
    const began = performance.now();
    const running = Array.from({ length: members }, (_, i) => stack.startOurs(`join-${members}-${i}`, 'consumers/join/main.ts', { JOIN_PORT: String(stack.settings.portBase + FIRST_JOIN_PORT + i), LOG_LEVEL: 'warn' }));
    try {
      const [first] = running;
      if (first === undefined) throw new RangeError('no member');
      await untilFound('the backlog is worked off', first, DEADLINE_MS, async () => ((await inputsDone(admin, positionsGroupOf('join'))) >= records ? true : undefined), 100);
      return records / ((performance.now() - began) / 1000);
    } finally {
      await Promise.all(running.map((one) => one.stop('SIGTERM')));
    }
  });
}

test(`3 joins, 3 inferences, 12 partitions, ${EVENTS} events, seed ${SEED}: nothing lost, nothing twice, whoever comes and goes`, async (t) => {
  await withStack({ name: 'scale-out', say: console.log, services: ['mysql', 's3'], env: { PARTITIONS: '12', LOOP_TOKENS: `${randomUUID()}=admin`, DRAIN_MS: '0' } }, async (stack) => {
    const { settings, registry, env, paths } = stack;
    for (const members of [1, 3]) console.log(`scaleOut: ${members} join${members === 1 ? '' : 's'}: ${Math.round(await throughputOf(stack, members))} input records/s, from the start of the process on`);
    await promoteLearnt(stack, baseCorpus(SEED), SEED);
    const publisher = await createPublisher({ kafka: createKafka(settings, 'scale-out'), registry, settings });
    const bench: Bench = { settings, registry, env, logs: paths.logs, tokens: {}, publisher };
    let report: Report | undefined;
    // Its members end with it, before the servers do.
    await t.test('kills, zombies, members removed and added', async (inner) => {
      report = await runFaults(inner, bench, {
        seed: SEED, events: EVENTS, versions: 3, members: { join: 3, monitor: 2, inference: 3 }, kills: { join: 5, monitor: 2, inference: 5 }, suspends: { join: 1, monitor: 0, inference: 1 }, removes: { join: 3, monitor: 1, inference: 3 },
      });
      for (const line of linesOf(report)) console.log(line);
    });
    await publisher.close();
    assert.ok(report !== undefined);
    assert.deepEqual(report.findings.differences, []);
    assert.deepEqual([report.answers?.missing, report.answers?.doubled], [0, 0]);
    assert.ok((report.answers?.products ?? 0) > 1000 && report.kills === 12 && report.zombies === 2 && report.removed === 7);
  });
});
