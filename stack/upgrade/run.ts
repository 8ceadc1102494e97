// A rolling upgrade and its way back under load, on a stack of its own: two releases with different schemas side by side, every process replaced one by one.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { untilFound, withStack, type BenchStack, type Running } from '../../bench/stack.ts';
import { quantileOf } from '../../bench/bench.ts';
import { readToEnd } from '../../consumers/readToEnd.ts';
import { baseCorpus } from '../../producers/catalogue.ts';
import { schemaIdOf } from '../../schemas/codec.ts';
import { fatal } from '../../schemas/failure.ts';
import { TOPIC_NAMES, type TopicName } from '../../schemas/topics.ts';
import { openContext } from '../context.ts';
import { DEMO_SETTINGS } from '../demo/settings.ts';
import { PROJECT_DIR } from '../paths.ts';
import { MAIN, nodeFlagsOf, type ProcessName } from '../processes.ts';
import { answersHttp, tailOf } from '../services/service.ts';
import { scrape } from '../testing.ts';
import { startClients } from './clients.ts';
import { planOf, SEATS, type Release, type Seat, type Step } from './plan.ts';
import { writeVersionTwo } from './tree.ts';

export type UpgradeReport = {
  readonly seed: number; readonly steps: number; readonly asked: number; readonly failures: readonly string[]; readonly nobody: number; readonly p50Ms: number | undefined; readonly p99Ms: number | undefined;
  /** Records by topic and release that wrote them. */
  readonly written: ReadonlyMap<TopicName, readonly [one: number, two: number]>;
  readonly trainings: readonly string[]; readonly verify: readonly (readonly [release: Release, exit: number | null, end: string])[]; readonly seconds: number;
};
const PORTS: Readonly<Record<Seat, number>> = { 'inference-a': 10, 'join-a': 11, 'monitor-a': 12, trainer: 13, 'inference-b': 14, 'join-b': 15, 'monitor-b': 16 };
const READY_WITHIN_MS = 120_000;
const kindOf = (seat: Seat): ProcessName => (['inference', 'join', 'monitor', 'trainer'] as const).find((name) => seat.startsWith(name)) ?? 'trainer';

export const runUpgrade = (seed: number, say: (line: string) => void): Promise<UpgradeReport> =>
  withStack({ name: 'upgrade', say, services: ['mysql', 's3'], env: { ...DEMO_SETTINGS, MIN_F1: '0.5', PARTITIONS: '4' } }, (stack) => upgrade(stack, seed, say));

