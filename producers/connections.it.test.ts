// TLS, mutual TLS and logins against the real servers, started here with certificates of their own: what is right gets in, everything else does not.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { createReadObject } from '../consumers/objects.ts';
import { follow } from '../consumers/follow.ts';
import { readSettings, type Settings } from '../schemas/settings.ts';
import { TABLE } from '../schemas/settingTable.ts';
import { openContext, type Context } from '../stack/context.ts';
import { fetchKafka, fetchMysql, fetchS3, runProgram } from '../stack/fetch.ts';
import { stopPart } from '../stack/pids.ts';
import { makeBuckets, migrate } from '../stack/prepare.ts';
import { createTopics } from '../stack/topics.ts';
import { JVM, kafkaProperties, kafkaService } from '../stack/services/kafka.ts';
import { mysqlService } from '../stack/services/mysql.ts';
import { s3Service } from '../stack/services/s3.ts';
import { startService, type Service } from '../stack/services/service.ts';
import { aPrediction, closeAtEnd, openBench, until } from '../stack/testing.ts';
import { mysqlOptions, s3Options } from './connections.ts';
import { createKafka, silent } from './kafka.ts';
import { createPublisher } from './publisher.ts';
import { makeCertificates, type Certificates } from './tls.testing.ts';
import { createTransactor } from './transaction.ts';

const PORTS_FROM = 40;
type Place = { readonly context: Context; readonly certificates: Certificates; readonly settings: (env: Record<string, string>) => Settings; readonly start: (service: Service) => Promise<void>; readonly port: (offset: number) => number };
function openPlace(t: TestContext, portBase: number, part: string): Place {
  const dir = mkdtempSync(join(tmpdir(), `loop-secure-${part}-`));
  closeAtEnd(t, () => rmSync(dir, { recursive: true, force: true }));
  const ours = new Set<string>(Object.values(TABLE).map((setting) => setting.env));
  const rest = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.has(name) || name === 'LOOP_CACHE'));
  const base = portBase + PORTS_FROM;
  const context = openContext({ ...rest, LOOP_HOME: dir, LOOP_PORT_BASE: String(base), PARTITIONS: '1' }, { create: true });
  return {
    context, certificates: makeCertificates(dir), port: (offset) => base + offset,
    settings: (env) => readSettings({ ...context.env, ...env }),
    async start(service) {
      closeAtEnd(t, () => stopPart(context.paths.run, service.name, 15_000));
      await startService(context.paths, service, 60_000, () => false);
    },
  };
}

