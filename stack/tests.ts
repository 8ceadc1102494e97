// ./loop test: lint, types, laws, then tests on a stack of its own, which it stops whatever happens; ends with the one line CI reads.
import { spawn, type ChildProcess } from 'node:child_process';
import { globSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fatal } from '../schemas/failure.ts';
import { openContext, type Env } from './context.ts';
import { DEMO_SETTINGS } from './demo/settings.ts';
import { cleanEnv } from './ownStack.ts';
import { PROJECT_DIR, pathsOf } from './paths.ts';
import { rememberPid, runningPid } from './pids.ts';
import { COUNTS_MARK } from './reporter.ts';
import { UsageError } from './say.ts';
import { planOf } from './testPlan.ts';
import { readArgs } from './verbs/verb.ts';

type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };
/** Only turns a file that hangs (a handle left open, say) into a failure by name; no file of the short tests takes near as long. */
const FILE_LIMIT_MS = 900_000;
/** Ports of the stories' stack: a stack takes fewer. */
const STORY_PORTS_ABOVE = 100;
const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };
const NODE = ['--disable-warning=ExperimentalWarning'];
const sum = (a: Counts, b: Counts): Counts => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped });
const number = (value: unknown, name: string): number => {
  const read: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof read === 'number' ? read : 0;
};

/** The counts on a reporter's line, or undefined when it is an ordinary line. */
export function countsIn(line: string): Counts | undefined {
  if (!line.startsWith(COUNTS_MARK)) return undefined;
  const read: unknown = JSON.parse(line.slice(COUNTS_MARK.length));
  return { passed: number(read, 'passed'), failed: number(read, 'failed'), skipped: number(read, 'skipped') };
}

/** The environment of the tests' own stack: the person's, without settings of ours, which would change what is tested. */
export function testEnvironment(env: Env, home: string, portBase: number): Env {
  return { ...cleanEnv(env), LOOP_HOME: home, LOOP_PORT_BASE: String(portBase), PARTITIONS: '3', NO_COLOR: '1' };
}

