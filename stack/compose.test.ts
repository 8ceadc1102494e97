// docker-compose.yml and the image: pinned, without root, without a secret, on loopback only; our processes get settings that exist, and the image holds whatever they import.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readSettings } from '../schemas/settings.ts';
import { SECRET_NAMES, SETTING_NAMES } from '../schemas/settingTable.ts';
import { composeEnv, SECRET_FILES } from './composeEnv.ts';
import { PROJECT_DIR } from './paths.ts';
import { MAIN, MEMORY_ENV, nodeFlagsOf, portOf, PROCESSES } from './processes.ts';
import { MLFLOW_PACKAGES } from './services/mlflow.ts';

type ComposeService = {
  readonly image?: string; readonly build?: string | { readonly dockerfile_inline: string }; readonly user?: string; readonly read_only?: boolean; readonly cap_drop?: readonly string[]; readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>; readonly command?: string; readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>; readonly healthcheck?: { readonly test?: readonly string[] };
  readonly volumes?: readonly string[]; readonly secrets?: readonly string[];
};
type Compose = { readonly services: Readonly<Record<string, ComposeService>>; readonly volumes: Readonly<Record<string, unknown>>; readonly secrets: Readonly<Record<string, { readonly file: string }>> };
const text = readFileSync(join(PROJECT_DIR, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const dockerfile = readFileSync(join(PROJECT_DIR, 'Dockerfile'), 'utf8');
const madeEnv = (): Map<string, string> => new Map(composeEnv((bytes) => '0f'.repeat(bytes)).split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

test('every image is pinned to a full version', () => {
  const images = services.map(([name, service]) => [name, typeof service.build === 'string' ? undefined : service.build === undefined ? service.image : /^FROM (\S+)$/m.exec(service.build.dockerfile_inline)?.[1]] as const);
  for (const [name, image] of images) if (typeof compose.services[name]?.build !== 'string') assert.match(image ?? '', /^[\w./-]+:v?\d+\.\d+(\.\d+)?$/, name);
  for (const [, image = ''] of dockerfile.matchAll(/^FROM (\S+)/gm)) assert.match(image, /^node:\d+\.\d+\.\d+-[\w-]+$/);
});
test('MLflow is the version the local stack runs, with the same packages', () => {
  const { build } = compose.services['mlflow'] ?? {};
  const inline = typeof build === 'object' ? build.dockerfile_inline : '';
  const [mlflow = '', ...others] = MLFLOW_PACKAGES;
  assert.ok(inline.includes(`:v${mlflow.replace('mlflow==', '')}\n`), inline);
  for (const one of others) assert.ok(inline.includes(` ${one}`), one);
});
test('nothing listens beyond loopback', () => {
  for (const [name, service] of services) for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name);
});
test('nothing runs as root, and ours may change nothing but their data', () => {
  for (const [name, { user = '' }] of services) assert.match(user, /^[1-9]\d*:\d+$/, `${name}: user`);
  for (const name of [...PROCESSES, 'setup']) assert.deepEqual([compose.services[name]?.read_only, compose.services[name]?.cap_drop], [true, ['ALL']], name);
  assert.match(dockerfile, /^USER 1000:1000$/m);
});
test('whoever waits for another waits until it is healthy, and everything has a way to tell', () => {
  for (const [name, service] of services) {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      assert.equal(condition, other === 'setup' ? 'service_completed_successfully' : 'service_healthy', `${name} waits for ${other}`);
      if (other !== 'setup') assert.ok(compose.services[other]?.healthcheck?.test, `${other} has no health check`);
    }
  }
  assert.match(dockerfile, /^HEALTHCHECK /m);
  const settings = readSettings({});
  for (const name of PROCESSES) assert.ok(dockerfile.includes(String(portOf(settings, name))), `the health check of the image asks at the port of ${name}`);
});
test('what has to last lies in a volume that is declared', () => {
  const used = services.flatMap(([, service]) => (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '')).filter((source) => !source.startsWith('.'));
  assert.deepEqual([...new Set(used)].sort(), Object.keys(compose.volumes).sort());
});
test('no secret stands in the file: .env has exactly the variables it asks for, and what stands there can be read', () => {
  // $$ is a dollar for the shell in the container.
  const asked = new Set([...text.matchAll(/(?<!\$)\$\{([A-Z0-9_]+)/g)].map(([, name]) => name));
  const made = madeEnv();
  assert.deepEqual([...asked].sort(), [...made.keys()].sort());
  for (const [name, service] of services) {
    for (const [variable, value] of Object.entries(service.environment ?? {})) if (/PASSWORD|SECRET|ACCESS_KEY|TOKENS/.test(variable) && !variable.endsWith('_FILE') && variable !== 'MYSQL_RANDOM_ROOT_PASSWORD') assert.match(value, /^\$\{[A-Z0-9_]+(:\?[^}]*)?\}$/, `${name}: ${variable}`);
  }
  assert.deepEqual(readSettings({ LOOP_TOKENS: made.get('LOOP_TOKENS') }).tokens.map(({ name, scopes }) => [name, scopes.size]), [['local-predict', 1], ['local-feedback', 1], ['local-train', 1], ['local-admin', 4]]);
});
test('the four processes are there, with settings that exist', () => {
  const known = new Set<string>(SETTING_NAMES);
  for (const [name, value] of Object.entries(MEMORY_ENV)) assert.match(dockerfile, new RegExp(`^ENV .*${name}=${value}`, 'm'));
  for (const [name, main] of Object.entries(MAIN)) {
    const service = compose.services[name];
    // The image's entry point has the flags that all of them share.
    assert.equal(service?.command, [...nodeFlagsOf(main).filter((flag) => !dockerfile.includes(`"${flag}"`)), main].join(' '));
    for (const variable of Object.keys(service.environment ?? {})) assert.ok(known.has(variable), `${name}: ${variable}`);
  }
});
test('our processes read their secrets from files they are given; no password stands in their environment', () => {
  assert.deepEqual(Object.keys(compose.secrets).sort(), [...SECRET_FILES.keys()].sort());
  for (const variable of SECRET_FILES.values()) assert.ok(madeEnv().has(variable), variable);
  for (const [name, { file }] of Object.entries(compose.secrets)) assert.equal(file, `.secrets/${name}`);
  const given = new Map<string, string>();
  for (const [name, { environment = {}, secrets = [] }] of services.filter(([one]) => one in MAIN || one === 'setup')) {
    for (const secret of SECRET_NAMES) assert.ok(secret === 'LOOP_TOKENS' || !(secret in environment), `${name}: ${secret}`);
    assert.deepEqual(Object.values(environment).filter((value) => value.startsWith('/run/secrets/')).map((value) => value.slice('/run/secrets/'.length)).sort(), [...secrets].sort(), name);
    readSettings({ ...environment, LOOP_TOKENS: '' }, () => 'a-secret');
    if ('MYSQL_USER' in environment) given.set(name, environment['MYSQL_USER'] ?? '');
  }
  assert.deepEqual([...given], [['setup', 'loop'], ['inference', 'loop_inference'], ['trainer', 'loop_trainer']]);
  for (const user of ['loop_inference', 'loop_trainer', 'loop_grafana']) assert.ok(text.includes(`CREATE USER IF NOT EXISTS '${user}'@'%'`), user);
});
test('the image holds whatever its programs import', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(\S+) \S+$/gm)].map(([, source = '']) => source);
  const packages = new Set(Object.keys((JSON.parse(readFileSync(join(PROJECT_DIR, 'package.json'), 'utf8')) as { dependencies: object }).dependencies));
  const seen = new Set<string>();
  const missing: string[] = [];
  const beside = (file: string, other: string): string => relative(PROJECT_DIR, join(PROJECT_DIR, dirname(file), other));
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!copied.some((one) => file === one || file.startsWith(`${one}/`)) || file.endsWith('.test.ts')) missing.push(file);
    if (!file.endsWith('.ts')) return;
    const source = readFileSync(join(PROJECT_DIR, file), 'utf8').replace(/^import type .*$/gm, '');
    for (const [, from = ''] of source.matchAll(/(?:^import |^export | from |import\()'([^']+)'/gm)) {
      if (from.startsWith('.')) visit(beside(file, from));
      else if (!from.startsWith('node:') && !packages.has(from.split('/').slice(0, from.startsWith('@') ? 2 : 1).join('/'))) missing.push(`${file} → ${from}`);
    }
    // Programs and threads that it starts.
    for (const [, program = ''] of source.matchAll(/(?:join\([^']*, |new URL\()'([^']+\.ts)'/g)) visit(beside(file, program));
  };
  for (const main of [...Object.values(MAIN), 'stack/setup.ts']) visit(main);
  assert.deepEqual(missing, []);
  for (const started of ['inference/batch/child.ts', 'inference/batch/thread.ts', 'inference/recent/thread.ts', 'trainer/jobs/child.ts']) assert.ok(seen.has(started), started);
});
