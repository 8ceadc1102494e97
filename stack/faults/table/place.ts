// Servers of our own with a proxy before each, one per process and part, and our four processes behind them: started again when they end, as the supervisor does, and counted.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openRegistry } from '../../../producers/connections.ts';
import { createKafka } from '../../../producers/kafka.ts';
import { createPublisher, type Publisher } from '../../../producers/publisher.ts';
import type { Registry } from '../../../schemas/registry.ts';
import { ensureCorpus, orderBootstrap } from '../../bootstrap.ts';
import { openContext, type Context } from '../../context.ts';
import { fetchKafka, fetchMysql, fetchRegistry, fetchS3 } from '../../fetch.ts';
import { freePortBase } from '../../freePorts.ts';
import { cleanEnv, clearStack } from '../../ownStack.ts';
import { PROJECT_DIR, pathsOf } from '../../paths.ts';
import { stopPart } from '../../pids.ts';
import { makeBuckets, migrate, registerSchemas } from '../../prepare.ts';
import { failuresAfter, MAIN, nodeFlagsOf, restartDelayMs, urlOf } from '../../processes.ts';
import { kafkaProperties, kafkaService } from '../../services/kafka.ts';
import { fetchMlflow, mlflowService } from '../../services/mlflow.ts';
import { mysqlService } from '../../services/mysql.ts';
import { registryService } from '../../services/registry.ts';
import { s3Service } from '../../services/s3.ts';
import { logFileOf, openLog, startService, type Service } from '../../services/service.ts';
import { closeAtEnd } from '../../testing.ts';
import { createTopics } from '../../topics.ts';
import { openProxy, type Proxy } from '../proxy.ts';
import { PARTS, VICTIMS, type Part, type Victim } from './rows.ts';
import { openWrongBytes, type WrongBytes } from './wrongBytes.ts';

export type Place = {
  /** As the servers are reached without a proxy. */
  readonly context: Context; readonly registry: Registry; readonly publisher: Publisher;
  /** The broker, to start it again. */
  readonly kafka: Service;
  readonly proxy: (part: Part, victim: Victim) => Proxy;
  readonly urlOf: (victim: Victim) => string;
  /** How often each process has been started. */
  readonly starts: () => Readonly<Record<Victim, number>>;
  readonly startProcesses: () => void;
  /** Undefined while it is not running. */
  readonly pid: (victim: Victim) => number | undefined;
  /** What a process has logged since `from` characters of its log. */
  readonly logged: (victim: Victim, from?: number) => string;
  /** Only where the place is breakable: what S3 hands over, and how far the clock of a process is off. */
  readonly s3Bytes: WrongBytes;
  readonly clock: (victim: Victim, offsetMs: number) => void;
};
const BLOCK = 80;
const LISTENERS_FROM = 60;
const PROXIES_FROM = 20;
const DEADLINE_MS = 120_000;

export type PlaceOptions = {
  readonly name: string;
  /** Settings of the stack. */
  readonly env: Readonly<Record<string, string>>;
  /** Between which its ports are; two places that are opened side by side have others. */
  readonly ports: readonly [first: number, below: number];
  /** With an MLflow. */
  readonly mlflow: boolean;
  /** Clocks can be set, and bytes of S3 damaged. */
  readonly breakable: boolean;
  readonly corpus: string;
};
/** Everything ends with the test. */
export async function openPlace(t: TestContext, { name, env, ports: [first, below], mlflow, breakable, corpus }: PlaceOptions): Promise<Place> {
  const home = join(PROJECT_DIR, `.loop-faults-${name}`);
  await clearStack(pathsOf(home, '', undefined));
  const base = await freePortBase(first, below, BLOCK);
  const context = openContext({ ...cleanEnv(process.env), ...env, LOOP_HOME: home, LOOP_PORT_BASE: String(base), ...(mlflow ? { MLFLOW_TRACKING_URI: `http://127.0.0.1:${base + 7}` } : {}) }, { create: true });
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
  const kafka = proxiedKafka(await fetchKafka(cache, say));
  await start(kafka);
  await Promise.all([
    fetchRegistry(cache, say).then((at) => start(registryService(context, at))), fetchS3(cache, say).then((at) => start(s3Service(context, at))).then(() => makeBuckets(context)),
    fetchMysql(cache, say).then((at) => start(mysqlService(context, at))).then(() => migrate(context)), createTopics(context),
  ]);
  if (mlflow) await start(mlflowService(context, await fetchMlflow(cache, say)));
  const registry = openRegistry(settings);
  await registerSchemas(context, registry);

  const publisher = await createPublisher({ kafka: createKafka(settings, 'faults'), registry, settings });
  closeAtEnd(t, () => publisher.close());
  const s3Bytes = await openWrongBytes({ port: 0, to: ports.s3 });
  closeAtEnd(t, () => s3Bytes.close());
  const clocks = join(paths.home, 'clocks');
  mkdirSync(clocks, { recursive: true });

  const realPort: Readonly<Record<Exclude<Part, 'kafka'>, number>> = { registry: ports.registry, mysql: settings.mysqlPort, s3: breakable ? s3Bytes.port : ports.s3, mlflow: ports.mlflow };
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
    ...(breakable ? { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'clock.testing.ts')}`, FAULT_CLOCK_DIR: clocks } : {}),
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
    context, registry, publisher, kafka, s3Bytes, starts: () => ({ ...starts }), urlOf: (victim) => urlOf(settings, victim),
    pid: (victim) => children.get(victim)?.pid,
    logged: (victim, from = 0) => readFileSync(logFileOf(paths, victim), 'utf8').slice(from),
    clock: (victim, offsetMs) => writeFileSync(join(clocks, victim), String(offsetMs)),
    startProcesses: () => VICTIMS.forEach((victim) => run(victim, 0)),
    proxy(part, victim) {
      const found = proxies.get(`${part} ${victim}`);
      if (found === undefined) throw new Error(`no proxy for ${part} of ${victim}`);
      return found;
    },
  };
}
