// Servers of our own with a proxy before each, one per process and part, and our four processes behind them: started again when they end, as the supervisor does, and counted.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openRegistry } from '../../../producers/connections.ts';
import type { Registry } from '../../../schemas/registry.ts';
import { TABLE } from '../../../schemas/settingTable.ts';
import { ensureCorpus, orderBootstrap } from '../../bootstrap.ts';
import { openContext, type Context, type Env } from '../../context.ts';
import { fetchKafka, fetchMysql, fetchRegistry, fetchS3 } from '../../fetch.ts';
import { PROJECT_DIR, pathsOf } from '../../paths.ts';
import { stopPart } from '../../pids.ts';
import { makeBuckets, migrate, registerSchemas } from '../../prepare.ts';
import { failuresAfter, MAIN, nodeFlagsOf, restartDelayMs } from '../../processes.ts';
import { kafkaProperties, kafkaService } from '../../services/kafka.ts';
import { fetchMlflow, mlflowService } from '../../services/mlflow.ts';
import { mysqlService } from '../../services/mysql.ts';
import { registryService } from '../../services/registry.ts';
import { s3Service } from '../../services/s3.ts';
import { isPortFree, openLog, startService, type Service } from '../../services/service.ts';
import { closeAtEnd } from '../../testing.ts';
import { createTopics } from '../../topics.ts';
import { openProxy, type Proxy } from '../proxy.ts';
import { PARTS, VICTIMS, type Part, type Victim } from './rows.ts';

export type Place = {
  /** As the servers are reached without a proxy. */
  readonly context: Context; readonly registry: Registry;
  readonly proxy: (part: Part, victim: Victim) => Proxy;
  readonly urlOf: (victim: Victim) => string;
  /** How often each process has been started. */
  readonly starts: () => Readonly<Record<Victim, number>>;
  readonly startProcesses: () => void;
};
const FIRST_PORT = 24_000;
const BLOCK = 80;
const LISTENERS_FROM = 60;
const PROXIES_FROM = 20;
const DEADLINE_MS = 120_000;
const PROCESS_PORT: Readonly<Record<Victim, number>> = { inference: 10, join: 11, monitor: 12, trainer: 13 };

async function freeBlock(): Promise<number> {
  for (let base = FIRST_PORT; base < 32_000; base += BLOCK) {
    const free = await Promise.all(Array.from({ length: BLOCK }, (_, offset) => isPortFree(base + offset)));
    if (free.every((one) => one)) return base;
  }
  throw new Error(`no ${BLOCK} free ports in a row from ${FIRST_PORT} on`);
}

