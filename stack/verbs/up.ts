// ./loop up: services, what they must hold, the four processes; returns when a model serves.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { baseCorpus } from '../../producers/catalogue.ts';
import { createKafka } from '../../producers/kafka.ts';
import { createPublisher } from '../../producers/publisher.ts';
import { readCsv, writeTrainingCsv } from '../../schemas/csv.ts';
import { fatal } from '../../schemas/failure.ts';
import { retrainIdOf } from '../../schemas/ids.ts';
import { createRegistry, type Registry } from '../../schemas/registry.ts';
import { mysqlOptions, parseS3Uri, s3Options } from '../../schemas/settings.ts';
import { openContext, rememberEnvironment, type Context, type Env } from '../context.ts';
import type { Say } from '../fetch.ts';
import { PROJECT_DIR } from '../paths.ts';
import { claim, runningPid, stopPart } from '../pids.ts';
import { createTopics, makeBuckets, migrate, registerSchemas } from '../prepare.ts';
import { portOf, PROCESSES, urlOf } from '../processes.ts';
import { dim } from '../say.ts';
import { startServices, stopServices } from '../services.ts';
import { answersHttp, launch, logFileOf, requireFreePorts } from '../services/service.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

const SERVING_DEADLINE_MS = 240_000;
export type UpOptions = { readonly env: Env; readonly dataset?: string | undefined; /** base corpus as CSV text; wins over dataset */ readonly corpus?: string | undefined; readonly servicesOnly?: boolean; readonly say: Say };

/** Stores the base corpus when there is none. Returns the hash of what stands there. */
async function ensureCorpus({ settings }: Context, options: UpOptions): Promise<string> {
  const place = parseS3Uri(settings.baseCorpus);
  if (place === undefined) throw fatal('bad_settings', `BASE_CORPUS must look like s3://bucket/key, is '${settings.baseCorpus}'`);
  const s3 = new Minio(s3Options(settings));
  const standing = await s3.getObject(place.bucket, place.key).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'NoSuchKey') return undefined;
    throw error;
  });
  const hash = createHash('sha256');
  if (standing !== undefined) {
    for await (const chunk of standing) hash.update(chunk as Buffer);
    const digest = hash.digest('hex');
    if (options.dataset !== undefined && createHash('sha256').update(readFileSync(options.dataset)).digest('hex') !== digest) {
      throw fatal('corpus_stands', `--dataset: this data folder already has another base corpus (${settings.baseCorpus}). Start over with ./loop reset, or use another LOOP_HOME`);
    }
    return digest;
  }
  const text = options.corpus ?? (options.dataset === undefined ? writeTrainingCsv(baseCorpus(settings.seed)) : readFileSync(options.dataset, 'utf8'));
  await s3.putObject(place.bucket, place.key, Buffer.from(text));
  options.say(`stored the ${options.dataset === undefined && options.corpus === undefined ? 'synthetic' : 'given'} base corpus as ${settings.baseCorpus}`);
  return hash.update(text).digest('hex');
}

/** Orders the first training unless one was ever claimed. The id is the corpus's hash, so ordering twice is ordering once. */
async function orderBootstrap({ settings }: Context, registry: Registry, corpusHash: string): Promise<void> {
  const db = await mysql.createConnection(mysqlOptions(settings));
  const [rows] = await db.query<mysql.RowDataPacket[]>("SELECT 1 FROM auto_training WHERE model_name = ? AND (cause = 'bootstrap' AND status <> 'FAILED' OR promotion_seq IS NOT NULL) LIMIT 1", [settings.modelName]);
  const [failed] = await db.query<mysql.RowDataPacket[]>("SELECT COUNT(*) AS n FROM auto_training WHERE model_name = ? AND cause = 'bootstrap'", [settings.modelName]);
  await db.end();
  if (rows.length > 0) return;
  const attempt = Number(failed[0]?.['n'] ?? 0);
  const retrainId = retrainIdOf(settings.modelName, 'bootstrap', `${corpusHash.slice(0, 16)}${attempt === 0 ? '' : `-${attempt}`}`);
  const publisher = await createPublisher({ kafka: createKafka(settings, 'up'), registry, settings });
  await publisher.send([{
    topic: 'retrain-requests', key: settings.modelName,
    value: { retrain_id: retrainId, model_name: settings.modelName, model_version: null, cause: 'bootstrap', requested_at: Date.now(), requested_by: 'loop up', threshold: settings.minF1, live_f1: null, evidence_json: '{}', newest_predicted_at: null, params_json: '{}', force: false },
  }]);
  await publisher.close();
}

