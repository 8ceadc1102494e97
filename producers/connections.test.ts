import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { subjectOf } from '../schemas/topics.ts';
import { readSettings } from '../schemas/settings.ts';
import { PROJECT_DIR } from '../stack/paths.ts';
import { closeAtEnd } from '../stack/testing.ts';
import { kafkaConnection, mysqlOptions, openRegistry, s3Options } from './connections.ts';
import { makeCertificates } from './tls.testing.ts';

function certificates(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'loop-tls-'));
  closeAtEnd(t, () => rmSync(dir, { recursive: true }));
  return makeCertificates(dir);
}
test('as nothing is set, nothing is encrypted and nobody logs in', () => {
  const settings = readSettings({});
  assert.deepEqual(kafkaConnection(settings), { brokers: ['127.0.0.1:17000'] });
  assert.ok(!('ssl' in mysqlOptions(settings)) && s3Options(settings).useSSL === false);
});
test('what is set reaches each client: authority, own certificate, user', (t) => {
  const { ca, client } = certificates(t);
  const pem = (file: string): string => readFileSync(file, 'utf8');
  const tls = { ca: pem(ca), cert: pem(client.cert), key: pem(client.key), minVersion: 'TLSv1.2' };
  const settings = readSettings({
    KAFKA_BOOTSTRAP: 'a:1,b:2', KAFKA_TLS: 'on', KAFKA_CA_FILE: ca, KAFKA_CERT_FILE: client.cert, KAFKA_KEY_FILE: client.key, KAFKA_SASL: 'scram-sha-512', KAFKA_USER: 'loop', KAFKA_PASSWORD: 'word',
    MYSQL_TLS: 'on', MYSQL_CA_FILE: ca, MYSQL_CERT_FILE: client.cert, MYSQL_KEY_FILE: client.key, S3_ENDPOINT: 'https://s3.example', S3_CA_FILE: ca,
  });
  assert.deepEqual(kafkaConnection(settings), { brokers: ['a:1', 'b:2'], ssl: tls, sasl: { mechanism: 'scram-sha-512', username: 'loop', password: 'word' } });
  assert.deepEqual(Reflect.get(mysqlOptions(settings), 'ssl'), { ...tls, rejectUnauthorized: true, verifyIdentity: true });
  const { useSSL, port, transportAgent } = s3Options(settings);
  assert.deepEqual([useSSL, port, transportAgent instanceof Agent && transportAgent.options.ca], [true, 443, tls.ca]);
});
test('TLS without files trusts what Node trusts', () => {
  const settings = readSettings({ KAFKA_TLS: 'on', MYSQL_TLS: 'on', S3_ENDPOINT: 'https://s3.example:9' });
  assert.deepEqual([kafkaConnection(settings).ssl, s3Options(settings).transportAgent instanceof Agent, s3Options(settings).port], [{ minVersion: 'TLSv1.2' }, true, 9]);
});
const WRONG: [env: Record<string, string>, says: RegExp][] = [
  [{ KAFKA_SASL: 'plain', KAFKA_USER: 'loop' }, /KAFKA_SASL=plain sends the password as it is: set KAFKA_TLS=on/],
  [{ KAFKA_SASL: 'scram-sha-256' }, /KAFKA_USER is empty, and KAFKA_SASL is scram-sha-256/],
  [{ KAFKA_CA_FILE: '/x' }, /KAFKA_TLS is off, but KAFKA_CA_FILE is set/],
  [{ MYSQL_CERT_FILE: '/x', MYSQL_KEY_FILE: '/y' }, /MYSQL_TLS is off, but MYSQL_CERT_FILE is set/],
  [{ KAFKA_TLS: 'on', KAFKA_CERT_FILE: '/x' }, /KAFKA_KEY_FILE is empty, and a certificate needs its key/],
  [{ KAFKA_TLS: 'yes' }, /KAFKA_TLS must be one of off, on/],
];
for (const [env, says] of WRONG) test(`refused at the start: ${JSON.stringify(env)}`, () => assert.throws(() => readSettings(env), says));
test('a certificate that cannot be read is named with its setting', () => assert.throws(() => kafkaConnection(readSettings({ KAFKA_TLS: 'on', KAFKA_CA_FILE: '/nowhere.pem' })), /KAFKA_CA_FILE names \/nowhere.pem, which cannot be read/));

test('a registry over https with a password: its own authority is asked for, another one is refused, and so is no password', async (t) => {
  const { ca, otherCa, server } = certificates(t);
  const asked: string[] = [];
  const registry = createServer({ cert: readFileSync(server.cert), key: readFileSync(server.key) }, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''} ${body.slice(0, 12)}`);
      const known = request.headers.authorization === `Basic ${Buffer.from('loop:word').toString('base64')}`;
      response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(known ? { id: 7 } : { message: 'who?' }));
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  closeAtEnd(t, () => new Promise((resolve) => registry.close(resolve)));
  closeAtEnd(t, () => registry.closeAllConnections());
  const REGISTRY_URL = `https://localhost:${(registry.address() as AddressInfo).port}/base`;
  const open = (env: Record<string, string>) => openRegistry(readSettings({ REGISTRY_URL, REGISTRY_USER: 'loop', REGISTRY_PASSWORD: 'word', REGISTRY_CA_FILE: ca, ...env })).idOf('models');
  assert.equal(await open({}), 7);
  assert.deepEqual(asked, [`POST /base/subjects/${subjectOf('models')} {"schema":"{`]);
  await assert.rejects(open({ REGISTRY_PASSWORD: 'guess' }), { code: 'schema_missing' });
  await assert.rejects(open({ REGISTRY_CA_FILE: otherCa }), { code: 'registry_unavailable' });
  await assert.rejects(open({ REGISTRY_CA_FILE: '' }), { code: 'registry_unavailable' });
});

test('the options of every connection are built here: nobody makes a client in another way', () => {
  // What is built here is taken out; nothing like it may be left.
  const makers: [rightly: RegExp, any: RegExp][] = [
    [/new kafkajs\.Kafka\(\{\s+clientId,\s+\.\.\.kafkaConnection\(settings\)/g, /kafkajs\.Kafka\(/], [/new Minio\(s3Options\(\w+\)\)/g, /new Minio\(/],
    [/mysql\.create(?:Pool|Connection)\((?:\{ \.\.\.)?mysqlOptions\(/g, /create(?:Pool|Connection)\(/], [/openRegistry\(/g, /\bcreateRegistry\(/],
  ];
  const files = globSync('{producers,consumers,trainer,inference}/**/*.ts', { cwd: PROJECT_DIR }).filter((file) => !/\.test\.ts$|\.testing\.ts$/.test(file) && !file.endsWith('producers/connections.ts'));
  let found = 0;
  for (const file of files) {
    const text = readFileSync(join(PROJECT_DIR, file), 'utf8');
    for (const [rightly, any] of makers) {
      found += text.match(rightly)?.length ?? 0;
      assert.ok(!any.test(text.replace(rightly, '')), `${file}: ${String(any)}`);
    }
  }
  assert.ok(found > 8, `only ${found} connections found`);
});
