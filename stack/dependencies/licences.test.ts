import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from '../paths.ts';
import { lockFile, runtimePackages, unknownIn } from './licences.ts';

const packages = runtimePackages(lockFile());

test('every package in our processes stands under a licence that is known here', () => {
  assert.ok(packages.length > 100, String(packages.length));
  assert.deepEqual(unknownIn(packages), []);
});
test('what is installed says the same as the lock file', () => {
  const said = (name: string): { readonly version?: string; readonly license?: unknown } | undefined => {
    const file = join(PROJECT_DIR, 'node_modules', name, 'package.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version?: string; license?: unknown }) : undefined;
  };
  let compared = 0;
  for (const { name, version, licence } of packages) {
    const installed = said(name);
    if (installed?.version !== version || typeof installed.license !== 'string') continue;
    compared += 1;
    assert.equal(installed.license, licence, name);
  }
  assert.ok(compared > packages.length / 2, `${compared} of ${packages.length}`);
});
test('the measure can fail: another licence, and one that is not told', () => {
  const lock = JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0', license: 'SSPL-1.0' }, 'node_modules/b/node_modules/c': { version: '2.0.0' }, 'node_modules/d': { version: '3.0.0', license: 'AGPL-3.0', dev: true }, 'node_modules/e': { version: '4.0.0', license: 'MIT' } } });
  assert.deepEqual(unknownIn(runtimePackages(lock)), ['a 1.0.0: SSPL-1.0', 'c 2.0.0: not told']);
});