/** Signals a child and all it has started: each child leads a group of its own, so that no process of a test outlives it. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid === undefined) return;
    process.kill(-child.pid, signal);
    // One that a test has suspended hears a signal only when it goes on.
    process.kill(-child.pid, 'SIGCONT');
  } catch {
    // Nobody is left in it.
  }
}

/** Runs node with `args`, its lines given to onLine. Resolves to the exit code. */
function runNode(args: readonly string[], env: Env, running: Set<ChildProcess>, onLine: (line: string) => void): Promise<number> {
  const child = spawn(process.execPath, [...NODE, ...args], { cwd: PROJECT_DIR, env: env as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  return new Promise((done) => child.on('close', (code) => {
    running.delete(child);
    signalGroup(child, 'SIGTERM');
    done(code ?? 1);
  }));
}

export async function runTests(args: readonly string[]): Promise<number> {
  const { values, words } = readArgs(args, { pure: { type: 'boolean' }, long: { type: 'boolean' }, home: { type: 'string' }, 'port-base': { type: 'string' } });
  const portBase = Number(values['port-base'] ?? 27_000);
  if (!Number.isInteger(portBase)) throw new UsageError(`--port-base must be a whole number, is '${values['port-base'] ?? ''}'`);
  if (values.pure && values.long) throw new UsageError('--pure and --long exclude each other');
  const home = resolve(PROJECT_DIR, values.home ?? '.loop-test');
  const env = testEnvironment(process.env, home, portBase);
  // Stories run in the demo's small, fast world, on a stack of their own, beside the integration tests: both wait more than they work.
  const storyHome = `${home}-story`;
  const storyEnv: Env = { ...testEnvironment(process.env, storyHome, portBase + STORY_PORTS_ABOVE), ...DEMO_SETTINGS };
  const plan = planOf(globSync('{schemas,producers,consumers,trainer,inference,stack,prometheus,grafana,bench,deploy,examples}/**/*.test.ts', { cwd: PROJECT_DIR }), { pure: values.pure ?? false, long: values.long ?? false, names: words });
  const integration = [...plan.integration, ...plan['long-integration']];
  const serving = [...plan.story, ...plan.long];
  const needsStack = integration.length + serving.length > 0;
  const alone = [...plan.pure, ...plan['long-pure']];
  if (alone.length === 0 && !needsStack) throw new UsageError(`no test file matches ${words.join(' ') || 'that'}`);

  const running = new Set<ChildProcess>();
  const say = (line: string): void => console.log(line);
  const loop = (verb: readonly string[], onLine: (line: string) => void, verbEnv: Env): Promise<number> => runNode(['stack/cli.ts', ...verb], verbEnv, running, onLine);
  let interrupted = false;
  let total = NONE;
  const step = (name: string, ok: boolean): void => {
    total = sum(total, ok ? { ...NONE, passed: 1 } : { ...NONE, failed: 1 });
    say(`${ok ? 'ok    ' : 'FAILED'}  ${name}`);
  };

  async function check(name: string, script: readonly string[]): Promise<void> {
    if (interrupted) return;
    const lines: string[] = [];
    const code = await runNode(script, process.env, running, (line) => lines.push(line));
    step(name, code === 0);
    if (code !== 0) for (const line of lines) say(`        ${line}`);
  }
  async function test(files: readonly string[], testEnv: Env, concurrency: readonly string[]): Promise<void> {
    if (files.length === 0 || interrupted) return;
    let counts: Counts | undefined;
    const code = await runNode(['--test', ...concurrency, ...(values.long ? [] : [`--test-timeout=${FILE_LIMIT_MS}`]), `--test-reporter=${resolve(PROJECT_DIR, 'stack/reporter.ts')}`, '--test-reporter-destination=stdout', ...files], testEnv, running, (line) => {
      const found = countsIn(line);
      if (found === undefined) say(line);
      else counts = found;
    });
    total = sum(total, counts ?? NONE);
    // A runner that fails without a failed test has broken itself.
    if (code !== 0 && (counts?.failed ?? 0) === 0) step(`the test runner (exit ${code})`, false);
  }
  /** An empty data folder and what `up` brings. */
  async function freshStack(stackHome: string, flags: readonly string[], stackEnv: Env, onLine: (line: string) => void): Promise<boolean> {
    await loop(['down'], () => undefined, stackEnv);
    rmSync(stackHome, { recursive: true, force: true });
    rememberPid(pathsOf(stackHome, '', undefined).run, 'test', process.pid);
    return !interrupted && (await loop(['up', ...flags], onLine, stackEnv)) === 0;
  }
  async function onStack(name: string, files: readonly string[], stackEnv: Env, starting: Promise<boolean>): Promise<void> {
    const ok = await starting;
    if (!ok && !interrupted) step(`the stack for the ${name}`, false);
    if (ok) await test(files, openContext(stackEnv, { create: false }).env, ['--test-concurrency=1']);
  }

  for (const used of needsStack ? [home, storyHome] : []) {
    const other = runningPid(pathsOf(used, '', undefined).run, 'test');
    if (other !== undefined) throw fatal('test_runs', `another ./loop test (pid ${other}) uses ${used}; wait for it, or give --home and --port-base`);
  }
  const interrupt = (): void => {
    interrupted = true;
    for (const child of running) signalGroup(child, 'SIGTERM');
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    // The servers start while lint and types keep only one core busy; their lines are shown when the tests need them.
    const early: string[] = [];
    const first = integration.length > 0 ? freshStack(home, ['--services-only'], env, (line) => early.push(line)) : undefined;
    if (words.length === 0 && !values.long) {
      await check('lint', ['node_modules/eslint/bin/eslint.js', '.']);
      await check('typecheck', ['node_modules/typescript/bin/tsc', '--noEmit']);
      await check('typecheck of the console', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'inference/console/dom']);
    }
    // Pure ones share nothing: one for each core. Long ones that need nothing of us start servers of their own, or want the machine to themselves.
    await test(alone, process.env, [`--test-concurrency=${values.long ? 1 : availableParallelism()}`]);
    await Promise.all([
      ...(first === undefined ? [] : [first.then(() => {
        for (const line of early) say(`        ${line}`);
        return onStack('integration tests', integration, env, first);
      })]),
      ...(serving.length > 0 && !interrupted ? [onStack('stories', serving, storyEnv, freshStack(storyHome, [], storyEnv, (line) => say(`        ${line}`)))] : []),
    ]);
  } finally {
    process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt);
    if (integration.length > 0) await loop(['down'], () => undefined, env);
    if (serving.length > 0) await loop(['down'], () => undefined, storyEnv);
  }
  if (interrupted) total = sum(total, { ...NONE, failed: 1 });
  say(`${interrupted ? 'interrupted: ' : ''}${total.passed} passed, ${total.failed} failed${total.skipped === 0 ? '' : `, ${total.skipped} skipped`}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}
