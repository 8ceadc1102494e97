// docker-compose.yml parses, pins every image, listens on loopback only, and hands our processes settings that exist.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { TABLE } from '../schemas/settings.ts';
import { PROJECT_DIR } from './paths.ts';
import { MAIN, nodeFlagsOf } from './processes.ts';
import { MLFLOW_PACKAGES } from './services/mlflow.ts';

type ComposeService = { readonly image?: string; readonly build?: string | { readonly dockerfile_inline: string }; readonly ports?: readonly string[]; readonly environment?: Readonly<Record<string, string>>; readonly command?: string };
const compose = parse(readFileSync(join(PROJECT_DIR, 'docker-compose.yml'), 'utf8'), { merge: true }) as { services: Record<string, ComposeService> };

const dockerfile = readFileSync(join(PROJECT_DIR, 'Dockerfile'), 'utf8');

test('every image is pinned to a full version', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    if (typeof service.build === 'string') continue;
    const image = service.build === undefined ? service.image : /^FROM (\S+)$/m.exec(service.build.dockerfile_inline)?.[1];
    assert.match(image ?? '', /^[\w./-]+:v?\d+\.\d+(\.\d+)?$/, name);
  }
});
test('MLflow is the version the local stack runs, with the same packages', () => {
  const { build } = compose.services['mlflow'] ?? {};
  const text = typeof build === 'object' ? build.dockerfile_inline : '';
  const [mlflow = '', ...others] = MLFLOW_PACKAGES;
  assert.ok(text.includes(`:v${mlflow.replace('mlflow==', '')}\n`), text);
  for (const one of others) assert.ok(text.includes(` ${one}`), one);
});
test('nothing listens beyond loopback', () => {
  for (const [name, service] of Object.entries(compose.services)) for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name);
});
test('the four processes are there, with settings that exist', () => {
  const known = new Set<string>(Object.values(TABLE).map((setting) => setting.env));
  for (const [name, main] of Object.entries(MAIN)) {
    const service = compose.services[name];
    // The image's entry point has the flags that all of them share.
    assert.equal(service?.command, [...nodeFlagsOf(main).filter((flag) => !dockerfile.includes(`"${flag}"`)), main].join(' '));
    for (const variable of Object.keys(service.environment ?? {})) assert.ok(known.has(variable), `${name}: ${variable}`);
  }
});
