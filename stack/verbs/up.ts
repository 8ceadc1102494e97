// ./loop up: services, what they must hold, the four processes; returns when a model serves.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openRegistry } from '../../producers/connections.ts';
import { readCsv } from '../../schemas/csv.ts';
import { fatal } from '../../schemas/failure.ts';
import { requireWhole } from '../backup/backup.ts';
import { ensureCorpus, orderBootstrap, orderNewModel, type CorpusOptions } from '../bootstrap.ts';
import { grantRights } from '../mysqlUsers.ts';
import { openContext, rememberEnvironment, type Context, type Env } from '../context.ts';
import type { Say } from '../fetch.ts';
import { progressLine } from '../../trainer/model/progress.ts';
import { onInterrupt } from '../interrupt.ts';
import { PROJECT_DIR } from '../paths.ts';
import { claim, runningPid, stopPart } from '../pids.ts';
import { makeBuckets, migrate, registerSchemas } from '../prepare.ts';
import { failingProcess, portOf, PROCESSES, readStates, urlOf, writeStates } from '../processes.ts';
import { dim } from '../say.ts';
import { startServices, stopServices } from '../services.ts';
import { answersHttp, launch, logFileOf, requireFreePorts, tailOf } from '../services/service.ts';
import { behindLine, firstFailed, lostModel, type Trainings } from './firstTraining.ts';
import { noWords, readArgs, type Verb } from './verb.ts';
import { createTopics } from '../topics.ts';
import { withExtras } from './extras.ts';

const SERVING_DEADLINE_MS = 600_000;
export type UpOptions = CorpusOptions & { readonly env: Env; readonly servicesOnly?: boolean; /** train another model than the one that should serve and cannot be loaded */ readonly newModel?: boolean };

const trainingsOf = ({ settings }: Context): Promise<Trainings | undefined> => fetch(`${urlOf(settings, 'trainer')}/trainings`, { signal: AbortSignal.timeout(1000) }).then((answer) => answer.json() as Promise<Trainings>, () => undefined);

