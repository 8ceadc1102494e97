// The servers: fetched, started and checked in parallel; stopped in the order in which they need each other.
import { fetchAlertmanager, fetchKafka, fetchMysql, fetchPrometheus, fetchRegistry, fetchS3, checkJava, type Say } from './fetch.ts';
import { runsMlflow, type Context } from './context.ts';
import { stopPart } from './pids.ts';
import { alertmanagerService } from './services/alertmanager.ts';
import { fetchMlflow, mlflowService } from './services/mlflow.ts';
import { kafkaService } from './services/kafka.ts';
import { mysqlService } from './services/mysql.ts';
import { prometheusService } from './services/prometheus.ts';
import { registryService } from './services/registry.ts';
import { s3Service } from './services/s3.ts';
import { startService, type Service } from './services/service.ts';

export const SERVICES = ['kafka', 'registry', 'mysql', 's3', 'prometheus', 'alertmanager', 'mlflow'] as const;
export type ServiceName = (typeof SERVICES)[number];
/** Those this stack runs: MLflow only where it is wanted. */
export const servicesOf = ({ settings }: Pick<Context, 'settings'>): readonly ServiceName[] => SERVICES.filter((name) => name !== 'mlflow' || runsMlflow(settings));
export type Starting = Readonly<Record<ServiceName, Promise<void>>>;
const DEADLINE_MS = 240_000;

/** Begins to start all; each promise resolves when that one is healthy, rejects with what a person should read. */
export function startServices(context: Context, say: Say, aborted: () => boolean, onStarted: (name: string) => void = () => undefined): Starting {
  const { cache } = context.paths;
  const up = async (fetchHome: Promise<string>, make: (context: Context, home: string) => Service, after: Promise<unknown> = Promise.resolve()): Promise<void> => {
    const home = await fetchHome;
    await after;
    const started = performance.now();
    const service = make(context, home);
    const how = await startService(context.paths, service, DEADLINE_MS, aborted, () => onStarted(service.name));
    say(`${service.name} ${how === 'started' ? `up in ${((performance.now() - started) / 1000).toFixed(1)} s` : how}`);
  };
  // The registry waits for Kafka by itself; starting it after Kafka would cost seconds.
  const java = checkJava();
  java.catch(() => undefined);
  const kafka = up(fetchKafka(cache, say), kafkaService, java);
  const mysql = up(fetchMysql(cache, say), mysqlService);
  const s3 = up(fetchS3(cache, say), s3Service, java);
  return {
    kafka,
    registry: up(fetchRegistry(cache, say), registryService, java),
    mysql,
    s3,
    prometheus: up(fetchPrometheus(cache, say), prometheusService),
    alertmanager: up(fetchAlertmanager(cache, say), alertmanagerService),
    // Its tables are in MySQL, its artifacts in S3.
    mlflow: runsMlflow(context.settings) ? up(fetchMlflow(cache, say), mlflowService, Promise.all([mysql, s3])) : Promise.resolve(),
  };
}

/** Kafka goes last: the registry's storage is in it. `which`: only these. */
export async function stopServices(context: Context, say: Say, which: (name: ServiceName) => boolean = () => true): Promise<void> {
  const stop = async (name: ServiceName): Promise<void> => {
    if (!which(name)) return;
    const how = await stopPart(context.paths.run, name, name === 'registry' ? 5_000 : 20_000);
    if (how !== 'not running') say(`${name} ${how}`);
  };
  await Promise.all(SERVICES.filter((name) => name !== 'kafka').map(stop));
  await stop('kafka');
}
