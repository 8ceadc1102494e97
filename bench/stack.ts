// A private stack for benchmarks: Kafka and the registry (and MySQL and S3 where they are wanted) on ports and in a folder of their own, plus the programs that are measured. Whatever happens
// (an error, Ctrl-C, a closed terminal) all of it is stopped and the folder is deleted; what a killed benchmark left behind is stopped by the next one.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openRegistry } from '../producers/connections.ts';
import { fatal } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import { openContext, type Env } from '../stack/context.ts';
import { checkJava, fetchKafka, fetchMysql, fetchRegistry, fetchS3 } from '../stack/fetch.ts';
import { freePortBase } from '../stack/freePorts.ts';
import { cleanEnv, clearStack } from '../stack/ownStack.ts';
import { onInterrupt } from '../stack/interrupt.ts';
import { PROJECT_DIR, pathsOf, type Paths } from '../stack/paths.ts';
import { claim, rememberPid } from '../stack/pids.ts';
import { makeBuckets, migrate, registerSchemas } from '../stack/prepare.ts';
import { createTopics } from '../stack/topics.ts';
import { credentialsOf, grantRights } from '../stack/mysqlUsers.ts';
import { MEMORY_ENV, nodeFlagsOf } from '../stack/processes.ts';
import { kafkaService } from '../stack/services/kafka.ts';
import { mysqlService } from '../stack/services/mysql.ts';
import { registryService } from '../stack/services/registry.ts';
import { s3Service } from '../stack/services/s3.ts';
import { logFileOf, openLog, startService, tailOf } from '../stack/services/service.ts';

/** A program that is measured. */
export type Running = {
  readonly name: string;
  readonly pid: number;
  /** Where its output goes. */
  readonly log: string;
  /** Resolves when it has ended, with its exit code (a signal: null). */
  readonly ended: Promise<number | null>;
  /** Signals its whole group; resolves when it has ended. SIGKILL after 20 s. */
  stop(signal: NodeJS.Signals): Promise<void>;
};
export type BenchStack = {
  readonly settings: Settings;
  readonly registry: Registry;
  /** For programs of ours: every setting of this stack. */
  readonly env: Env;
  readonly paths: Paths;
  /** Starts a program with its output in a log of that name; stopped with the stack at the latest. env is added to the stack's. */
  start(name: string, program: string, args: readonly string[], env?: Env): Running;
  /** The same for a main.ts of ours. */
  startOurs(name: string, main: string, env?: Env, nodeArgs?: readonly string[]): Running;
};
type Options = {
  /** Names the data folder: .loop-bench-NAME */
  readonly name: string;
  readonly say: (line: string) => void;
  /** Settings beside the defaults, e.g. { PARTITIONS: '4' } */
  readonly env?: Env;
  /** servers beside Kafka and the registry, with their tables and buckets */
  readonly services?: readonly ('mysql' | 's3')[];
};
const FIRST_PORT = 29_000;
const PORTS_BELOW = 40_000;
const DEADLINE_MS = 240_000;
const KILL_AFTER_MS = 20_000;