async function waitUntilServing(context: Context, say: Say, aborted: () => boolean): Promise<void> {
  const started = performance.now();
  let shown = '';
  while (!(await answersHttp(`${urlOf(context.settings, 'inference')}/health/ready`))) {
    if (aborted()) throw fatal('aborted', 'interrupted');
    if (runningPid(context.paths.run, 'supervisor') === undefined) throw fatal('supervisor_gone', `the supervisor has ended; see ${logFileOf(context.paths, 'supervisor')}`);
    const stage = await fetch(`${urlOf(context.settings, 'trainer')}/trainings`, { signal: AbortSignal.timeout(1000) }).then((answer) => answer.json() as Promise<{ stage?: string; last?: { outcome?: string; outcome_reason?: string } }>, () => undefined);
    if (stage?.last?.outcome === 'error') throw fatal('bootstrap_failed', `the first training failed: ${stage.last.outcome_reason ?? 'see ./loop logs trainer'}`);
    const line = stage?.stage === undefined || stage.stage === 'idle' ? 'waiting for a model to serve' : `first training: ${stage.stage}`;
    if (line !== shown) say(line);
    shown = line;
    if (performance.now() - started > SERVING_DEADLINE_MS) throw fatal('not_serving', `no model serves after ${SERVING_DEADLINE_MS / 1000} s; see ./loop status and ./loop logs`);
    await pause(150);
  }
}

