import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTokens, tokenEntry } from './tokens.ts';

const HEX = 'ab'.repeat(32);
const one = (entry: string) => {
  const parsed = parseTokens(entry, ',');
  return 'wrong' in parsed ? parsed.wrong : parsed.value[0];
};
test('a hashed entry has a name, scopes and perhaps an end; a plain one is the token itself', () => {
  assert.deepEqual(one(`shop=sha256:${HEX.toUpperCase()}=predict+feedback`), { name: 'shop', secret: { kind: 'sha256', hex: HEX }, scopes: new Set(['predict', 'feedback']), expires: undefined });
  assert.deepEqual(one(`shop=sha256:${HEX}=admin=2027-01-31T08:00Z`), { name: 'shop', secret: { kind: 'sha256', hex: HEX }, scopes: new Set(['admin']), expires: '2027-01-31T08:00Z' });
  assert.deepEqual(one('secret-word=train'), { name: undefined, secret: { kind: 'plain', text: 'secret-word' }, scopes: new Set(['train']), expires: undefined });
});
const WRONG = [
  'secret-word', '=predict', 'secret-word=', 'secret-word=reader', 'secret-word=predict+', `sh op=sha256:${HEX}=predict`, `=sha256:${HEX}=predict`, `shop=sha256:${HEX.slice(1)}=predict`, `shop=md5:${HEX}=predict`,
  `shop=sha256:${HEX}=reader`, `shop=sha256:${HEX}=predict=soon`, `shop=sha256:${HEX}=predict=2027-13-01`, `shop=sha256:${HEX}=predict=2027-01-31T25:00Z`, `shop=sha256:${HEX}=predict=2027-01-31=x`,
];
for (const entry of WRONG) {
  test(`refused, and not quoted: ${JSON.stringify(entry.replace(HEX, 'HEX'))}`, () => {
    const said = one(entry);
    assert.ok(typeof said === 'string' && said.startsWith('entry 1 must look like'), String(said));
    assert.ok(!said.includes('secret-word') && !said.includes(HEX));
  });
}
test('a file: one a line, remarks and empty lines between them; a mistake is told by its line', () => {
  const text = `# who may call\n\nshop=sha256:${HEX}=predict\r\n  desk=sha256:${HEX}=feedback=2027-01-31\n`;
  const parsed = parseTokens(text, '\n');
  assert.ok('value' in parsed);
  assert.deepEqual(parsed.value.map(tokenEntry), [`shop=sha256:${HEX}=predict`, `desk=sha256:${HEX}=feedback=2027-01-31`]);
  assert.match(JSON.stringify(parseTokens(`${text}nonsense\n`, '\n')), /line 5 must look like/);
});
