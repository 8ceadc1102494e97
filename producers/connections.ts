// How Kafka, MySQL, S3 and the schema registry are reached: addresses, TLS, mutual TLS and credentials, from the settings, for every process and verb. Nobody else builds these options
// (a test looks). Certificates are read whenever a client is made, so a renewed one is used by the next client.
import { readFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import type { KafkaConfig } from 'kafkajs';
import type { ClientOptions } from 'minio';
import { fatal, messageOf } from '../schemas/failure.ts';
import { createRegistry, type Fetch, type Registry } from '../schemas/registry.ts';
import { TABLE, type Settings } from '../schemas/settingTable.ts';
import { heardAgent, S3_SILENT_MS } from './heardFrom.ts';

type FileSetting = { readonly [K in keyof Settings]: K extends `${string}File` ? K : never }[keyof Settings];
/** The content of the file that a setting names; undefined when it names none. Throws fatal `no_certificate`. */
function pemOf(settings: Settings, name: FileSetting): string | undefined {
  const file = settings[name];
  if (file === '') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw fatal('no_certificate', `${TABLE[name].env} names ${file}, which cannot be read (${messageOf(cause)})`, { cause });
  }
}
type Tls = { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly minVersion: 'TLSv1.2' };
/** Without a CA file: the CAs Node trusts. A certificate of our own only where one is asked for. */
function tlsOf(settings: Settings, caFile: FileSetting, certFile?: FileSetting, keyFile?: FileSetting): Tls {
  const [ca, cert, key] = [pemOf(settings, caFile), certFile && pemOf(settings, certFile), keyFile && pemOf(settings, keyFile)];
  return { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }), minVersion: 'TLSv1.2' };
}

/** Brokers, and how one is made sure of them and they of us. */
export function kafkaConnection(settings: Settings): Pick<KafkaConfig, 'brokers' | 'ssl' | 'sasl'> {
  const { kafkaBootstrap, kafkaTls, kafkaSasl, kafkaUser: username, kafkaPassword: password } = settings;
  return {
    brokers: kafkaBootstrap.split(','),
    ...(kafkaTls === 'on' ? { ssl: tlsOf(settings, 'kafkaCaFile', 'kafkaCertFile', 'kafkaKeyFile') } : {}),
    ...(kafkaSasl === 'none' ? {} : { sasl: { mechanism: kafkaSasl, username, password } as KafkaConfig['sasl'] & object }),
  };
}

/** What the MySQL client wants to know. With TLS the certificate must name the host. */
export function mysqlOptions(settings: Settings) {
  const { mysqlHost: host, mysqlPort: port, mysqlUser: user, mysqlPassword: password, mysqlDatabase: database } = settings;
  return { host, port, user, password, database, ...(settings.mysqlTls === 'on' ? { ssl: { ...tlsOf(settings, 'mysqlCaFile', 'mysqlCertFile', 'mysqlKeyFile'), rejectUnauthorized: true, verifyIdentity: true } } : {}) };
}

/** What the S3 client wants to know. */
export function s3Options(settings: Settings): ClientOptions {
  const match = /^(https?):\/\/([^:/]+)(?::(\d+))?/.exec(settings.s3Endpoint);
  if (match === null) throw fatal('bad_settings', `S3_ENDPOINT must look like http://host:port, is '${settings.s3Endpoint}'`);
  const useSSL = match[1] === 'https';
  return {
    endPoint: match[2] ?? '', port: Number(match[3] ?? (useSSL ? 443 : 80)), useSSL, accessKey: settings.s3AccessKey, secretKey: settings.s3SecretKey, region: 'us-east-1', pathStyle: true,
    transportAgent: heardAgent(`S3 at ${settings.s3Endpoint}`, useSSL ? tlsOf(settings, 's3CaFile') : undefined, S3_SILENT_MS),
  };
}

/** fetch as the registry's client uses it (a method, headers, a text, an end), over TLS with a CA of one's own: Node's own fetch takes none. */
function fetchOver(agent: Agent): Fetch {
  return (input, init = {}) => new Promise((resolve, reject) => {
    const { method = 'GET', headers, body, signal } = init;
    const asked = httpsRequest(input instanceof Request ? input.url : input, { agent, method, headers: Object.fromEntries(new Headers(headers)), ...(signal ? { signal } : {}) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve(new Response(answer.statusCode === 204 ? null : Buffer.concat(chunks), { status: answer.statusCode ?? 500 })));
      answer.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(typeof body === 'string' ? body : undefined);
  });
}
export function openRegistry(settings: Settings): Registry {
  const { registryUrl, registryUser, registryPassword } = settings;
  const plain: Fetch = registryUrl.startsWith('https:') && settings.registryCaFile !== '' ? fetchOver(new Agent({ ...tlsOf(settings, 'registryCaFile'), keepAlive: true })) : fetch;
  if (registryUser === '') return createRegistry(registryUrl, plain);
  const authorization = `Basic ${Buffer.from(`${registryUser}:${registryPassword}`).toString('base64')}`;
  return createRegistry(registryUrl, (input, init) => plain(input, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization } }));
}
