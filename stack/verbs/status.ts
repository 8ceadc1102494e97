// ./loop status, logs, reset: what runs, what it says, starting over.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { openContext, runsMlflow, type Context } from '../context.ts';
import { runningPid } from '../pids.ts';
import { PROCESSES, readStates, urlOf } from '../processes.ts';
import { green, red, UsageError } from '../say.ts';
import { SERVICES, servicesOf } from '../services.ts';
import { answersHttp, logFileOf } from '../services/service.ts';
import { behindLine } from './firstTraining.ts';
import { runDown } from './up.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

/** Every endpoint, credential and folder another program needs. */
export function statusOf({ settings, paths, secrets }: Context): object {
  const metrics = (name: (typeof PROCESSES)[number]): string => `${urlOf(settings, name)}/metrics`;
  return {
    data_folder: paths.home,
    logs: paths.logs,
    services: {
      kafka: { bootstrap: settings.kafkaBootstrap },
      registry: { url: settings.registryUrl },
      mysql: { host: settings.mysqlHost, port: settings.mysqlPort, user: settings.mysqlUser, password: settings.mysqlPassword, database: settings.mysqlDatabase },
      s3: { endpoint: settings.s3Endpoint, access_key: settings.s3AccessKey, secret_key: settings.s3SecretKey },
      prometheus: { url: settings.prometheusUrl },
      alertmanager: { url: settings.alertmanagerUrl },
      ...(runsMlflow(settings) ? { mlflow: { url: settings.mlflowUri, artifacts: 's3://mlflow' } } : {}),
    },
    processes: {
      inference: { url: urlOf(settings, 'inference'), metrics: metrics('inference'), tokens: secrets.tokens },
      join: { metrics: metrics('join') },
      monitor: { metrics: metrics('monitor') },
      trainer: { metrics: metrics('trainer') },
    },
  };
}

/** Whether it retrains by itself, as the running trainer says; nothing while it is away. */
async function retrainingLines({ settings }: Context): Promise<string[]> {
  const told: unknown = await fetch(`${urlOf(settings, 'trainer')}/trainings`, { signal: AbortSignal.timeout(1000) }).then((answer) => answer.json(), () => undefined);
  const read = (name: string): unknown => (typeof told === 'object' && told !== null ? Reflect.get(told, name) : undefined);
  const automatic = read('auto_retrain');
  if (automatic === undefined) return [];
  const behind = behindLine({ ledger_behind: Number(read('ledger_behind') ?? 0) });
  return [...(behind === undefined ? [] : [`ledger      ${behind}`]), automatic === 'off' ? 'retraining  by itself: OFF (AUTO_RETRAIN=off): drift and schedule are recorded as cancelled; ./loop train and the HTTP jobs still train' : `retraining  by itself: on; schedule: ${String(read('schedule'))}`];
}

export const status: Verb = {
  summary: 'what runs, and every endpoint and credential (--json)',
  usage: 'usage: ./loop status [--json]\nExit code 0 when everything runs, 1 otherwise (with --json: 0).',
  async run(args) {
    const { values, words } = readArgs(args, { json: { type: 'boolean' } });
    noWords(words);
    const context = openContext(process.env, { create: false });
    if (values.json) {
      console.log(JSON.stringify(statusOf(context), null, 2));
      return 0;
    }
    let bad = 0;
    const line = (name: string, good: boolean, text: string): void => {
      if (!good) bad += 1;
      console.log(`${good ? green('up  ') : red('down')}  ${name.padEnd(12)} ${text}`);
    };
    const places = { kafka: context.settings.kafkaBootstrap, registry: context.settings.registryUrl, mysql: `${context.settings.mysqlHost}:${context.settings.mysqlPort}`, s3: context.settings.s3Endpoint, prometheus: context.settings.prometheusUrl, alertmanager: context.settings.alertmanagerUrl, mlflow: context.settings.mlflowUri };
    for (const name of servicesOf(context)) line(name, runningPid(context.paths.run, name) !== undefined, places[name]);
    const supervised = readStates(context.paths.run);
    const supervisor = runningPid(context.paths.run, 'supervisor') !== undefined;
    for (const name of PROCESSES) {
      const ready = supervisor && (await answersHttp(`${urlOf(context.settings, name)}/health/ready`));
      const one = supervised[name];
      line(name, ready, `${urlOf(context.settings, name)}${one && one.starts > 1 ? `  (started ${one.starts} times, last ${one.lastExit ?? ''})` : ''}`);
    }
    for (const text of await retrainingLines(context)) console.log(text);
    console.log(`data   ${context.paths.home}\nlogs   ${context.paths.logs}   credentials: ./loop status --json`);
    return bad === 0 ? 0 : 1;
  },
};

export const logs: Verb = {
  summary: 'the logs of all parts, or of one; --follow',
  usage: `usage: ./loop logs [PART] [--follow]\nPART: ${[...SERVICES, ...PROCESSES, 'supervisor'].join(', ')}`,
  run(args) {
    const { values, words } = readArgs(args, { follow: { type: 'boolean', short: 'f' } });
    const context = openContext(process.env, { create: false });
    const parts: readonly string[] = [...SERVICES, ...PROCESSES, 'supervisor'];
    const unknown = words.find((word) => !parts.includes(word));
    if (unknown !== undefined) throw new UsageError(`'${unknown}' is not a part; there is ${parts.join(', ')}`);
    const files = (words.length > 0 ? words : parts).map((part) => logFileOf(context.paths, part)).filter((file) => existsSync(file));
    if (files.length === 0) {
      console.log('no logs yet');
      return Promise.resolve(0);
    }
    return new Promise((resolve) => {
      const child = spawn('tail', ['-n', values.follow ? '20' : '200', ...(values.follow ? ['-F'] : []), ...files], { stdio: 'inherit' });
      process.once('SIGINT', () => child.kill());
      child.on('close', () => resolve(0));
    });
  },
};

export const reset: Verb = {
  summary: 'stop everything and delete the data folder (asks first)',
  usage: 'usage: ./loop reset [--yes]\nThe download cache stays.',
  async run(args) {
    const { values, words } = readArgs(args, { yes: { type: 'boolean' } });
    noWords(words);
    const context = openContext(process.env, { create: false });
    if (!values.yes) {
      if (!process.stdin.isTTY) throw new UsageError('reset asks before it deletes, and there is no terminal to ask; say --yes');
      const asking = createInterface({ input: process.stdin, output: process.stdout });
      const answer = await asking.question(`Delete everything in ${context.paths.home} (topics, models, tables)? [y/N] `);
      asking.close();
      if (!/^y(es)?$/i.test(answer.trim())) {
        console.log('nothing deleted');
        return 1;
      }
    }
    await runDown(context, (line) => console.log(line));
    rmSync(context.paths.home, { recursive: true, force: true });
    console.log(`deleted ${context.paths.home}`);
    return 0;
  },
};
