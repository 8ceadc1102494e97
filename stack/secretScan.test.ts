// No secret in the repository: every tracked file is looked through. The examples below are put together at run time, so that this file stays clean itself.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from './paths.ts';
import { secretsIn } from './secretScan.ts';

/** What looks like a secret and is none: where, the value itself, and why it may stand. One that is no longer there fails the test, so the list does not outlive its reasons. */
const ALLOWED: readonly { readonly file: string; readonly value: string; readonly why: string }[] = [];

test('no tracked file holds what looks like a secret, beyond the list above', () => {
  // Tracked or about to be: a secret is found before it is committed.
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: PROJECT_DIR }).toString().split('\0');
  const files = [...new Set(listed)].filter((file) => file !== '' && file !== 'node_modules' && existsSync(join(PROJECT_DIR, file)));
  assert.ok(files.length > 500, `${files.length} files`);
  const found = files.flatMap((file) => secretsIn(readFileSync(join(PROJECT_DIR, file), 'latin1')).map((finding) => ({ file, ...finding })));
  const allowed = (one: { readonly file: string; readonly value: string }): boolean => ALLOWED.some(({ file, value }) => file === one.file && value === one.value);
  // The value is not told: a log of CI is read by more people than the file.
  assert.deepEqual(found.filter((one) => !allowed(one)).map(({ file, line, rule }) => `${file}:${line}: ${rule}`), []);
  assert.deepEqual(ALLOWED.filter((one) => !found.some(({ file, value }) => file === one.file && value === one.value)), []);
});
test('files with secrets are never tracked: their names are ignored', () => {
  const ignored = execFileSync('git', ['check-ignore', '--no-index', '.env', '.loop/secrets.json', 'deploy/overlays/production/secrets.env'], { cwd: PROJECT_DIR }).toString().trim().split('\n');
  assert.equal(ignored.length, 3);
});

const digits = (seed: string, length: number, coding: 'hex' | 'base64url' = 'hex'): string => createHash('sha512').update(seed).digest(coding).slice(0, length);
const letters = (length: number): string => 'Qz7'.repeat(length).slice(0, length);
test('known shapes are found', () => {
  const examples = [
    ['-----BEGIN', 'RSA', 'PRIVATE', 'KEY-----'].join(' '), ['-----BEGIN', 'PRIVATE', 'KEY-----'].join(' '), `AKIA${'Q7'.repeat(8)}`, `ghp_${letters(36)}`, `github_pat_${letters(70)}`, `glpat-${letters(20)}`, `xoxb-${letters(12)}`,
    `https://hooks.${'slack'}.com/services/T0ABC/B0ABC/${letters(20)}`, `AIza${letters(35)}`, `npm_${letters(36)}`, `pypi-${letters(60)}`, `sk_${'live'}_${letters(24)}`, `sk-${letters(40)}`, `eyJ${letters(12)}.eyJ${letters(12)}.${letters(12)}`,
    `mysql://loop:${'hunter'}2x@db:3306/job_db`,
  ];
  for (const example of examples) assert.ok(secretsIn(`a\nb = ${example};`).some(({ line, rule }) => line === 2 && rule !== 'value of a secret'), example);
});
test('what a machine makes is found beside a name that speaks of a secret, 98 times in 100: one without a digit inside looks like a name', () => {
  const forms = [(value: string) => `MYSQL_PASSWORD=${value}`, (value: string) => `  s3SecretKey: '${value}',`, (value: string) => `{"apiKey": "${value}"}`, (value: string) => `kafka_token = "${value}"`];
  let missed = 0;
  for (let i = 0; i < 250; i += 1) for (const form of forms) if (secretsIn(form(digits(String(i), 24, i % 2 === 0 ? 'hex' : 'base64url'))).length === 0) missed += 1;
  assert.ok(missed <= 20, `${missed} of 1000 missed`);
});
test('names, paths, placeholders, hashes and remarks are not', () => {
  const innocent = [
    'MYSQL_PASSWORD: ${MYSQL_PASSWORD:?run stack/composeEnv.ts first}', 'password: settings.mysqlPassword', "tokensFile: '/etc/loop/tokens/tokens'", 'mysql+pymysql://loop:${MYSQL_PASSWORD}@mysql:3306', 'LOOP_TOKENS=NAME=sha256:HEX=predict+feedback',
    'secretKeyRef: { name: mysql, key: password }', 'const token = tokens.find((one) => one.name === name);', `weights_sha256: '${digits('a', 64)}'`, 'secretName: loop-cluster-ca-cert',
  ];
  for (const line of innocent) assert.deepEqual(secretsIn(line), [], line);
});