test('Kafka: logins over TLS and certificates of our own; events, transactions and groups go through', async (t) => {
  const bench = await openBench(t);
  const { context, certificates, settings, start, port } = openPlace(t, bench.settings.portBase, 'kafka');
  const home = await fetchKafka(context.paths.cache, () => undefined);
  const [sasl, mutual] = [port(8), port(9)];
  const dir = join(context.paths.home, 'kafka');
  const jaas = (mechanism: string, module: string): string => `listener.name.sasl_ssl.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${module};`;
  await start({
    ...kafkaService(context, home),
    async prepare() {
      mkdirSync(dir);
      const file = join(dir, 'server.properties');
      writeFileSync(file, kafkaProperties(context.ports.kafka, context.ports.kafkaController, join(dir, 'data')) + [
        `listeners=PLAINTEXT://127.0.0.1:${context.ports.kafka},CONTROLLER://127.0.0.1:${context.ports.kafkaController},SASL_SSL://127.0.0.1:${sasl},SSL://127.0.0.1:${mutual}`,
        `advertised.listeners=PLAINTEXT://127.0.0.1:${context.ports.kafka},SASL_SSL://127.0.0.1:${sasl},SSL://127.0.0.1:${mutual}`,
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL',
        'ssl.keystore.type=PEM', `ssl.keystore.location=${certificates.server.both}`, 'ssl.truststore.type=PEM', `ssl.truststore.location=${certificates.ca}`, 'listener.name.ssl.ssl.client.auth=required',
        'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512', jaas('plain', 'plain.PlainLoginModule required user_loop="word"'), jaas('scram-sha-256', 'scram.ScramLoginModule required'), jaas('scram-sha-512', 'scram.ScramLoginModule required'), '',
      ].join('\n'));
      const scram = ['256', '512'].flatMap((bits) => ['--add-scram', `SCRAM-SHA-${bits}=[name=loop,password=word]`]);
      await runProgram('java', [...JVM, '-cp', join(home, 'lib', '*'), 'kafka.tools.StorageTool', 'format', `--cluster-id=${context.secrets.kafkaClusterId}`, '-c', file, '--ignore-formatted', ...scram]);
      return { program: 'java', args: ['-Xmx384m', ...JVM, '-cp', join(home, 'lib', '*'), 'kafka.Kafka', file] };
    },
  });
  const login = (mechanism: string, change: Record<string, string> = {}): Settings => settings({ KAFKA_BOOTSTRAP: `127.0.0.1:${sasl}`, KAFKA_TLS: 'on', KAFKA_CA_FILE: certificates.ca, KAFKA_SASL: mechanism, KAFKA_USER: 'loop', KAFKA_PASSWORD: 'word', ...change });
  const certificate = (change: Record<string, string> = {}): Settings => settings({ KAFKA_BOOTSTRAP: `127.0.0.1:${mutual}`, KAFKA_TLS: 'on', KAFKA_CA_FILE: certificates.ca, KAFKA_CERT_FILE: certificates.client.cert, KAFKA_KEY_FILE: certificates.client.key, ...change });
  const topics = async (with_: Settings): Promise<number> => {
    const admin = createKafka(with_, 'secure', silent, 1).admin();
    try {
      await admin.connect();
      return (await admin.listTopics()).length;
    } finally {
      await admin.disconnect();
    }
  };
  const secured = login('scram-sha-512');
  // Where an operator makes the topics we only look.
  await assert.rejects(createTopics({ settings: secured }, 'refuse'), { code: 'topics_missing', kind: 'transient' });
  await createTopics({ settings: secured });
  await createTopics({ settings: secured }, 'refuse');
  for (const right of [login('plain'), login('scram-sha-256'), secured, certificate()]) assert.ok((await topics(right)) >= 9);
  const wrong: [name: string, settings: Settings][] = [
    ['another password', login('scram-sha-512', { KAFKA_PASSWORD: 'guess' })], ['another password, plain', login('plain', { KAFKA_PASSWORD: 'guess' })], ['an authority that did not sign', login('plain', { KAFKA_CA_FILE: certificates.otherCa })],
    ['the authorities Node trusts', login('plain', { KAFKA_CA_FILE: '' })], ['no TLS', login('scram-sha-512', { KAFKA_TLS: 'off', KAFKA_CA_FILE: '' })], ['no login', login('none')], ['no certificate of our own', certificate({ KAFKA_CERT_FILE: '', KAFKA_KEY_FILE: '' })],
  ];
  for (const [name, one] of wrong) await assert.rejects(topics(one), `${name} must not get in`);

  // What our processes do with a connection: the plain producer, a transaction, a follower's group.
  const { registry } = bench;
  const publisher = await createPublisher({ kafka: createKafka(secured, 'secure'), registry, settings: secured });
  closeAtEnd(t, () => publisher.close());
  await publisher.send([{ topic: 'predictions', key: 'plain', value: aPrediction('plain', 'v1') }]);
  const transactor = await createTransactor({ kafka: createKafka(secured, 'secure-transaction'), registry, settings: secured, transactionalId: randomUUID() });
  closeAtEnd(t, () => transactor.close());
  await transactor.run({ messages: [{ topic: 'predictions', key: 'transaction', value: aPrediction('transaction', 'v1') }] });
  const seen: string[] = [];
  const following = await follow({
    settings: certificate(), clientId: 'secure', log: silent, topics: ['predictions'],
    async onBatch(records) {
      for (const { value } of records) if (value !== null) seen.push((await registry.decode('predictions', value)).prediction_id);
    },
    onFatal: (error) => {
      throw error;
    },
  });
  closeAtEnd(t, () => following.stop());
  await until('both events are read over mutual TLS', () => (seen.length === 2 ? true : undefined));
  assert.deepEqual(seen, ['plain', 'transaction']);
});