/** What a run that was killed has left behind: its servers, then its folder. */
async function clear(home: string): Promise<void> {
  const { run } = pathsOf(home, '', undefined);
  const parts = existsSync(run) ? readdirSync(run).filter((file) => file.endsWith('.pid')).map((file) => file.slice(0, -'.pid'.length)) : [];
  await Promise.all(parts.map((part) => stopPart(run, part, 10_000)));
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
/** Everything ends with the test. env: settings of the stack. mlflow: with one. */
export async function openPlace(t: TestContext, { name, env, mlflow, corpus }: { readonly name: string; readonly env: Readonly<Record<string, string>>; readonly mlflow: boolean; readonly corpus: string }): Promise<Place> {
  const base = await freeBlock();
  const ours = new Set<string>(Object.values(TABLE).map((setting) => setting.env));
  const theirs: Env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !ours.has(key) || key === 'LOOP_CACHE'));
  const home = join(PROJECT_DIR, `.loop-faults-${name}`);
  await clear(home);
  const context = openContext({ ...theirs, ...env, LOOP_HOME: home, LOOP_PORT_BASE: String(base), ...(mlflow ? { MLFLOW_TRACKING_URI: `http://127.0.0.1:${base + 7}` } : {}) }, { create: true });
  const { paths, settings, ports } = context;
  closeAtEnd(t, () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  const say = (): void => undefined;
  const start = async (service: Service): Promise<void> => {
    closeAtEnd(t, () => stopPart(paths.run, service.name, service.name === 'registry' ? 3000 : 20_000));
    await startService(paths, service, DEADLINE_MS, () => false);
  };

  const portOf = (part: Part, victim: Victim): number => base + PROXIES_FROM + PARTS.indexOf(part) * VICTIMS.length + VICTIMS.indexOf(victim);
  const listenerOf = (victim: Victim): number => base + LISTENERS_FROM + VICTIMS.indexOf(victim);
  /** A broker tells its clients where to go on: each proxy needs a listener of its own that names the proxy. */
  const proxiedKafka = (kafkaHome: string): Service => {
    const service = kafkaService(context, kafkaHome);
    const listeners = (port: (victim: Victim) => number): string => VICTIMS.map((victim) => `,${victim.toUpperCase()}://127.0.0.1:${port(victim)}`).join('');
    return {
      ...service,
      async prepare() {
        const dir = join(paths.home, 'kafka');
        const command = await service.prepare();
        mkdirSync(dir, { recursive: true });
        writeFileSync(join(dir, 'server.properties'), kafkaProperties(ports.kafka, ports.kafkaController, join(dir, 'data')) + [
          `listeners=PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}${listeners(listenerOf)}`,
          `advertised.listeners=PLAINTEXT://127.0.0.1:${ports.kafka}${listeners((victim) => portOf('kafka', victim))}`,
          `listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${VICTIMS.map((victim) => `,${victim.toUpperCase()}:PLAINTEXT`).join('')}`,
          '',
        ].join('\n'));
        return command;
      },
    };
  };
  const { cache } = paths;
  // Kafka first: what is opened first is closed last.
  await start(proxiedKafka(await fetchKafka(cache, say)));
  await Promise.all([
    fetchRegistry(cache, say).then((at) => start(registryService(context, at))), fetchS3(cache, say).then((at) => start(s3Service(context, at))).then(() => makeBuckets(context)),
    fetchMysql(cache, say).then((at) => start(mysqlService(context, at))).then(() => migrate(context)), createTopics(context),
  ]);
  if (mlflow) await start(mlflowService(context, await fetchMlflow(cache, say)));
  const registry = openRegistry(settings);
  await registerSchemas(context, registry);

  const realPort: Readonly<Record<Exclude<Part, 'kafka'>, number>> = { registry: ports.registry, mysql: settings.mysqlPort, s3: ports.s3, mlflow: ports.mlflow };
  const proxies = new Map<string, Proxy>();
  for (const part of PARTS) {
    for (const victim of VICTIMS) {
      const proxy = await openProxy({ port: portOf(part, victim), to: part === 'kafka' ? listenerOf(victim) : realPort[part] });
      closeAtEnd(t, () => proxy.close());
      proxies.set(`${part} ${victim}`, proxy);
    }
  }
  const envOf = (victim: Victim): Record<string, string | undefined> => ({
    ...context.env, KAFKA_BOOTSTRAP: `127.0.0.1:${portOf('kafka', victim)}`, REGISTRY_URL: settings.registryUrl.replace(`:${ports.registry}`, `:${portOf('registry', victim)}`), MYSQL_PORT: String(portOf('mysql', victim)), S3_ENDPOINT: `http://127.0.0.1:${portOf('s3', victim)}`,
    ...(mlflow ? { MLFLOW_TRACKING_URI: `http://127.0.0.1:${portOf('mlflow', victim)}` } : {}),
  });

  const starts: Record<Victim, number> = { inference: 0, join: 0, monitor: 0, trainer: 0 };
  const children = new Map<Victim, ChildProcess>();
  let ending = false;
  function run(victim: Victim, before: number): void {
    if (ending) return;
    starts[victim] += 1;
    const log = openLog(paths, victim);
    const beganMs = performance.now();
    const child = spawn(process.execPath, [...nodeFlagsOf(MAIN[victim]), MAIN[victim]], { cwd: PROJECT_DIR, env: envOf(victim), stdio: ['ignore', log, log] });
    closeSync(log);
    children.set(victim, child);
    child.once('close', () => {
      children.delete(victim);
      const ranMs = performance.now() - beganMs;
      const failures = failuresAfter(before, ranMs);
      setTimeout(() => run(victim, failures), restartDelayMs(victim, failures, ranMs, settings.sessionTimeoutMs)).unref();
    });
  }
  closeAtEnd(t, async () => {
    ending = true;
    await Promise.all([...children.values()].map((child) => new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 20_000).unref();
    })));
  });
  await orderBootstrap(context, registry, await ensureCorpus(context, { corpus, say }));
  return {
    context, registry, starts: () => ({ ...starts }), urlOf: (victim) => `http://127.0.0.1:${base + PROCESS_PORT[victim]}`,
    startProcesses: () => VICTIMS.forEach((victim) => run(victim, 0)),
    proxy(part, victim) {
      const found = proxies.get(`${part} ${victim}`);
      if (found === undefined) throw new Error(`no proxy for ${part} of ${victim}`);
      return found;
    },
  };
}
