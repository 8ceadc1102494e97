import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSettings } from '../schemas/settings.ts';
import { ensureSecrets, environmentOf } from './secrets.ts';

test('secrets are made once, readable by their owner only, and unlike each other', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'loop-secrets-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'a', 'secrets.json');
  const made = ensureSecrets(file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(ensureSecrets(file), made);
  const all = [made.mysqlPassword, made.s3AccessKey, made.s3SecretKey, made.kafkaClusterId, ...Object.values(made.tokens)];
  assert.equal(new Set(all).size, all.length);
  assert.notDeepEqual(ensureSecrets(join(dir, 'b', 'secrets.json')), made);
});
test('a file that is not ours is named, not overwritten', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'loop-secrets-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'secrets.json');
  writeFileSync(file, '{"tokens":{}}');
  assert.throws(() => ensureSecrets(file), { code: 'bad_secrets' });
});
test('the environment fills in what is not set; what a person sets wins; admin may do everything', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'loop-secrets-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const secrets = ensureSecrets(join(dir, 'secrets.json'));
  const settings = readSettings(environmentOf({ MYSQL_PASSWORD: 'mine', MIN_F1: '0.8' }, secrets));
  assert.equal(settings.mysqlPassword, 'mine');
  assert.equal(settings.minF1, 0.8);
  assert.equal(settings.s3SecretKey, secrets.s3SecretKey);
  assert.deepEqual(settings.tokens.map(({ name, scopes }) => [name, [...scopes].join('+')]), [['local-predict', 'predict'], ['local-feedback', 'feedback'], ['local-train', 'train'], ['local-admin', 'predict+feedback+train+admin']]);
  for (const token of Object.values(secrets.tokens)) assert.ok(!JSON.stringify(environmentOf({}, secrets)).includes(token), 'a process gets the hashes of tokens, not the tokens');
});