test('MySQL: TLS, and a certificate of our own where the user needs one', async (t) => {
  const bench = await openBench(t);
  const { context, certificates, settings, start } = openPlace(t, bench.settings.portBase, 'mysql');
  const service = mysqlService(context, await fetchMysql(context.paths.cache, () => undefined));
  const secured = settings({ MYSQL_HOST: 'localhost', MYSQL_TLS: 'on', MYSQL_CA_FILE: certificates.ca });
  const cipher = async (with_: Settings): Promise<string> => {
    const db = await mysql.createConnection({ ...mysqlOptions(with_), connectTimeout: 3000 });
    try {
      const [rows] = await db.query<mysql.RowDataPacket[]>("SHOW STATUS LIKE 'Ssl_cipher'");
      return String(rows[0]?.['Value']);
    } finally {
      await db.end();
    }
  };
  await start({
    ...service,
    async prepare() {
      const { program, args } = await service.prepare();
      appendFileSync(join(context.paths.home, 'mysql', 'init.sql'), "CREATE OR REPLACE USER 'certified'@'127.0.0.1' IDENTIFIED BY 'word' REQUIRE X509;\nGRANT ALL ON `job_db`.* TO 'certified'@'127.0.0.1';\n");
      return { program, args: [...args.filter((arg) => arg !== '--skip-ssl'), `--ssl-ca=${certificates.ca}`, `--ssl-cert=${certificates.server.cert}`, `--ssl-key=${certificates.server.key}`, '--require-secure-transport=ON'] };
    },
    healthy: () => cipher(secured).then(() => true, () => false),
  });
  await migrate({ settings: secured });
  assert.match(await cipher(secured), /AES|CHACHA/);
  const certified = { MYSQL_USER: 'certified', MYSQL_PASSWORD: 'word', MYSQL_HOST: 'localhost', MYSQL_TLS: 'on', MYSQL_CA_FILE: certificates.ca };
  assert.match(await cipher(settings({ ...certified, MYSQL_CERT_FILE: certificates.client.cert, MYSQL_KEY_FILE: certificates.client.key })), /AES|CHACHA/);
  const wrong: [name: string, settings: Settings][] = [
    ['no TLS', settings({ MYSQL_HOST: 'localhost' })], ['an authority that did not sign', settings({ MYSQL_HOST: 'localhost', MYSQL_TLS: 'on', MYSQL_CA_FILE: certificates.otherCa })], ['no certificate of our own', settings(certified)],
  ];
  for (const [name, one] of wrong) await assert.rejects(cipher(one), `${name} must not get in`);
});

test('S3: TLS', async (t) => {
  const bench = await openBench(t);
  const { context, certificates, settings, start, port } = openPlace(t, bench.settings.portBase, 's3');
  const service = s3Service(context, await fetchS3(context.paths.cache, () => undefined));
  const S3_ENDPOINT = `https://127.0.0.1:${port(16)}`;
  const secured = settings({ S3_ENDPOINT, S3_CA_FILE: certificates.ca });
  await start({
    ...service,
    async prepare() {
      const command = await service.prepare();
      appendFileSync(join(context.paths.home, 's3', 's3proxy.conf'), `s3proxy.secure-endpoint=${S3_ENDPOINT}\ns3proxy.keystore-path=${certificates.p12}\ns3proxy.keystore-password=${certificates.password}\n`);
      return command;
    },
  });
  await until('buckets are made over TLS', () => makeBuckets({ settings: secured }).then(() => true, () => undefined));
  await new Minio(s3Options(secured)).putObject('dataset', 'a.csv', 'over TLS');
  assert.equal((await createReadObject(secured)('s3://dataset/a.csv')).toString(), 'over TLS');
  for (const change of [{ S3_CA_FILE: certificates.otherCa }, { S3_CA_FILE: '' }]) await assert.rejects(createReadObject(settings({ S3_ENDPOINT, ...change }))('s3://dataset/a.csv'), { code: 's3_unavailable' });
});
