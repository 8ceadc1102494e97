// docs/explanation/threat-model.md tells the truth about doors: every route stands there under the scopes it asks for, and every test it names exists.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { openApp } from './app.testing.ts';

const page = readFileSync(join(PROJECT_DIR, 'docs/explanation/threat-model.md'), 'utf8');
type Operation = { readonly security: readonly { readonly bearer: readonly string[] }[] };

test('every route stands in the table of doors, under the scopes it asks for', async () => {
  const { paths } = (await openApp().app.inject('/openapi.json')).json<{ paths: Record<string, Record<string, Operation>> }>();
  const real = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, { security }]) => {
    const scopes = security.flatMap(({ bearer }) => bearer);
    return `${security.length === 0 ? 'no token' : scopes.length === 0 ? 'any known token' : scopes.join(' or ')}: ${method.toUpperCase()} ${path}`;
  }));
  const [, table = ''] = page.split('| door | routes |');
  const told = (table.split('\n\n')[0] ?? '').split('\n').flatMap((row) => {
    const [, door = '', routes = ''] = row.split('|').map((cell) => cell.trim());
    return [...routes.matchAll(/`([A-Z]+ [^`]+)`/g)].map(([, route = '']) => `${door}: ${route}`);
  });
  assert.deepEqual(told.sort(), real.sort());
});
test('every test it names exists', () => {
  const named = [...page.matchAll(/`((?:inference|schemas|producers|trainer|stack)\/[^`]+\.ts)`/g)].map(([, file = '']) => file);
  assert.ok(named.length > 20);
  assert.deepEqual(named.filter((file) => !existsSync(join(PROJECT_DIR, file))), []);
});
