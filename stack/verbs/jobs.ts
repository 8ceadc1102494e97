// ./loop train, runs, cancel: jobs from the keyboard, over the HTTP interface.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client as Minio } from 'minio';
import { s3Options } from '../../producers/connections.ts';
import { fatal, messageOf, transient } from '../../schemas/failure.ts';
import type { Settings } from '../../schemas/settings.ts';
import { openContext } from '../context.ts';
import { onInterrupt } from '../interrupt.ts';
import { UsageError } from '../say.ts';
import { endOf, INTERRUPTED, isJob, jobOf } from './job.ts';
import { awaitsApproval, hasEnded, newLines, runLines, runsTable, verdictLines, type JobView } from './jobLines.ts';
import { call } from './talk.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

const LOOK_EVERY_MS = 250;
/** Looks until the job has ended or a person has had enough. say gets every new line. */
async function follow(id: string, say: (line: string) => void): Promise<JobView | 'interrupted'> {
  let interrupted = false;
  const listenNoMore = onInterrupt(() => (interrupted = true));
  let before: JobView | undefined;
  try {
    for (; !interrupted; await pause(LOOK_EVERY_MS)) {
      const job = await jobOf(id);
      for (const line of newLines(before, job)) say(line);
      if (hasEnded(job) || awaitsApproval(job)) return job;
      before = job;
    }
    return 'interrupted';
  } finally {
    listenNoMore();
  }
}

/** The file under a name that its content gives it: sending it twice stores it once. */
async function upload(file: string, settings: Settings): Promise<string> {
  if (!existsSync(file) || !statSync(file).isFile()) throw fatal('no_file', `--csv: there is no file ${file}`);
  const { size } = statSync(file);
  if (size > settings.maxCsvBytes) throw fatal('too_large', `--csv: ${file} has ${size} bytes; at most ${settings.maxCsvBytes} are read (MAX_CSV_BYTES). Cut it into smaller files`);
  const bytes = readFileSync(file);
  const bucket = settings.trainBuckets[0] ?? 'dataset';
  const key = `train/uploads/${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}-${basename(file).replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(-100)}`;
  try {
    await new Minio(s3Options(settings)).putObject(bucket, key, bytes);
  } catch (cause) {
    throw transient('s3_unavailable', `S3 at ${settings.s3Endpoint} does not take the file (${messageOf(cause)}); is the stack up? ./loop status`, { cause });
  }
  return `s3://${bucket}/${key}`;
}
function epochsOf(given: string | undefined): { epoch_num?: number } {
  if (given === undefined) return {};
  const epochs = Number(given);
  if (!Number.isInteger(epochs) || epochs < 1 || epochs > 200) throw new UsageError(`--epochs must be a whole number from 1 to 200, is '${given}'`);
  return { epoch_num: epochs };
}

