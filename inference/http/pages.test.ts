import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { CONSOLE_FILES } from '../console/files.ts';
import { CONSOLE_POLICY } from '../routes/console.ts';
import { openApp } from './app.testing.ts';
import { encodingFor } from './encoding.ts';
import { isKnown, readPages } from './pages.ts';

test('what a caller takes, and what it knows', () => {
  for (const [accepted, encoding] of [[undefined, 'identity'], ['gzip, deflate, br, zstd', 'br'], ['gzip', 'gzip'], ['*', 'gzip'], ['br;q=0, GZIP;q=0.5', 'gzip'], ['br; q=0.0', 'identity'], ['', 'identity']] as const) assert.equal(encodingFor(accepted), encoding, accepted);
  for (const [given, known] of [[undefined, false], ['"a"', true], ['"b", W/"a"', true], ['*', true], ['"b"', false], ['a', false]] as const) assert.equal(isKnown(given, '"a"'), known, given);
});
test('every file of the console is served with its type, strict policy, an ETag that is honoured, and compressed', async () => {
  const { app } = openApp();
  for (const name of CONSOLE_FILES) {
    const url = name === 'index.html' ? '/' : `/console/${name}`;
    const plain = await app.inject(url);
    assert.equal(plain.statusCode, 200, name);
    assert.deepEqual([plain.headers['content-security-policy'], plain.headers['cache-control'], plain.headers['x-content-type-options'], plain.headers.vary], [CONSOLE_POLICY, 'no-cache', 'nosniff', 'accept-encoding']);
    assert.match(String(plain.headers['content-type']), /^text\/(html|javascript|css); charset=utf-8$|^image\/svg\+xml$/, name);
    const unpacked = await Promise.all((['gzip', 'br'] as const).map(async (accept) => {
      const answer = await app.inject({ url, headers: { 'accept-encoding': accept } });
      assert.equal(answer.headers['content-encoding'], accept);
      return (accept === 'br' ? brotliDecompressSync : gunzipSync)(answer.rawPayload).toString();
    }));
    assert.deepEqual(unpacked, [plain.body, plain.body]);
    const again = await app.inject({ url, headers: { 'if-none-match': String(plain.headers.etag) } });
    assert.deepEqual([again.statusCode, again.body, again.headers.etag, again.headers['content-security-policy']], [304, '', plain.headers.etag, CONSOLE_POLICY]);
  }
  for (const url of ['/console/none.js', '/console/..%2Fmain.ts', '/console/files.ts', '/console/']) assert.equal((await app.inject(url)).statusCode, 404, url);
  await app.close();
});
test('the page itself has nothing inline, which its policy would refuse', async () => {
  const { app } = openApp();
  const { body } = await app.inject('/');
  assert.doesNotMatch(body, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i);
  assert.doesNotMatch(body, /(?:src|href)="(?:https?:)?\/\//i);
  await app.close();
});
test('TypeScript is served without its types; a file that is not there, or of no known type, is refused at the start', () => {
  const file = readPages(import.meta.dirname, ['depth.ts']).get('depth.ts');
  assert.equal(file?.type, 'text/javascript; charset=utf-8');
  assert.doesNotMatch(file.bytes.identity.toString(), /: number/);
  assert.throws(() => readPages(import.meta.dirname, ['none.js']), /none\.js/);
  assert.throws(() => readPages(import.meta.dirname, ['x.exe']), /a page is one of/);
});
test('whoami: the name, all scopes an admin has, the categories of what serves', async () => {
  const { app } = openApp();
  const ask = async (token: string) => (await app.inject({ url: '/v1/whoami', headers: { authorization: `Bearer ${token}` } })).json<{ name: string; scopes: string[] }>();
  assert.deepEqual(await ask('f'), { name: 'f', scopes: ['feedback'], model_name: 'tiny', categories: ['Beverages', 'Toys'], service_version: '1.2.3' });
  assert.deepEqual((await ask('a')).scopes, ['predict', 'feedback', 'train', 'admin']);
  const none = openApp({ serving: () => undefined });
  assert.deepEqual((await none.app.inject({ url: '/v1/whoami', headers: { authorization: 'Bearer p' } })).json<{ categories: string[] }>().categories, ['Fresh']);
  assert.equal((await app.inject('/v1/whoami')).statusCode, 401);
});
