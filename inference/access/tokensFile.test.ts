import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { silent } from '../../producers/kafka.ts';
import type { TokenSpec } from '../../schemas/tokens.ts';
import { until } from '../../stack/testing.ts';
import { digest } from './access.testing.ts';
import { openTokens } from './tokensFile.ts';

const entry = (name: string): string => `${name}=sha256:${digest(name)}=predict\n`;
function bench(t: TestContext, text: string, given: readonly TokenSpec[] = []) {
  const dir = mkdtempSync(join(tmpdir(), 'loop-tokens-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'tokens');
  writeFileSync(file, text, { mode: 0o600 });
  const used: string[] = [];
  const said: string[] = [];
  const log = { ...silent, warn: (_: object, line: string) => said.push(line), error: (fields: object, line: string) => said.push(`${line} ${JSON.stringify(fields)}`) };
  const open = (): void => {
    const tokens = openTokens({ given, file, use: (all) => used.push(all.map(({ name }) => name ?? 'plain').join('+')), log });
    t.after(() => tokens.stop());
  };
  return { file, used, said, open };
}
test('the file is read at the start, when another takes its place, and on SIGHUP; one that cannot be used changes nothing and is not quoted', async (t) => {
  const { file, used, said, open } = bench(t, entry('shop'), [{ name: undefined, secret: { kind: 'plain', text: 'word' }, scopes: new Set(['train']), expires: undefined }]);
  open();
  assert.deepEqual(used, ['plain+shop']);
  assert.match(said.join(), /plain text/);
  writeFileSync(`${file}.new`, entry('shop') + entry('desk'), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  await until('the new file is used', () => (used.at(-1) === 'plain+shop+desk' ? true : undefined));
  writeFileSync(file, `${entry('shop')}my-secret-word\n`);
  process.emit('SIGHUP');
  const complaint = await until('the broken file is told of', () => said.find((line) => line.includes('line 2')));
  assert.ok(!complaint.includes('my-secret-word'));
  assert.equal(used.at(-1), 'plain+shop+desk');
  writeFileSync(file, '');
  process.emit('SIGHUP');
  assert.equal(used.at(-1), 'plain');
});
test('at the start a file that is not there, a broken one and no token at all are fatal', (t) => {
  const { file, open } = bench(t, 'nonsense');
  assert.throws(open, { code: 'bad_tokens' });
  writeFileSync(file, '# nobody\n');
  assert.throws(open, { code: 'no_tokens' });
  rmSync(file);
  assert.throws(open, { code: 'bad_tokens' });
});
test('a file that others may write is told of', (t) => {
  const { file, said, open } = bench(t, entry('shop'));
  rmSync(file);
  writeFileSync(file, entry('shop'), { mode: 0o666 });
  const mask = process.umask(0);
  rmSync(file);
  writeFileSync(file, entry('shop'), { mode: 0o666 });
  process.umask(mask);
  open();
  assert.match(said.join(), /others may write/);
});
