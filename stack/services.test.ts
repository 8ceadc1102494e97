// What the servers are told, without starting one; and what a person reads when a port is taken.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openContext } from './context.ts';
import { ALERTMANAGER_FILE, alertmanagerConfig, alertmanagerService } from './services/alertmanager.ts';
import { mlflowService } from './services/mlflow.ts';
import { kafkaProperties } from './services/kafka.ts';
import { prometheusConfig } from './services/prometheus.ts';
import { registryService } from './services/registry.ts';
import { s3Service } from './services/s3.ts';
import { isPortFree, requireFreePorts, startService, type Service } from './services/service.ts';

function context(t: { after(done: () => void): void }): ReturnType<typeof openContext> {
  const home = mkdtempSync(join(tmpdir(), 'loop-home-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return openContext({ LOOP_HOME: home, LOOP_PORT_BASE: '41000' }, { create: true });
}

test('Kafka keeps offsets longer than the inputs, listens on loopback, creates no topic by itself', () => {
  const read = new Map(kafkaProperties(1234, 1235, '/data').trim().split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  assert.ok(Number(read.get('offsets.retention.minutes')) > 60 * 24 * 60);
  assert.equal(read.get('listeners'), 'PLAINTEXT://127.0.0.1:1234,CONTROLLER://127.0.0.1:1235');
  assert.equal(read.get('advertised.listeners'), 'PLAINTEXT://127.0.0.1:1234');
  assert.equal(read.get('auto.create.topics.enable'), 'false');
  assert.equal(read.get('transaction.state.log.min.isr'), '1');
});
test('Prometheus scrapes each process by its name every two seconds and tells Alertmanager', () => {
  const read = JSON.parse(prometheusConfig({ inference: 1, join: 2 }, 3)) as { global: { scrape_interval: string }; scrape_configs: unknown; alerting: unknown };
  assert.equal(read.global.scrape_interval, '2s');
  assert.deepEqual(read.scrape_configs, [
    { job_name: 'inference', static_configs: [{ targets: ['127.0.0.1:1'] }] },
    { job_name: 'join', static_configs: [{ targets: ['127.0.0.1:2'] }] },
  ]);
  assert.deepEqual(read.alerting, { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:3'] }] }] });
});
test('Alertmanager listens on loopback only, tells whom ALERT_WEBHOOK names, and its file is read by its owner only', async (t) => {
  const made = context(t);
  const { args } = await alertmanagerService(made, '/cache/bin').prepare();
  assert.ok(args.includes('--web.listen-address=127.0.0.1:41006') && args.includes('--cluster.listen-address='), args.join(' '));
  assert.equal(statSync(join(made.paths.home, 'alertmanager', 'alertmanager.yml')).mode & 0o777, 0o600);
  const text = readFileSync(ALERTMANAGER_FILE, 'utf8');
  assert.equal(alertmanagerConfig(text, ''), text);
  const told = alertmanagerConfig(text, "https://hooks.example/it's?a=$1");
  assert.ok(told.includes('  receiver: webhook\n') && told.includes(`url: "https://hooks.example/it's?a=$1"`), told);
});
test('S3 gets its keys in a file only its owner can read, none on the command line', async (t) => {
  const made = context(t);
  const command = await s3Service(made, '/cache/s3').prepare();
  const file = readFileSync(join(made.paths.home, 's3', 's3proxy.conf'), 'utf8');
  assert.ok(file.includes(`s3proxy.credential=${made.secrets.s3SecretKey}\n`));
  assert.ok(file.includes('s3proxy.endpoint=http://127.0.0.1:41004\n'));
  assert.ok(!command.args.join(' ').includes(made.secrets.s3SecretKey));
});
test('MLflow listens on loopback, keeps its tables in MySQL and artifacts in S3, and no password on the command line', async (t) => {
  const made = context(t);
  const { args, env = {} } = await mlflowService(made, '/cache/mlflow/bin').prepare();
  assert.equal(args[args.indexOf('--host') + 1], '127.0.0.1');
  assert.equal(args[args.indexOf('--port') + 1], '41007');
  assert.equal(env['_MLFLOW_SERVER_FILE_STORE'], `mysql+pymysql://loop:${made.secrets.mysqlPassword}@127.0.0.1:41003/mlflow`);
  assert.deepEqual([env['_MLFLOW_SERVER_ARTIFACT_ROOT'], env['MLFLOW_S3_ENDPOINT_URL'], env['MLFLOW_DISABLE_TELEMETRY']], ['s3://mlflow', 'http://127.0.0.1:41004', 'true']);
  for (const secret of [made.secrets.mysqlPassword, made.secrets.s3SecretKey]) assert.ok(!args.join(' ').includes(secret));
});
test('the registry names the folder that is broken', (t) => {
  const made = context(t);
  const empty = mkdtempSync(join(tmpdir(), 'loop-empty-'));
  t.after(() => rmSync(empty, { recursive: true }));
  assert.throws(() => void registryService(made, empty).prepare(), { code: 'archive_missing' });
});

test('a taken port is refused with the port, the part and the setting to change', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.equal(await isPortFree(port), false);
  await assert.rejects(requireFreePorts('mysql', [{ number: port, env: 'MYSQL_PORT' }]), (error: Error) => {
    for (const word of [String(port), 'mysql', 'MYSQL_PORT', 'LOOP_PORT_BASE']) assert.ok(error.message.includes(word), `${word} in: ${error.message}`);
    return true;
  });
});
test('a port that is given up a moment later is waited for', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const free = requireFreePorts('mysql', [{ number: (server.address() as AddressInfo).port, env: 'MYSQL_PORT' }]);
  await new Promise((resolve) => setImmediate(resolve));
  server.close();
  await free;
});
test('a server that dies while starting is told with the end of its log; a second start is a first one', async (t) => {
  const { paths } = context(t);
  const service: Service = { name: 'toy', ports: [], prepare: () => Promise.resolve({ program: process.execPath, args: ['-e', "console.error('no such disk');process.exit(3)"] }), healthy: () => Promise.resolve(false) };
  await assert.rejects(startService(paths, service, 5000, () => false), { code: 'service_failed', message: /toy ended while starting[\s\S]*no such disk/ });
  assert.deepEqual(existsSync(paths.run) ? readdirSync(paths.run).filter((name) => name.startsWith('toy')) : [], []);
});
