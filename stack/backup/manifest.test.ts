import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesOf, manifestJson, readManifest, shownOf, sizeText, type Manifest } from './manifest.ts';

const SUM = 'a'.repeat(64);
const manifest: Manifest = { madeAt: '2026-11-26T20:00:00.000Z', of: '/srv/.loop', folders: ['s3', 's3/empty'], files: [{ path: 's3/a', bytes: 3, sha256: SUM }, { path: 's3/b', bytes: 0, sha256: SUM }] };
const text = JSON.stringify(manifestJson(manifest));

test('a manifest is read as it is written', () => assert.deepEqual(readManifest('m', text), manifest));
for (const [what, from, to, says] of [
  ['torn', text.length, '', /d\/manifest\.json .*it is not JSON/],
  ['of another format', '"format":1', '"format":2', /its format is not 1; a later version/],
  ['with a path that leads out', '"path":"s3/a"', '"path":"s3/../../a"', /file 1 of its list/],
  ['with an absolute path', '"path":"s3/b"', '"path":"/b"', /file 2 of its list/],
  ['with a folder that leads out', '"s3/empty"', '".."', /folder 2 of its list/],
  ['with a sum that is none', SUM, 'x', /file 1 of its list/],
  ['with a name twice', '"path":"s3/b"', '"path":"s3/a"', /names something twice/],
  ['of nothing', '"of":"/srv/.loop"', '"of":null', /does not say when and of what/],
] as const) test(`a manifest ${what} is refused, by the file's name`, () => assert.throws(() => readManifest('d/manifest.json', typeof from === 'number' ? text.slice(0, from - 1) : text.replace(from, to)), says));

test('differences: what is missing, of another size or content, or too much; without sums the sizes alone', () => {
  const [a, b] = manifest.files;
  assert.ok(a !== undefined && b !== undefined);
  assert.deepEqual(differencesOf(manifest, manifest), []);
  assert.deepEqual(differencesOf(manifest, { folders: ['s3', 'x'], files: [{ ...a, sha256: 'b'.repeat(64) }, { ...b, path: 's3/c' }] }), ['s3/a has another SHA-256 than it should', 's3/b is missing', 's3/c should not be there', 's3/empty is missing (a folder)', 'x should not be there']);
  assert.deepEqual(differencesOf(manifest, { folders: manifest.folders, files: [{ path: 's3/a', bytes: 3 }, { path: 's3/b', bytes: 1 }] }), ['s3/b has 1 bytes, should have 0']);
  assert.equal(shownOf(Array.from({ length: 12 }, (_, i) => `${i}`)).split('\n').at(-1), '  and 2 more');
});
test('sizes as people read them', () => assert.deepEqual([0, 1500, 98_765_432, 5_600_000_000].map(sizeText), ['0.0 kB', '1.5 kB', '98.8 MB', '5.60 GB']));
