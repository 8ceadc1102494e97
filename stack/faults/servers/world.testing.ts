// A whole stack of our own whose supervisor runs the processes with S3 behind a proxy that can damage bytes, and with clocks that can be set. Steady load, judged by verify.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { syntheticWorld } from '../../../producers/drift.ts';
import { openRegistry } from '../../../producers/connections.ts';
import { createKafka } from '../../../producers/kafka.ts';
import { createPublisher, type Publisher } from '../../../producers/publisher.ts';
import type { Registry } from '../../../schemas/registry.ts';
import { TABLE } from '../../../schemas/settingTable.ts';
import { ensureCorpus, orderBootstrap } from '../../bootstrap.ts';
import type { Context } from '../../context.ts';
import { freePortBase } from '../../freePorts.ts';
import { PROJECT_DIR } from '../../paths.ts';
import { PROCESSES, readStates, urlOf, type ProcessName } from '../../processes.ts';
import { answersHttp, launch, logFileOf } from '../../services/service.ts';
import { drive } from '../../soak/drive.ts';
import { createFeed } from '../../soak/feed.ts';
import { lagsOf } from '../../soak/watch.ts';
import { closeAtEnd, until } from '../../testing.ts';
import { runDown, runUp } from '../../verbs/up.ts';
import { verify } from '../../verify/verify.ts';
import { openWrongBytes, type WrongBytes } from './wrongBytes.ts';

export type World = {
  readonly context: Context; readonly registry: Registry; readonly publisher: Publisher; readonly s3: WrongBytes;
  /** Sets the clock of a process off by so much. */
  clock(name: ProcessName, offsetMs: number): void;
  readonly pid: (name: ProcessName) => number | undefined;
  readonly starts: () => number;
  /** What a process has logged since `from` characters of its log. */
  logged(name: ProcessName, from?: number): string;
  order(retrain?: object): Promise<void>;
  /** Load while `work` is done, then rest; resolves with what verify says differs. */
  under(tag: string, work: () => Promise<void>): Promise<string[]>;
};
const HOME = '.loop-faults-servers';
const [FIRST_PORT, PORTS_BELOW] = [30_000, 32_700];
const SERVING_MS = 240_000;
const RATE = { products: 60, feedback: 30, delayMs: 2000 };
const SEED = 5;

export async function openWorld(t: TestContext): Promise<World> {
  rmSync(join(PROJECT_DIR, HOME), { recursive: true, force: true });
  const ours = new Set<string>(Object.values(TABLE).map((setting) => setting.env));
  const base = await freePortBase(FIRST_PORT, PORTS_BELOW);
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.has(name) || name === 'LOOP_CACHE')), LOOP_HOME: HOME, LOOP_PORT_BASE: String(base), LEASE_MS: '4000', EPOCHS: '1', RETRAIN_EVERY_MS: '0', PARTITIONS: '2' };
  const context = await runUp({ env, servicesOnly: true, say: () => undefined });
  const { settings, paths, secrets } = context;
  closeAtEnd(t, async () => {
    await runDown(context, () => undefined);
    rmSync(paths.home, { recursive: true, force: true, maxRetries: 5 });
  });
  const s3 = await openWrongBytes({ port: 0, to: context.ports.s3 });
  closeAtEnd(t, () => s3.close());
  const clocks = join(paths.home, 'clocks');
  mkdirSync(clocks, { recursive: true });
  const registry = openRegistry(settings);
  const corpus = await ensureCorpus(context, { say: () => undefined });
  launch(paths, 'supervisor', { program: process.execPath, args: ['--disable-warning=ExperimentalWarning', 'stack/supervise.ts'], cwd: PROJECT_DIR, env: { LOOP_HOME: paths.home, S3_ENDPOINT: `http://127.0.0.1:${s3.port}`, NODE_OPTIONS: `--import=${join(import.meta.dirname, 'clock.testing.ts')}`, FAULT_CLOCK_DIR: clocks } });
  await orderBootstrap(context, registry, corpus);
  const serving = (): Promise<true> => until('a model serves', async () => ((await answersHttp(`${urlOf(settings, 'inference')}/health/ready`)) ? true : undefined), SERVING_MS);
  await serving();
  const publisher = await createPublisher({ kafka: createKafka(settings, 'faults'), registry, settings });
  closeAtEnd(t, () => publisher.close());
  const rows = syntheticWorld(SEED).familiar;
  const rest = (): Promise<true> => until('rest', async () => {
    const lags = Object.values(await lagsOf(context));
    const open = await fetch(`${urlOf(settings, 'trainer')}/trainings`).then((answer) => answer.json() as Promise<{ rows: { status: string }[] }>).then(({ rows: all }) => all.filter(({ status }) => status === 'PENDING' || status === 'RUNNING').length, () => 1);
    return lags.every((lag) => lag === 0) && open === 0 && (await answersHttp(`${urlOf(settings, 'inference')}/health/ready`)) ? true : undefined;
  }, SERVING_MS);
  return {
    context, registry, publisher, s3,
    clock: (name, offsetMs) => writeFileSync(join(clocks, name), String(offsetMs)),
    pid: (name) => readStates(paths.run)[name]?.pid,
    starts: () => PROCESSES.reduce((sum, name) => sum + (readStates(paths.run)[name]?.starts ?? 0), 0),
    logged: (name, from = 0) => readFileSync(logFileOf(paths, name), 'utf8').slice(from),
    async order(retrain = { force: true }) {
      await until('the order is taken', () => fetch(`${urlOf(settings, 'inference')}/v1/retrain`, { method: 'POST', headers: { authorization: `Bearer ${secrets.tokens.admin}`, 'content-type': 'application/json' }, body: JSON.stringify(retrain) }).then(({ ok }) => (ok ? true : undefined), () => undefined));
    },
    async under(tag, work) {
      const driving = drive({ feed: createFeed({ seed: SEED, tag, rows, categories: settings.categories, ...RATE }), publisher, modelName: settings.modelName, inferenceUrl: urlOf(settings, 'inference'), tokens: secrets.tokens, nowMs: Date.now });
      try {
        await until('load', () => (driving.counts().feedback > RATE.feedback ? true : undefined));
        await work();
        await driving.finish(SERVING_MS);
        const { waiting, refused } = driving.counts();
        await rest();
        const checks = await verify(context, () => undefined);
        return [...(waiting + refused === 0 ? [] : [`${waiting} calls open, ${refused} refused`]), ...checks.flatMap(({ name, differences }) => differences.map((difference) => `${name}: ${difference}`))];
      } finally {
        driving.stop();
      }
    },
  };
}