/** Brings everything up. On an error or Ctrl-C what was started here is stopped again. */
export async function runUp(options: UpOptions): Promise<Context> {
  const began = performance.now();
  const say: Say = (line) => options.say(`${dim(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s`)}  ${line}`);
  const context = openContext(options.env, { create: true });
  const { paths, settings } = context;
  const release = claim(paths.run, 'up');
  if (release === undefined) throw fatal('up_runs', `another ./loop up is at work in ${paths.home}; wait for it, or use another LOOP_HOME and LOOP_PORT_BASE`);
  let interrupted = false;
  let failed = false;
  const interrupt = (): void => void (interrupted = true);
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const aborted = (): boolean => interrupted || failed;
  const started = new Set<string>();
  let settled: Promise<unknown> = Promise.resolve();
  try {
    rememberEnvironment(paths, { ...context.env, ...options.env });
    if (options.dataset !== undefined) checkDataset(options.dataset, settings.categories, say);
    // Better now than after ten seconds of starting servers.
    if (!(options.servicesOnly ?? false) && runningPid(paths.run, 'supervisor') === undefined) await requireProcessPorts(context);
    const services = startServices(context, say, aborted, (name) => started.add(name));
    const registry = createRegistry(settings.registryUrl, fetch);
    const corpus = services.s3.then(() => makeBuckets(context)).then(() => ensureCorpus(context, { ...options, say }));
    const steps = [services.kafka.then(() => createTopics(context)), services.mysql.then(() => migrate(context)), corpus, services.registry.then(() => registerSchemas(context, registry)), services.prometheus];
    for (const step of steps) step.catch(() => (failed = true));
    settled = Promise.allSettled(steps);
    await Promise.all(steps);
    if (aborted()) throw fatal('aborted', 'interrupted');
    if (options.servicesOnly) {
      say('services are up');
      return context;
    }
    if (runningPid(paths.run, 'supervisor') === undefined) {
      for (const name of PROCESSES) {
        if ((await stopPart(paths.run, name, 20_000)) !== 'not running') say(`stopped ${name}, which a killed supervisor had left behind`);
      }
      await requireProcessPorts(context);
      launch(paths, 'supervisor', { program: process.execPath, args: ['--disable-warning=ExperimentalWarning', 'stack/supervise.ts'], cwd: PROJECT_DIR, env: { ...options.env, LOOP_HOME: paths.home } as Record<string, string> });
      started.add('supervisor');
    } else say(started.size === 0 ? 'everything runs already' : 'the processes run already');
    await orderBootstrap(context, registry, await corpus);
    await waitUntilServing(context, say, aborted);
    say(`a model serves at ${urlOf(settings, 'inference')}`);
    return context;
  } catch (error) {
    failed = true;
    await settled;
    if (started.size > 0) say('stopping what was started ...');
    if (started.has('supervisor')) await stopPart(paths.run, 'supervisor', 25_000);
    await stopServices(context, say, (name) => started.has(name));
    throw interrupted ? fatal('aborted', 'interrupted; what had been started is stopped again', { cause: error }) : error;
  } finally {
    release();
    process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt);
  }
}

/** Fatal `port_taken` unless every process's port is free or held by what a killed supervisor left behind. */
async function requireProcessPorts({ paths, settings }: Context): Promise<void> {
  for (const name of PROCESSES) if (runningPid(paths.run, name) === undefined) await requireFreePorts(name, [{ number: portOf(settings, name), env: `${name.toUpperCase()}_PORT` }]);
}

/** Fatal when the file cannot serve as a base corpus; tells what is set aside. */
function checkDataset(file: string, categories: readonly string[], say: Say): void {
  if (!existsSync(file)) throw fatal('no_file', `--dataset: there is no file ${file}`);
  const { rows, refused } = readCsv(readFileSync(file), 'Category', categories);
  const [first] = refused;
  const told = first === undefined ? '' : `; the first refusal: row ${first.row}, ${first.field} ${first.reason}`;
  if (rows.length === 0) throw fatal('empty_dataset', `--dataset: ${file} has no usable row${told}`);
  if (refused.length > 0) say(`--dataset: ${refused.length} of ${refused.length + rows.length} rows are set aside${told}`);
}

export async function runDown(context: Context, say: Say): Promise<void> {
  const { run } = context.paths;
  const how = await stopPart(run, 'supervisor', 25_000);
  if (how !== 'not running') say(`processes ${how}`);
  for (const name of PROCESSES) if ((await stopPart(run, name, 20_000)) !== 'not running') say(`stopped ${name}, which a killed supervisor had left behind`);
  await stopServices(context, say);
}

export const up: Verb = {
  summary: 'start the services and the four processes; returns when a model serves',
  usage: `usage: ./loop up [--dataset FILE.csv] [--services-only]
  --dataset FILE.csv   on an empty data folder: the base corpus (columns product_description,Category) instead of the synthetic one
  --services-only      servers, topics, schemas, tables and buckets, without our processes`,
  async run(args) {
    const { values, words } = readArgs(args, { dataset: { type: 'string' }, 'services-only': { type: 'boolean' } });
    noWords(words);
    const context = await runUp({ env: process.env, dataset: values.dataset, servicesOnly: values['services-only'] ?? false, say: (line) => console.log(line) });
    if (!values['services-only']) console.log(`Try: ./loop predict "Sparkling Water Lemon"   ./loop live   ./loop status   ./loop down   (data in ${context.paths.home})`);
    return 0;
  },
};

export const down: Verb = {
  summary: 'stop everything cleanly; the data stays',
  usage: 'usage: ./loop down',
  async run(args) {
    noWords(readArgs(args, {}).words);
    let lines = 0;
    await runDown(openContext(process.env, { create: false }), (line) => {
      lines += 1;
      console.log(line);
    });
    if (lines === 0) console.log('nothing was running');
    return 0;
  },
};
