// docker-compose.yml parses, pins every image, listens on loopback only, and hands our processes settings that exist.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { TABLE } from '../schemas/settings.ts';
import { PROJECT_DIR } from './paths.ts';
import { MAIN } from './processes.ts';

type ComposeService = { readonly image?: string; readonly build?: string; readonly ports?: readonly string[]; readonly environment?: Readonly<Record<string, string>>; readonly command?: string };
const compose = parse(readFileSync(join(PROJECT_DIR, 'docker-compose.yml'), 'utf8'), { merge: true }) as { services: Record<string, ComposeService> };

test('every image is pinned to a full version', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    if (service.build !== undefined) continue;
    assert.match(service.image ?? '', /^[\w./-]+:v?\d+\.\d+(\.\d+)?$/, name);
  }
});
test('nothing listens beyond loopback', () => {
  for (const [name, service] of Object.entries(compose.services)) for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name);
});
test('the four processes are there, with settings that exist', () => {
  const known = new Set<string>(Object.values(TABLE).map((setting) => setting.env));
  for (const [name, main] of Object.entries(MAIN)) {
    const service = compose.services[name];
    assert.equal(service?.command, main);
    for (const variable of Object.keys(service.environment ?? {})) assert.ok(known.has(variable), `${name}: ${variable}`);
  }
});
