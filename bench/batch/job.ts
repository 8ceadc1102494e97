// One batch job of a running inference process: ordered in the table, watched from outside, checked against what it should have left behind.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createBatchLedger } from '../../inference/batch/ledger.ts';
import { createStorage } from '../../inference/batch/s3.ts';
import { withAdmin } from '../../producers/withAdmin.ts';
import { fatal } from '../../schemas/failure.ts';
import { runningPid } from '../../stack/pids.ts';
import { cpuSecondsIn, memoryIn } from '../state/memory.ts';
import { untilFound, type BenchStack, type Running } from '../stack.ts';

/** cpuSeconds: by process, while the job ran; phases: seconds until the file was checked, until all its rows were scored and sent, and to the end. */
export type JobSeen = { readonly perSecond: number; readonly seconds: number; readonly peakRssBytes: number; readonly wrong: readonly string[]; readonly cpuSeconds: Readonly<Record<string, number>>; readonly phases: readonly number[] };
const DEADLINE_MS = 600_000;
const LOOK_EVERY_MS = 50;
const NEWLINE = 10;

/** Bytes; undefined: the process has ended. */
function rssOf(pid: number): number | undefined {
  try {
    return memoryIn(readFileSync(`/proc/${pid}/status`, 'utf8')).rss;
  } catch {
    return undefined;
  }
}
/** Seconds of processor time so far; undefined: the process has ended. */
function cpuOf(pid: number): number | undefined {
  try {
    return cpuSecondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}
/** The process that works on a batch job for this parent. */
export function childOf(parent: number): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [, rest = ''] = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      if (Number(rest) === parent && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('batch/child.ts')) return Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return undefined;
}
const eventsOn = ({ settings }: BenchStack): Promise<number> =>
  withAdmin(settings, 'bench-ends', async (admin) => (await admin.fetchTopicOffsets('predictions')).reduce((sum, { high }) => sum + Number(high), 0));

async function* readOutput({ settings }: BenchStack, uri: string): AsyncGenerator<Uint8Array> {
  const storage = createStorage(settings);
  yield* storage.read(uri, (await storage.stat(uri)).bytes);
}

/** Runs a file of so many rows through; wrong: in words, empty when output and events are complete. */
export async function runJob(stack: BenchStack, inference: Running, inputUri: string, rows: number): Promise<JobSeen> {
  const ledger = createBatchLedger(stack.settings);
  try {
    const before = await eventsOn(stack);
    const id = randomUUID();
    await ledger.order(id, inputUri, 'refuse');
    let pid: number | undefined;
    let peakRssBytes = 0;
    let own = 0;
    const others = { inference: inference.pid, kafka: runningPid(stack.paths.run, 'kafka'), s3: runningPid(stack.paths.run, 's3') };
    const cpuNow = (): Record<string, number> => Object.fromEntries(Object.entries(others).map(([name, one]) => [name, one === undefined ? 0 : cpuOf(one) ?? 0]));
    const cpuBefore = cpuNow();
    const began = performance.now();
    const marks: [counted: number | undefined, scored: number | undefined] = [undefined, undefined];
    const row = await untilFound(`job of ${rows} rows has ended`, inference, DEADLINE_MS, async () => {
      pid ??= childOf(inference.pid);
      if (pid !== undefined) peakRssBytes = Math.max(peakRssBytes, rssOf(pid) ?? 0);
      if (pid !== undefined) own = cpuOf(pid) ?? own;
      const found = await ledger.find(id);
      if (found?.rows_total != null) marks[0] ??= performance.now() - began;
      if (found?.rows_total != null && Number(found.rows_done) >= rows) marks[1] ??= performance.now() - began;
      return found?.end_time == null ? undefined : found;
    }, LOOK_EVERY_MS);
    if (row.job_status !== 'STATUS_FINISHED' || row.start_time === null || row.end_time === null) throw fatal('job_failed', `the job ended as ${row.job_status}: ${row.reason ?? ''}`);
    const cpuSeconds = { job: own, ...Object.fromEntries(Object.entries(cpuNow()).map(([name, after]) => [name, after - (cpuBefore[name] ?? 0)])) };
    const phases = [...marks.map((one) => (one ?? 0) / 1000), (performance.now() - began) / 1000];
    const seconds = (row.end_time.getTime() - row.start_time.getTime()) / 1000;
    let lines = 0;
    for await (const chunk of readOutput(stack, row.output_file_s3 ?? '')) for (const byte of chunk) if (byte === NEWLINE) lines += 1;
    const events = (await eventsOn(stack)) - before;
    const wrong = [...(lines === rows + 1 ? [] : [`${lines - 1} lines for ${rows} rows`]), ...(events === rows ? [] : [`${events} events for ${rows} rows`])];
    return { perSecond: rows / seconds, seconds, peakRssBytes, wrong, cpuSeconds, phases };
  } finally {
    await ledger.close();
  }
}
