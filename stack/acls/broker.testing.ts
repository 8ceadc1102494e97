// A broker that lets in nobody without a login over TLS and a right for what is asked: KRaft's StandardAuthorizer, SCRAM users, ACLs from schemas/acls.ts. The plain listener is the setter-up's own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import kafkajs from 'kafkajs';
import { createKafka } from '../../producers/kafka.ts';
import { makeCertificates } from '../../producers/tls.testing.ts';
import { aclsOf, PRINCIPALS, type Operation, type Principal } from '../../schemas/acls.ts';
import { readSettings, type Settings } from '../../schemas/settings.ts';
import { readSecretFile } from '../../producers/secretFile.ts';
import { openContext, type Context, type Env } from '../context.ts';
import { fetchKafka, runProgram } from '../fetch.ts';
import { cleanEnv } from '../ownStack.ts';
import { stopPart } from '../pids.ts';
import { JVM, kafkaProperties, kafkaService } from '../services/kafka.ts';
import { startService } from '../services/service.ts';
import { closeAtEnd, type Bench } from '../testing.ts';

export type Guarded = { readonly context: Context; /** of a process that logs in as this user; its password comes from a file */ readonly envOf: (principal: Principal) => Env; readonly as: (principal: Principal, change?: Record<string, string>) => Settings };
const PORTS_FROM = 40;
const SASL_PORT = 8;
const userOf = (principal: Principal): string => `loop-${principal}`;
const { AclOperationTypes: OPERATION, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const OPERATIONS: Readonly<Record<Operation, number>> = { Read: OPERATION.READ, Write: OPERATION.WRITE, Delete: OPERATION.DELETE, Create: OPERATION.CREATE, Describe: OPERATION.DESCRIBE, DescribeConfigs: OPERATION.DESCRIBE_CONFIGS, Alter: OPERATION.ALTER, AlterConfigs: OPERATION.ALTER_CONFIGS };
const RESOURCES = { topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP, transactionalId: AclResourceTypes.TRANSACTIONAL_ID };

export async function openGuarded(t: TestContext, bench: Bench, settings: Readonly<Record<string, string>>): Promise<Guarded> {
  const dir = mkdtempSync(join(tmpdir(), 'loop-acls-'));
  closeAtEnd(t, () => rmSync(dir, { recursive: true, force: true }));
  const base = bench.settings.portBase + PORTS_FROM;
  const { mysqlPort, mysqlPassword, s3Endpoint, s3AccessKey, s3SecretKey, registryUrl } = bench.settings;
  // Everything but Kafka is the tests' own stack.
  const borrowed = { MYSQL_PORT: String(mysqlPort), MYSQL_PASSWORD: mysqlPassword, S3_ENDPOINT: s3Endpoint, S3_ACCESS_KEY: s3AccessKey, S3_SECRET_KEY: s3SecretKey, REGISTRY_URL: registryUrl };
  const context = openContext({ ...cleanEnv(process.env), ...borrowed, ...settings, LOOP_HOME: dir, LOOP_PORT_BASE: String(base) }, { create: true });
  const certificates = makeCertificates(dir);
  const home = await fetchKafka(context.paths.cache, () => undefined);
  const word = (principal: Principal): string => `word-of-${principal}`;
  const sasl = base + SASL_PORT;
  closeAtEnd(t, () => stopPart(context.paths.run, 'kafka', 15_000));
  await startService(context.paths, {
    ...kafkaService(context, home),
    async prepare() {
      const data = join(context.paths.home, 'kafka');
      mkdirSync(data);
      const file = join(data, 'server.properties');
      writeFileSync(file, kafkaProperties(context.ports.kafka, context.ports.kafkaController, join(data, 'data')) + [
        `listeners=PLAINTEXT://127.0.0.1:${context.ports.kafka},CONTROLLER://127.0.0.1:${context.ports.kafkaController},SASL_SSL://127.0.0.1:${sasl}`,
        `advertised.listeners=PLAINTEXT://127.0.0.1:${context.ports.kafka},SASL_SSL://127.0.0.1:${sasl}`,
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
        'ssl.keystore.type=PEM', `ssl.keystore.location=${certificates.server.both}`, 'ssl.truststore.type=PEM', `ssl.truststore.location=${certificates.ca}`,
        'sasl.enabled.mechanisms=SCRAM-SHA-512', 'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;',
        'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer', 'super.users=User:ANONYMOUS', '',
      ].join('\n'));
      const scram = PRINCIPALS.flatMap((one) => ['--add-scram', `SCRAM-SHA-512=[name=${userOf(one)},password=${word(one)}]`]);
      await runProgram('java', [...JVM, '-cp', join(home, 'lib', '*'), 'kafka.tools.StorageTool', 'format', `--cluster-id=${context.secrets.kafkaClusterId}`, '-c', file, '--ignore-formatted', ...scram]);
      return { program: 'java', args: ['-Xmx384m', ...JVM, '-cp', join(home, 'lib', '*'), 'kafka.Kafka', file] };
    },
  }, 60_000, () => false);
  const admin = createKafka(context.settings, 'acls').admin();
  await admin.connect();
  await admin.createAcls({
    acl: PRINCIPALS.flatMap((one) => aclsOf(one).flatMap(({ type, name, patternType, operations }) => operations.map((operation) => ({
      resourceType: RESOURCES[type], resourceName: name, resourcePatternType: patternType === 'prefix' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL, principal: `User:${userOf(one)}`, host: '*', operation: OPERATIONS[operation], permissionType: AclPermissionTypes.ALLOW,
    })))),
  });
  await admin.disconnect();
  const envOf = (principal: Principal): Env => {
    const file = join(dir, `password-of-${principal}`);
    writeFileSync(file, `${word(principal)}\n`, { mode: 0o600 });
    return { ...context.env, KAFKA_BOOTSTRAP: `127.0.0.1:${sasl}`, KAFKA_TLS: 'on', KAFKA_CA_FILE: certificates.ca, KAFKA_SASL: 'scram-sha-512', KAFKA_USER: userOf(principal), KAFKA_PASSWORD_FILE: file };
  };
  return { context, envOf, as: (principal, change = {}) => readSettings({ ...envOf(principal), ...change }, readSecretFile) };
}