async function waitUntilServing(context: Context, say: Say, aborted: () => boolean, mayBeLost: boolean): Promise<void> {
  const started = performance.now();
  let shown = '';
  while (!(await answersHttp(`${urlOf(context.settings, 'inference')}/health/ready`))) {
    if (aborted()) throw fatal('aborted', 'interrupted');
    if (runningPid(context.paths.run, 'supervisor') === undefined) throw fatal('supervisor_gone', `the supervisor has ended; see ${logFileOf(context.paths, 'supervisor')}`);
    const stage = await trainingsOf(context);
    const failed = firstFailed(stage);
    if (failed !== undefined) throw fatal('bootstrap_failed', failed);
    const lost = mayBeLost ? undefined : lostModel(await fetch(`${urlOf(context.settings, 'inference')}/health/ready`, { signal: AbortSignal.timeout(1000) }).then((answer) => answer.json(), () => undefined));
    if (lost !== undefined) throw fatal('model_lost', lost);
    const failing = failingProcess(readStates(context.paths.run));
    if (failing !== undefined) throw fatal('process_failing', `${failing.name} keeps failing (${failing.lastExit}). The end of ${logFileOf(context.paths, failing.name)}:\n${tailOf(logFileOf(context.paths, failing.name))}`);
    const epoch = stage?.progress?.at(-1);
    const line = stage?.stage === undefined || stage.stage === 'idle' ? 'waiting for a model to serve' : `first training: ${epoch === undefined || stage.stage !== 'training' ? stage.stage : progressLine(epoch)}`;
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
  requireWhole(paths.home);
  const release = claim(paths.run, 'up');
  if (release === undefined) throw fatal('up_runs', `another ./loop up, backup or restore is at work in ${paths.home}; wait for it, or use another LOOP_HOME and LOOP_PORT_BASE`);
  let interrupted = false;
  let failed = false;
  const interrupt = (): void => void (interrupted = true);
  const listenNoMore = onInterrupt(interrupt);
  const aborted = (): boolean => interrupted || failed;
  const started = new Set<string>();
  // A setting that made the start fail must not come back by itself.
  let forget: () => void = () => undefined;
  let settled: Promise<unknown> = Promise.resolve();
  try {
    const { before, undo } = rememberEnvironment(context, options.env);
    forget = undo;
    if (before.length > 0) say(`settings remembered in ${paths.home}/environment.json: ${before.join(' ')}`);
    if (options.dataset !== undefined) checkDataset(options.dataset, settings.categories, say);
    // Better now than after ten seconds of starting servers.
    if (!(options.servicesOnly ?? false) && runningPid(paths.run, 'supervisor') === undefined) await requireProcessPorts(context);
    const services = startServices(context, say, aborted, (name) => started.add(name));
    const registry = openRegistry(settings);
    const corpus = services.s3.then(() => makeBuckets(context)).then(() => ensureCorpus(context, { ...options, say }));
    const steps = [services.kafka.then(() => createTopics(context)).then((told) => told.forEach((line) => say(line))), services.mysql.then(() => migrate(context)).then((told) => told !== undefined && say(told)).then(() => grantRights(context.settings)), corpus, Promise.all([services.registry, services.kafka]).then(() => registerSchemas(context, registry)), services.prometheus, services.alertmanager];
    for (const step of [...steps, services.mlflow]) step.catch(() => (failed = true));
    settled = Promise.allSettled([...steps, services.mlflow]);
    await Promise.all(steps);
    if (aborted()) throw fatal('aborted', 'interrupted');
    if (options.servicesOnly) {
      await services.mlflow;
      say('services are up');
      return context;
    }
    if (runningPid(paths.run, 'supervisor') === undefined) {
      for (const name of PROCESSES) {
        if ((await stopPart(paths.run, name, 20_000)) !== 'not running') say(`stopped ${name}, which a killed supervisor had left behind`);
      }
      await requireProcessPorts(context);
      writeStates(paths.run, new Map());
      launch(paths, 'supervisor', { program: process.execPath, args: ['--disable-warning=ExperimentalWarning', 'stack/supervise.ts'], cwd: PROJECT_DIR, env: { ...options.env, LOOP_HOME: paths.home } as Record<string, string> });
      started.add('supervisor');
    } else say(started.size === 0 ? 'everything runs already' : 'the processes run already');
    await orderBootstrap(context, registry, await corpus);
    if (options.newModel) await orderNewModel(context, registry, randomUUID());
    await waitUntilServing(context, say, aborted, options.newModel ?? false);
    say(`a model serves at ${urlOf(settings, 'inference')}`);
    const behind = behindLine((await trainingsOf(context)) ?? {});
    if (behind !== undefined) say(behind);
    // Nothing of ours waits for MLflow; a person who asked for it does.
    await services.mlflow;
    return context;
  } catch (error) {
    failed = true;
    await settled;
    forget();
    if (started.size > 0) say('stopping what was started ...');
    if (started.has('supervisor')) await stopPart(paths.run, 'supervisor', 25_000);
    await stopServices(context, say, (name) => started.has(name));
    throw interrupted ? fatal('aborted', 'interrupted; what had been started is stopped again', { cause: error }) : error;
  } finally {
    release();
    listenNoMore();
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
  usage: `usage: ./loop up [--dataset FILE.csv] [--with mlflow] [--services-only] [--new-model]
  --dataset FILE.csv   on an empty data folder: the base corpus (columns product_description,Category) instead of the synthetic one
  --with mlflow        an MLflow beside it (Python 3.10 or newer; fetched once): every training is mirrored there. Remembered; MLFLOW_TRACKING_URI= ./loop up: without it again
  --services-only      servers, topics, schemas, tables and buckets, without our processes
  --new-model          S3 has lost the model that should serve: train another one and promote it without comparison`,
  async run(args) {
    const { values, words } = readArgs(args, { dataset: { type: 'string' }, with: { type: 'string', multiple: true }, 'services-only': { type: 'boolean' }, 'new-model': { type: 'boolean' } });
    noWords(words);
    const context = await runUp({ env: withExtras(process.env, values.with), dataset: values.dataset, servicesOnly: values['services-only'] ?? false, newModel: values['new-model'] ?? false, say: (line) => console.log(line) });
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
