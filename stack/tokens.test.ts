import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parseTokens } from '../schemas/tokens.ts';
import { expiryOf, newToken, rowsOf, withoutToken, withToken } from './tokens.ts';

const NOW = Date.UTC(2026, 10, 26);
const hash = (token: string): string => createHash('sha256').update(token).digest('hex');
const add = (text: string, name: string, token: string, expires?: string): string => withToken(text, { name, token, scopes: 'predict+feedback', expires });
const rows = (text: string) => {
  const parsed = parseTokens(text, '\n');
  return 'value' in parsed ? rowsOf(parsed.value, 'file', NOW) : assert.fail(parsed.wrong);
};

test('made, listed, rotated, revoked: the file never holds a token, and remarks stay', () => {
  let text = add('# ours', 'shop', 'old');
  text = add(text, 'desk', 'word', '2026-11-01');
  assert.deepEqual(rows(text), [{ name: 'shop', scopes: ['predict', 'feedback'], expires: null, expired: false, sha256: hash('old').slice(0, 12), from: 'file' }, { name: 'desk', scopes: ['predict', 'feedback'], expires: '2026-11-01', expired: true, sha256: hash('word').slice(0, 12), from: 'file' }]);
  text = add(text, 'shop', 'new');
  const one = withoutToken(text, 'shop', hash('old').slice(0, 8));
  assert.deepEqual([one.gone, rows(one.text).map(({ name, sha256 }) => [name, sha256])], [1, [['desk', hash('word').slice(0, 12)], ['shop', hash('new').slice(0, 12)]]]);
  assert.deepEqual([withoutToken(text, 'shop').gone, withoutToken(text, 'nobody').gone, withoutToken(text, 'shop', 'ff00ff').gone], [2, 0, 0]);
  assert.ok(one.text.startsWith('# ours\n') && !/old|new|word/.test(one.text));
});
test('what is no entry is refused before it is written', () => {
  assert.throws(() => withToken('', { name: 'a b', token: 'x', scopes: 'predict', expires: undefined }), { code: 'bad_token' });
  assert.throws(() => withToken('', { name: 'a', token: 'x', scopes: 'reader', expires: undefined }), { code: 'bad_token' });
});
test('an end may be told in days, as a date or as a time', () => {
  assert.deepEqual(['90d', '2027-01-31', '2027-01-31T12:00Z', 'soon', '0d', '2027-13-01'].map((text) => expiryOf(text, NOW)), ['2027-02-24T00:00:00.000Z', '2027-01-31', '2027-01-31T12:00Z', undefined, undefined, undefined]);
});
test('tokens are long, unlike each other, and known by their beginning', () => {
  const made = Array.from({ length: 100 }, newToken);
  assert.ok(made.every((one) => /^loop_[A-Za-z0-9_-]{43}$/.test(one)) && new Set(made).size === 100);
});
