// One batch job of a running inference process: ordered in the table, watched from outside, checked against what it should have left behind.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createBatchLedger } from '../../inference/batch/ledger.ts';
import { createStorage } from '../../inference/batch/s3.ts';
import { createKafka } from '../../producers/kafka.ts';
import { fatal } from '../../schemas/failure.ts';
import { memoryIn } from '../state/memory.ts';
import { untilFound, type BenchStack, type Running } from '../stack.ts';

export type JobSeen = { readonly perSecond: number; readonly seconds: number; readonly peakRssBytes: number; readonly wrong: readonly string[] };
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
async function eventsOn({ settings }: BenchStack): Promise<number> {
  const admin = createKafka(settings, 'bench-ends').admin();
  await admin.connect();
  try {
    return (await admin.fetchTopicOffsets('predictions')).reduce((sum, { high }) => sum + Number(high), 0);
  } finally {
    await admin.disconnect();
  }
}

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
    const row = await untilFound(`job of ${rows} rows has ended`, inference, DEADLINE_MS, async () => {
      pid ??= childOf(inference.pid);
      if (pid !== undefined) peakRssBytes = Math.max(peakRssBytes, rssOf(pid) ?? 0);
      const found = await ledger.find(id);
      return found?.end_time == null ? undefined : found;
    }, LOOK_EVERY_MS);
    if (row.job_status !== 'STATUS_FINISHED' || row.start_time === null || row.end_time === null) throw fatal('job_failed', `the job ended as ${row.job_status}: ${row.reason ?? ''}`);
    const seconds = (row.end_time.getTime() - row.start_time.getTime()) / 1000;
    let lines = 0;
    for await (const chunk of readOutput(stack, row.output_file_s3 ?? '')) for (const byte of chunk) if (byte === NEWLINE) lines += 1;
    const events = (await eventsOn(stack)) - before;
    const wrong = [...(lines === rows + 1 ? [] : [`${lines - 1} lines for ${rows} rows`]), ...(events === rows ? [] : [`${events} events for ${rows} rows`])];
    return { perSecond: rows / seconds, seconds, peakRssBytes, wrong };
  } finally {
    await ledger.close();
  }
}
