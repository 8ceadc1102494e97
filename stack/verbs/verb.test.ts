import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from '../paths.ts';
import { UsageError } from '../say.ts';
import { noWords, readArgs } from './verb.ts';

const loop = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', ...args], { cwd: PROJECT_DIR, encoding: 'utf8', env: { ...process.env, LOOP_HOME: join('/nonexistent', 'loop'), NO_COLOR: '1' } });

test('flags and words are read; an unknown flag, a missing value and a word too many are usage errors', () => {
  const options = { json: { type: 'boolean' }, seed: { type: 'string' } } as const;
  const read = readArgs(['--json', 'word', '--seed', '7'], options);
  assert.deepEqual([read.values.json, read.values.seed, read.words], [true, '7', ['word']]);
  assert.throws(() => readArgs(['--jsn'], options), UsageError);
  assert.throws(() => readArgs(['--seed'], options), UsageError);
  assert.throws(() => noWords(['much']), UsageError);
});
for (const verb of ['demo', 'up', 'down', 'status', 'logs', 'predict', 'feedback', 'label', 'live', 'alerts', 'verify', 'test', 'reset', 'train', 'runs', 'cancel', 'dataset', 'dead-letters', 'backup', 'restore']) {
  test(`./loop ${verb} --help explains it`, () => {
    const done = loop(verb, '--help');
    assert.equal(done.status, 0, done.stderr);
    assert.ok(done.stdout.startsWith(`usage: ./loop ${verb}`), done.stdout);
  });
}
test('an unknown verb is refused by name, exit code 2', () => {
  const done = loop('fly');
  assert.equal(done.status, 2);
  assert.match(done.stderr, /'fly' is not a verb/);
});
test('an unknown flag is refused by name, exit code 2', () => {
  const done = loop('down', '--quickly');
  assert.equal(done.status, 2);
  assert.match(done.stderr, /--quickly/);
});
test('a verb that needs a stack says that there is none and how to get one', () => {
  const done = loop('status');
  assert.equal(done.status, 1);
  assert.match(done.stderr, /no stack in \/nonexistent\/loop: run \.\/loop up/);
});
test('all mistakes in the settings are told at once', () => {
  const done = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', 'status'], { cwd: PROJECT_DIR, encoding: 'utf8', env: { ...process.env, MIN_F1: '2', PARTITIONS: 'many' } });
  assert.equal(done.status, 1);
  assert.match(done.stderr, /MIN_F1[\s\S]*PARTITIONS|PARTITIONS[\s\S]*MIN_F1/);
});
