// ./loop soak: a stack of its own, a soak on it, everything stopped and deleted afterwards, whatever happens.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fatal } from '../../schemas/failure.ts';
import { openContext, type Context, type Env } from '../context.ts';
import { freePortBase } from '../freePorts.ts';
import { cleanEnv } from '../ownStack.ts';
import { onInterrupt } from '../interrupt.ts';
import { PROJECT_DIR, pathsOf } from '../paths.ts';
import { claim } from '../pids.ts';
import { bold, dim, green, red, UsageError } from '../say.ts';
import { renderChecks, type Check } from '../verify/compare.ts';
import { table } from '../verbs/terminal.ts';
import { runDown, runUp } from '../verbs/up.ts';
import { noWords, readArgs } from '../verbs/verb.ts';
import { HOME, JUDGE_AFTER_MS, MINUTE_MS, WARM_UP_MS } from './usage.ts';
import { clock, runSoak, type SoakReport } from './soak.ts';
import { memoryRows, processRows } from './verdict.ts';

const [FIRST_PORT, PORTS_BELOW] = [24_000, 26_980];
/** Short, so that the join's memory reaches its full size and gives room back within the run. Whoever speaks waits less. */
const SETTINGS: Env = { HORIZON_MS: '180000', EARLY_HORIZON_MS: '120000', EXPIRY_MARGIN_MS: '10000' };
const LONGEST_DELAY_MS = 60_000;
/** verify holds the log in memory. */
const VERIFY_HEAP_MB = 12_288;

function numberIn(values: Readonly<Record<string, unknown>>, name: string, least: number): number {
  const read = Number(values[name]);
  if (!Number.isFinite(read) || read < least) throw new UsageError(`--${name} must be a number from ${least} on, is '${String(values[name])}'`);
  return read;
}

/** Stops and deletes what stands in the folder, perhaps of a soak that was killed; keepLogs: all but the logs. */
async function clear({ keepLogs }: { keepLogs: boolean }): Promise<void> {
  const { home, secrets, logs } = pathsOf(HOME, '', undefined);
  if (existsSync(secrets)) await runDown(openContext({ ...cleanEnv(process.env), LOOP_HOME: HOME }, { create: false }), () => undefined);
  if (!keepLogs) return rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  for (const name of existsSync(home) ? readdirSync(home) : []) if ( join(home, name) !== logs) rmSync(join(home, name), { recursive: true, force: true, maxRetries: 5 });
}

/** In a process of its own, with room for the whole log. */
function verifyApart(context: Context): Promise<readonly Check[]> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${VERIFY_HEAP_MB}`, 'stack/cli.ts', 'verify', '--json'], { cwd: PROJECT_DIR, env: context.env as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'inherit'] });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  return new Promise((resolve, reject) => child.on('close', (code) => {
    try {
      resolve((JSON.parse(Buffer.concat(parts).toString()) as { checks: Check[] }).checks);
    } catch {
      // It has said why on the error stream.
      reject(fatal('verify_failed', `verify ended with ${code ?? 'a signal'} and without a result`));
    }
  }));
}

function linesOf(report: SoakReport): string[] {
  const { counts, faults, ending } = report;
  const [head, rows] = processRows(report.lines);
  return [
    '', bold(`soak, seed ${report.seed}, ${report.seconds.toFixed(0)} s: ${counts.products} products, ${counts.feedback} feedback, ${counts.retries} calls repeated, ${faults.length} faults`), '',
    ...table(['at', 'fault', 'lasted'], faults.map(({ atMs, name, seconds }) => [clock(atMs), name, `${seconds.toFixed(1)} s`])), '',
    ...table(head, rows), '', ...table(...memoryRows(report.lines)), '',
    `left to read   ${Object.entries(ending.lags).map(([name, lag]) => `${name} ${lag}`).join(', ')}`,
    `never said     ${ending.waiting}; refused ${ending.refused}${counts.retries === 0 ? '' : `; the last call that was repeated: ${counts.lastFailure}`}`, '',
    ...renderChecks(report.checks), '',
    ...(report.failures.length === 0 ? [green(bold('The soak passed.'))] : [red(bold('The soak failed:')), ...report.failures.map((failure) => red(`  ${failure}`))]),
  ];
}

export async function runSoakVerb(args: readonly string[]): Promise<number> {
  const { values, words } = readArgs(args, { minutes: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' }, products: { type: 'string', default: '1500' }, feedback: { type: 'string', default: '500' }, every: { type: 'string', default: '60' }, 'warm-up': { type: 'string', default: String(WARM_UP_MS / MINUTE_MS) }, json: { type: 'boolean' } });
  noWords(words);
  const seed = numberIn(values, 'seed', 0);
  if (!Number.isInteger(seed) || seed > 4_294_967_295) throw new UsageError(`--seed must be a whole number from 0 to 4294967295, is '${values.seed}'`);
  const durationMs = numberIn(values, 'minutes', 0.5) * MINUTE_MS;
  const [products, feedback, everyMs] = [numberIn(values, 'products', 1), numberIn(values, 'feedback', 0), numberIn(values, 'every', 10) * 1000];
  const warmUpMs = numberIn(values, 'warm-up', 0) * MINUTE_MS;
  if (feedback > products) throw new UsageError('--feedback must not exceed --products: a product gets one label at most');
  const say = (line: string): void => (values.json ? console.error(line) : console.log(line));
  const { run } = pathsOf(HOME, '', undefined);
  const claimFolder = (): void => {
    if (claim(run, 'soak') === undefined) throw fatal('soak_runs', `another ./loop soak is at work in ${HOME}; wait for it`);
  };
  claimFolder();
  let interrupted = false;
  let failed = true;
  const listenNoMore = onInterrupt(() => {
    if (!interrupted) say('interrupted: stopping everything ...');
    interrupted = true;
  });
  try {
    await clear({ keepLogs: false });
    claimFolder();
    const env = { ...cleanEnv(process.env), LOOP_HOME: HOME, LOOP_PORT_BASE: String(await freePortBase(FIRST_PORT, PORTS_BELOW)), SEED: String(seed), ...SETTINGS };
    const context = await runUp({ env, say: (line) => say(dim(line)) });
    const report = await runSoak(context, { seed, durationMs, everyMs, products, feedback, servers: true, tag: `soak-${createHash('sha256').update(String(seed)).digest('hex').slice(0, 6)}`, delayMs: LONGEST_DELAY_MS, warmUpMs, judgeAfterMs: JUDGE_AFTER_MS }, { say, interrupted: () => interrupted, verify: () => verifyApart(context) });
    if (values.json) console.log(JSON.stringify(report, null, 2));
    else for (const line of linesOf(report)) console.log(line);
    failed = report.failures.length > 0;
    return failed ? 1 : 0;
  } catch (error) {
    if (!interrupted) throw error;
    failed = false;
    return 130;
  } finally {
    await clear({ keepLogs: failed });
    if (failed) say(`the logs of this run are in ${HOME}/logs until the next one`);
    listenNoMore();
  }
}
