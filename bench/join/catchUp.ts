// One run of one contender over inputs that stand already: CPU, wall time and memory from its start until its work on them is committed and a client sees the whole tally.
import { setTimeout as pause } from 'node:timers/promises';
import { fatal } from '../../schemas/failure.ts';
import { tailOf } from '../../stack/services/service.ts';
import type { Admin } from 'kafkajs';
import { withAdmin } from '../../producers/withAdmin.ts';
import { INPUTS, type Attempt } from './contenders.ts';
import { wrongCells, type Table } from './feed.ts';
import { cpuSecondsOf, memoryOf } from './procfs.ts';
import type { BenchStack, Running } from '../stack.ts';
import { readTopics } from './tallyReader.ts';

export type CatchUp = {
  /** per CPU-second, from start to end */
  readonly perCpuSecond: number;
  /** the same over the second half of the records: no start, no warm-up */
  readonly perCpuSecondWarm: number;
  readonly perSecond: number;
  readonly rssBytes: number;
  /** cells that are not what the oracle says */
  readonly wrong: number;
};
const POLL_MS = 200;
/** All input worked off, the tally still wrong, and nothing more comes. */
const SILENCE_MS = 15_000;
const DEADLINE_MS = 900_000;

export const stopAll = async (running: readonly Running[]): Promise<void> => void (await Promise.all(running.map((one) => one.stop('SIGTERM'))));
/** Fatal with the end of its log when one has ended. */
export function watchEnds(running: readonly Running[]): () => void {
  let ended: Running | undefined;
  for (const one of running) void one.ended.then(() => (ended ??= one));
  return () => {
    if (ended !== undefined) throw fatal('program_ended', `${ended.name} ended. The end of ${ended.log}:\n${tailOf(ended.log)}`);
  };
}

/** Records of both inputs whose work is committed. */
export async function inputsDone(admin: Admin, groupId: string): Promise<number> {
  const topics = await admin.fetchOffsets({ groupId, topics: [...INPUTS] });
  return topics.reduce((sum, { partitions }) => sum + partitions.reduce((of, { offset }) => of + Math.max(0, Number(offset)), 0), 0);
}

/** records: how many to work off, of those that stand there. expected: the tally after them; undefined: it is not compared. */
export async function catchUp(stack: BenchStack, attempt: Attempt, records: number, expected: Table | undefined): Promise<CatchUp> {
  const tallying = attempt.tallying();
  let changedAt = performance.now();
  const reader = await readTopics(stack.settings, [attempt.output], async (_topic, seen) => {
    await tallying.take(seen);
    changedAt = performance.now();
  });
  const started = performance.now();
  const running = attempt.start();
  const pids = running.map(({ pid }) => pid);
  const check = watchEnds(running);
  try {
    return await withAdmin(stack.settings, 'bench-admin', async (admin) => {
      // Silence counts from the moment at which nothing is left to read.
      let doneAt: number | undefined;
      let half: { readonly done: number; readonly cpu: number } | undefined;
      for (const until = started + DEADLINE_MS; performance.now() < until; await pause(POLL_MS)) {
        check();
        const done = await inputsDone(admin, attempt.group);
        const cpu = cpuSecondsOf(pids);
        if (half === undefined && done >= records / 2) half = { done, cpu };
        if (done < records) continue;
        doneAt ??= performance.now();
        const wrong = expected === undefined ? 0 : wrongCells(expected, tallying.table());
        if (wrong > 0 && performance.now() - Math.max(changedAt, doneAt) < SILENCE_MS) continue;
        return {
          perCpuSecond: done / cpu, perSecond: done / ((performance.now() - started) / 1000), rssBytes: memoryOf(pids).rss, wrong,
          perCpuSecondWarm: half === undefined || half.done === done ? done / cpu : (done - half.done) / (cpu - half.cpu),
        };
      }
      throw fatal('never_came', `${running.map(({ name }) => name).join(' and ')}: not caught up after ${DEADLINE_MS / 1000} s. The end of ${running[0]?.log ?? ''}:\n${tailOf(running[0]?.log ?? '')}`);
    });
  } finally {
    await reader.stop();
    await stopAll(running);
  }
}