async function upgrade(stack: BenchStack, seed: number, say: (line: string) => void): Promise<UpgradeReport> {
  const { settings, paths } = stack;
  const token = openContext(stack.env, { create: false }).secrets.tokens.admin;
  const began = performance.now();
  const two = join(paths.home, 'version-2');
  writeVersionTwo(two);
  const dirs: Readonly<Record<Release, string>> = { 1: PROJECT_DIR, 2: two };
  const portOf = (seat: Seat): number => settings.portBase + PORTS[seat];
  const urlOf = (seat: Seat): string => `http://127.0.0.1:${portOf(seat)}`;
  let runs = 0;
  /** A program of one release, to its end. */
  async function run(name: string, release: Release, args: readonly string[]): Promise<{ readonly code: number | null; readonly end: string }> {
    const program = stack.start(`${name}-${(runs += 1)}`, process.execPath, ['--disable-warning=ExperimentalWarning', join(dirs[release], args[0] ?? ''), ...args.slice(1)], { LOOP_HOME: paths.home });
    const code = await program.ended;
    return { code, end: tailOf(program.log) };
  }
  async function mustRun(name: string, release: Release, args: readonly string[]): Promise<void> {
    const { code, end } = await run(name, release, args);
    if (code !== 0) throw fatal('program_ended', `${name} of release ${release} ended with ${code}:\n${end}`);
  }
  const running = new Map<Seat, { readonly program: Running; readonly release: Release }>();
  async function seat(name: Seat, release: Release): Promise<void> {
    const kind = kindOf(name);
    const main = join(dirs[release], MAIN[kind]);
    const program = stack.start(`${name}-v${release}-${(runs += 1)}`, process.execPath, [...nodeFlagsOf(MAIN[kind]), main], { LOOP_HOME: paths.home, [`${kind.toUpperCase()}_PORT`]: String(portOf(name)) });
    running.set(name, { program, release });
    // Of two monitors on one partition one stands by and is not ready before it owns something; that it lives is enough.
    const path = kind === 'inference' ? '/health/ready' : '/health/live';
    await untilFound('ready', program, READY_WITHIN_MS, async () => ((await answersHttp(`${urlOf(name)}${path}`)) ? true : undefined));
  }
  async function replace({ seat: name, to }: Step): Promise<void> {
    await running.get(name)?.program.stop('SIGTERM');
    await seat(name, to);
  }
  const post = async (url: string, path: string, body: object): Promise<Record<string, unknown>> => (await (await fetch(`${url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })).json()) as Record<string, unknown>;
  const trainings: string[] = [];
  /** Asked of one instance, carried out by whatever trainer there is. */
  async function train(when: string): Promise<void> {
    const id = String((await post(urlOf('inference-a'), '/v1/retrain', {}))['db_record_id']);
    const program = running.get('trainer')?.program;
    if (program === undefined) throw fatal('no_trainer', 'no trainer runs');
    const job = await untilFound('the training has ended', program, READY_WITHIN_MS, async () => {
      const { job: found } = (await (await fetch(`${urlOf('trainer')}/job?id=${encodeURIComponent(id)}`)).json()) as { job: { status: string; outcome: string | null } | null };
      return found !== null && ['FINISHED', 'FAILED'].includes(found.status) ? found : undefined;
    }, 300);
    trainings.push(`${when}: ${job.status} ${job.outcome ?? ''}`);
  }

  await mustRun('setup', 1, ['stack/setup.ts']);
  for (const name of ['trainer', 'join-a', 'join-b', 'monitor-a', 'monitor-b', 'inference-a', 'inference-b'] as const) await seat(name, 1);
  say('release 1 serves');
  const clients = startClients({ urls: [urlOf('inference-a'), urlOf('inference-b')], token, count: 6, pauseMs: 60, texts: baseCorpus(seed + 1), prefix: `upgrade-${seed}` });
  try {
    /** Not before so many more requests, so that every mixture of releases has seen some. */
    const someLoad = async (requests: number): Promise<void> => {
      const goal = clients.load().asked + requests;
      while (clients.load().asked < goal) await pause(50);
    };
    await someLoad(300);
    await mustRun('setup', 2, ['stack/setup.ts']);
    const plan = planOf(seed);
    for (const [i, step] of plan.entries()) {
      await replace(step);
      await someLoad(150);
      say(`${step.seat} runs release ${step.to}; ${clients.load().asked} requests, ${clients.load().failures.length} failed`);
      if (i === SEATS.length - 1) await train('all of release 2');
    }
    await train('back at release 1');
  } finally {
    await clients.stop();
  }
  // One of each is left: it owns everything, and is the one whose figures are compared.
  for (const name of ['join-b', 'monitor-b', 'inference-b'] as const) await running.get(name)?.program.stop('SIGTERM');
  await Promise.all(([['join-a', 2 * settings.partitions], ['monitor-a', settings.labelledPartitions]] as const).map(([name, width]) => untilIdle(running.get(name)?.program, portOf(name), width)));
  const verify: (readonly [Release, number | null, string])[] = [];
  for (const release of [1, 2] as const) {
    const { code, end } = await run('verify', release, ['stack/cli.ts', 'verify']);
    verify.push([release, code, end]);
  }
  const { asked, failures, latenciesMs, nobody } = clients.load();
  return { seed, steps: planOf(seed).length, asked, failures, nobody, p50Ms: quantileOf(latenciesMs, 0.5), p99Ms: quantileOf(latenciesMs, 0.99), written: await writtenBy(stack), trainings, verify, seconds: (performance.now() - began) / 1000 };
}

/** The process owns every partition and has handled all that stands there. */
async function untilIdle(program: Running | undefined, port: number, width: number): Promise<void> {
  if (program === undefined) throw fatal('not_running', 'what is to come to rest does not run');
  await untilFound('at rest', program, READY_WITHIN_MS, async () => {
    const lags = [...(await scrape(port))].filter(([series]) => series.startsWith('loop_consumer_lag{')).map(([, lag]) => lag);
    return lags.length === width && lags.every((lag) => lag === 0) ? true : undefined;
  }, 200);
}

/** By the schema a record names: that of this release, or another. */
async function writtenBy({ settings, registry }: BenchStack): Promise<ReadonlyMap<TopicName, readonly [number, number]>> {
  const ids = await registry.ids();
  const counts = new Map<TopicName, [number, number]>(TOPIC_NAMES.map((topic) => [topic, [0, 0]]));
  await readToEnd({
    settings, clientId: 'upgrade-count', topics: [...TOPIC_NAMES],
    onRecord: ({ topic, value }) => {
      const count = counts.get(topic);
      if (value !== null && count !== undefined) count[schemaIdOf(value) === ids.get(topic) ? 0 : 1] += 1;
      return Promise.resolve();
    },
  });
  return counts;
}