/** Brings the stack up, does `work`, clears everything away. */
export async function withStack<R>({ name, say, env: extra = {}, services = [] }: Options, work: (stack: BenchStack) => Promise<R>): Promise<R> {
  const home = `.loop-bench-${name}`;
  const paths = pathsOf(home, '', undefined);
  const claimFolder = (): void => {
    if (claim(paths.run, 'bench') === undefined) throw fatal('bench_runs', `another ./loop bench ${name} is at work in ${paths.home}; wait for it`);
  };
  claimFolder();
  let interrupted = false;
  let interrupt: (error: unknown) => void = () => undefined;
  const interruption = new Promise<never>((_resolve, reject) => (interrupt = reject));
  interruption.catch(() => undefined);
  const listenNoMore = onInterrupt(() => {
    if (!interrupted) say('interrupted: stopping what was started ...');
    interrupted = true;
    interrupt(fatal('aborted', 'interrupted; what had been started is stopped again'));
  });

  async function bringUp(): Promise<BenchStack> {
    await clearStack(paths, 'bench');
    claimFolder();
    const context = openContext({ ...cleanEnv(process.env), LOOP_HOME: home, LOOP_PORT_BASE: String(await freePortBase(FIRST_PORT, PORTS_BELOW)), ...extra }, { create: true });
    await checkJava();
    const [kafka, registryHome] = await Promise.all([fetchKafka(context.paths.cache, say), fetchRegistry(context.paths.cache, say)]);
    const aborted = (): boolean => interrupted;
    await Promise.all([
      startService(paths, kafkaService(context, kafka), DEADLINE_MS, aborted), startService(paths, registryService(context, registryHome), DEADLINE_MS, aborted),
      ...services.map(async (one) => {
        await startService(paths, one === 'mysql' ? mysqlService(context, await fetchMysql(context.paths.cache, say)) : s3Service(context, await fetchS3(context.paths.cache, say)), DEADLINE_MS, aborted);
        await (one === 'mysql' ? migrate(context).then(() => grantRights(context.settings)) : makeBuckets(context));
      }),
    ]);
    const registry = openRegistry(context.settings);
    await createTopics(context);
    await registerSchemas(context, registry);
    say(`a private ${['Kafka', 'registry', ...services].join(', ')} are up on ports from ${context.settings.portBase} on`);
    return {
      settings: context.settings, registry, env: context.env, paths,
      start: (program, command, args, env = {}) => startProgram(paths, program, command, args, { ...context.env, ...env }),
      startOurs: (program, main, env = {}, nodeArgs = []) => startProgram(paths, program, process.execPath, [...nodeFlagsOf(main), ...nodeArgs, main], { ...MEMORY_ENV, ...context.env, ...credentialsOf(main, context.settings), ...env }),
    };
  }
  try {
    const doing = bringUp().then(work);
    doing.catch(() => undefined);
    return await Promise.race([doing, interruption]);
  } finally {
    await clearStack(paths, 'bench');
    listenNoMore();
    // The work may still wait for servers that are gone.
    if (interrupted) process.exit(130);
  }
}

function startProgram(paths: Paths, name: string, program: string, args: readonly string[], env: Env): Running {
  const out = openLog(paths, name);
  const child: ChildProcess = spawn(program, args, { cwd: PROJECT_DIR, env, stdio: ['ignore', out, out], detached: true });
  closeSync(out);
  const { pid } = child;
  child.on('error', () => undefined);
  if (pid === undefined) throw fatal('program_missing', `${name}: ${program} cannot be run; is it installed?`);
  rememberPid(paths.run, name, pid);
  let gone = false;
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => {
    gone = true;
    resolve(code);
  }));
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody is left in it.
    }
  };
  return {
    name, pid, log: logFileOf(paths, name), ended,
    async stop(signal) {
      if (!gone) signalGroup(signal);
      const late = new AbortController();
      void pause(KILL_AFTER_MS, undefined, { signal: late.signal }).then(() => signalGroup('SIGKILL'), () => undefined);
      await ended;
      late.abort();
    },
  };
}

/** Resolves with what `find` gives once it gives something; fatal when the program ends first or after `deadlineMs`. */
export async function untilFound<R>(what: string, running: Running, deadlineMs: number, find: () => R | undefined | Promise<R | undefined>, everyMs = 50): Promise<R> {
  let code: number | null | undefined;
  void running.ended.then((one) => (code = one));
  for (const end = performance.now() + deadlineMs; performance.now() < end; await pause(everyMs)) {
    const found = await find();
    if (found !== undefined) return found;
    if (code !== undefined) throw fatal('program_ended', `${running.name} ended with ${code} before ${what}. The end of ${running.log}:\n${tailOf(running.log)}`);
  }
  throw fatal('never_came', `${running.name}: not ${what} after ${deadlineMs / 1000} s. The end of ${running.log}:\n${tailOf(running.log)}`);
}
