// ./loop predict --csv: a file to the batch interface and its progress back.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client as Minio } from 'minio';
import { s3Options } from '../../producers/connections.ts';
import { fatal, messageOf, transient } from '../../schemas/failure.ts';
import type { Settings } from '../../schemas/settings.ts';
import { openContext } from '../context.ts';
import { onInterrupt } from '../interrupt.ts';
import { batchNews, batchVerdict } from './batchLines.ts';
import { hasEnded, type JobView } from './jobLines.ts';
import { call } from './talk.ts';

const LOOK_EVERY_MS = 300;
const INTERRUPTED = 130;
const isJob = (value: unknown): value is JobView => typeof value === 'object' && value !== null;

/** The file under a name that its content gives it: sending it twice stores it once. Read piece by piece. */
async function upload(file: string, settings: Settings): Promise<string> {
  if (!existsSync(file) || !statSync(file).isFile()) throw fatal('no_file', `--csv: there is no file ${file}`);
  const { size } = statSync(file);
  if (size > settings.maxBatchBytes) throw fatal('too_large', `--csv: ${file} has ${size} bytes; at most ${settings.maxBatchBytes} are read (MAX_BATCH_BYTES). Cut it into smaller files`);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const bucket = settings.predictBuckets[0] ?? 'dataset';
  const key = `predict/uploads/${hash.digest('hex').slice(0, 16)}-${basename(file).replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(-100)}`;
  try {
    await new Minio(s3Options(settings)).fPutObject(bucket, key, file);
  } catch (cause) {
    throw transient('s3_unavailable', `S3 at ${settings.s3Endpoint} does not take the file (${messageOf(cause)}); is the stack up? ./loop status`, { cause });
  }
  return `s3://${bucket}/${key}`;
}

/** Resolves to the exit code: 0 predicted, 1 failed, 3 cancelled, 130 interrupted. */
export async function predictCsv(csv: string, { setAside, json }: { readonly setAside: boolean; readonly json: boolean }): Promise<number> {
  const say = (line: string): void => (json ? undefined : console.log(line));
  const { settings } = openContext(process.env, { create: false });
  const uri = csv.startsWith('s3://') ? csv : await upload(csv, settings);
  if (uri !== csv) say(`stored ${uri}`);
  const ordered = await call('predict', '/v1/predict/csv', { input_file_s3: uri, ...(setAside ? { on_bad_rows: 'set_aside' } : {}) });
  const id = isJob(ordered) ? String(ordered['job_id']) : '';
  let interrupted = false;
  const listenNoMore = onInterrupt(() => (interrupted = true));
  try {
    for (let before: JobView | undefined; !interrupted; await pause(LOOK_EVERY_MS)) {
      const job = await call('predict', `/v1/jobs/${encodeURIComponent(id)}`);
      if (!isJob(job)) throw fatal('bad_answer', `inference answered no job for ${id}`);
      for (const line of batchNews(before, job)) say(line);
      before = job;
      if (!hasEnded(job)) continue;
      if (json) console.log(JSON.stringify(job, null, 2));
      for (const line of batchVerdict(job)) say(line);
      return job['job_status'] === 'STATUS_FINISHED' ? 0 : job['job_status'] === 'STATUS_CANCELLED' ? 3 : 1;
    }
  } finally {
    listenNoMore();
  }
  console.error(`${id} goes on without us: ./loop runs ${id}, ./loop cancel ${id}`);
  return INTERRUPTED;
}