export const train: Verb = {
  summary: 'train now, on a file of yours or on what there is; follows it to the verdict',
  usage: `usage: ./loop train [--csv FILE] [--epochs N] [--metric eval_f1|eval_f1_min] [--set-aside] [--force] [--json]
  --csv FILE    rows to learn beside the base corpus and the labels (columns product_description,Category); without it: what there is
  --epochs N    1 to 200 (default: EPOCHS)
  --metric M    which epoch is kept: best weighted F1 (eval_f1, default) or best worst category (eval_f1_min)
  --set-aside   leave bad rows of FILE out and list them, instead of refusing the file
  --force       without --csv: promote whatever the gate says
  --json        one JSON object at the end
Exit code 0: promoted (or awaiting an approval); 3: not promoted; 1: failed. Ctrl-C stops looking; the training goes on.`,
  async run(args) {
    const { values, words } = readArgs(args, { csv: { type: 'string' }, epochs: { type: 'string' }, metric: { type: 'string' }, 'set-aside': { type: 'boolean' }, force: { type: 'boolean' }, json: { type: 'boolean' } });
    noWords(words);
    const { csv, metric } = values;
    if (metric !== undefined && metric !== 'eval_f1' && metric !== 'eval_f1_min') throw new UsageError(`--metric must be eval_f1 or eval_f1_min, is '${metric}'`);
    if (csv !== undefined && values.force) throw new UsageError('--force goes without --csv: rows of a file always pass the gate');
    const wish = { ...epochsOf(values.epochs), ...(metric === undefined ? {} : { best_model_metric: metric }) };
    const say = (line: string): void => (values.json ? undefined : console.log(line));
    const { settings } = openContext(process.env, { create: false });
    let ordered: unknown;
    if (csv === undefined) ordered = await call(values.force ? 'admin' : 'train', '/v1/retrain', { ...wish, ...(values.force ? { force: true } : {}) });
    else {
      const uri = await upload(csv, settings);
      say(`stored ${uri}`);
      ordered = await call('train', '/v1/train/csv', { train_file_s3: uri, ...wish, ...(values['set-aside'] ? { on_bad_rows: 'set_aside' } : {}) });
    }
    const id = isJob(ordered) ? String(ordered['db_record_id']) : '';
    const job = await follow(id, say);
    if (job === 'interrupted') {
      console.error(`${id} goes on without us: ./loop runs ${id}, ./loop cancel ${id}`);
      return INTERRUPTED;
    }
    if (values.json) console.log(JSON.stringify(job, null, 2));
    for (const line of verdictLines(job)) say(line);
    return job['status'] === 'FAILED' ? 1 : job['outcome'] === 'promoted' || awaitsApproval(job) ? 0 : 3;
  },
};

export const runs: Verb = {
  summary: 'the table of trainings, rollbacks and batch jobs, or one of them whole',
  usage: `usage: ./loop runs [--limit N] [--status S] [--json]
       ./loop runs RUN [--json]
RUN: its id, its retrain id (grocery/v1/1) or a version (v2). S: PENDING, RUNNING, FINISHED, FAILED.`,
  async run(args) {
    const { values, words } = readArgs(args, { json: { type: 'boolean' }, limit: { type: 'string', default: '20' }, status: { type: 'string' } });
    if (words.length > 1) throw new UsageError('runs takes one RUN at most');
    const [run] = words;
    if (run !== undefined) {
      const job = await jobOf(run);
      console.log(values.json ? JSON.stringify(job, null, 2) : runLines(job).join('\n'));
      return 0;
    }
    const answer = await call('train', `/v1/jobs?${new URLSearchParams({ limit: values.limit, ...(values.status === undefined ? {} : { status: values.status }) }).toString()}`);
    const jobs: unknown = isJob(answer) ? answer['jobs'] : undefined;
    if (values.json) console.log(JSON.stringify(answer, null, 2));
    else for (const line of runsTable(Array.isArray(jobs) ? jobs.filter(isJob) : [])) console.log(line);
    return 0;
  },
};

const CANCEL_DEADLINE_MS = 30_000;
export const cancel: Verb = {
  summary: 'stop a training or a batch job that waits or runs',
  usage: 'usage: ./loop cancel RUN\nRUN: its id or its retrain id (./loop runs lists them). What serves stays; one that is being promoted is taken back by ./loop rollback.',
  async run(args) {
    const { words } = readArgs(args, {});
    const [run] = words;
    if (run === undefined || words.length > 1) throw new UsageError('cancel needs one RUN');
    const { kind } = await jobOf(run);
    const answer = await call(kind === 'batch' ? 'predict' : 'train', `/v1/jobs/${encodeURIComponent(run)}/cancel`, {});
    const id = isJob(answer) ? String(answer['id']) : run;
    const job = await endOf(id, CANCEL_DEADLINE_MS);
    if (job === 'interrupted' || job === 'late') {
      console.error(`${id} is told to stop, and has not ended yet: ./loop runs ${id}`);
      return job === 'interrupted' ? INTERRUPTED : 1;
    }
    console.log(verdictLines(job)[0] ?? '');
    return job['outcome'] === 'cancelled' ? 0 : 1;
  },
};
