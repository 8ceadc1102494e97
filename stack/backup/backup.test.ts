// Backup and restore of a folder that looks like a stack's. That a stack comes up from it is backup.long.pure.test.ts.
import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { claim, rememberPid } from '../pids.ts';
import { checkBackup, makeBackup, requireWhole, restoreBackup } from './backup.ts';
import { requireRoom } from './tree.ts';

const AT = new Date('2026-11-26T20:00:00Z');
const quiet = (): void => undefined;
const pathsIn = (home: string) => ({ home, run: join(home, 'run') });
type Place = { readonly root: string; readonly home: string; readonly dir: string };

function stackIn(t: TestContext): Place {
  const root = mkdtempSync(join(tmpdir(), 'loop-backup-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const home = join(root, 'home');
  for (const folder of ['kafka/data/labelled-0', 's3/data/mlflow', 'logs', 'run']) mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, 'kafka/data/labelled-0/00000000000000000000.log'), Buffer.from([0, 1, 254, 255]));
  writeFileSync(join(home, 'kafka/data/labelled-0/leader-epoch-checkpoint'), '');
  writeFileSync(join(home, 'secrets.json'), '{"a":"b"}');
  chmodSync(join(home, 'secrets.json'), 0o600);
  utimesSync(join(home, 'secrets.json'), AT, new Date('2026-01-02T03:04:05Z'));
  writeFileSync(join(home, 'logs/kafka.log'), 'a log');
  return { root, home, dir: join(root, 'backups/one') };
}
const seen = (home: string): unknown => {
  const file = statSync(join(home, 'secrets.json'));
  return [readdirSync(home).sort(), readdirSync(home, { recursive: true }).filter((path) => !/^(run|logs)/.test(String(path))).sort(), readFileSync(join(home, 'kafka/data/labelled-0/00000000000000000000.log')).toString('hex'), file.mode & 0o777, file.mtimeMs];
};

test('a backup brought back is the same: bytes, empty folders, modes and times; logs and pids stay behind', async (t) => {
  const { root, home, dir } = stackIn(t);
  const lines: string[] = [];
  const made = await makeBackup(pathsIn(home), dir, AT, (line) => lines.push(line));
  assert.deepEqual([made.madeAt, made.files.map(({ path, bytes }) => [path, bytes])], ['2026-11-26T20:00:00.000Z', [['kafka/data/labelled-0/00000000000000000000.log', 4], ['kafka/data/labelled-0/leader-epoch-checkpoint', 0], ['secrets.json', 9]]]);
  assert.deepEqual([readdirSync(dir), readdirSync(join(dir, 'data')), statSync(dir).mode & 0o777], [['data', 'manifest.json'], ['kafka', 's3', 'secrets.json'], 0o700]);
  assert.ok(lines.some((line) => line.startsWith('copying  kafka  0.0 kB, 2 files')), lines.join('\n'));
  assert.equal((await checkBackup(dir, quiet)).files.length, 3);
  const other = join(root, 'elsewhere');
  await restoreBackup(pathsIn(other), dir, { replace: false }, quiet);
  rmSync(join(home, 'logs'), { recursive: true });
  assert.deepEqual(seen(other), seen(home));
});
test('a folder that holds something is replaced only when that is said; a folder with logs alone is empty', async (t) => {
  const { home, dir } = stackIn(t);
  await makeBackup(pathsIn(home), dir, AT, quiet);
  writeFileSync(join(home, 'secrets.json'), 'later');
  writeFileSync(join(home, 'tokens'), 'of later');
  await assert.rejects(restoreBackup(pathsIn(home), dir, { replace: false }, quiet), /home is not empty \(kafka, s3, secrets\.json, tokens\).*--replace/);
  assert.equal(readFileSync(join(home, 'secrets.json'), 'utf8'), 'later');
  await restoreBackup(pathsIn(home), dir, { replace: true }, quiet);
  assert.deepEqual([readFileSync(join(home, 'secrets.json'), 'utf8'), readdirSync(home).sort()], ['{"a":"b"}', ['kafka', 'logs', 'run', 's3', 'secrets.json']]);
  for (const part of ['kafka', 's3', 'secrets.json']) rmSync(join(home, part), { recursive: true });
  await restoreBackup(pathsIn(home), dir, { replace: false }, quiet);
  assert.ok(existsSync(join(home, 's3/data/mlflow')));
});

const LOG = 'data/kafka/data/labelled-0/00000000000000000000.log';
for (const [what, harm, says] of [
  ['a changed byte', (dir: string) => writeFileSync(join(dir, LOG), Buffer.from([0, 1, 254, 254])), /damaged, nothing was restored:\n {2}data\/kafka\/data\/labelled-0\/0+\.log has another SHA-256/],
  ['a lost end', (dir: string) => truncateSync(join(dir, LOG), 3), /0+\.log has 3 bytes, should have 4/],
  ['a lost file', (dir: string) => rmSync(join(dir, LOG)), /0+\.log is missing/],
  ['a lost empty bucket', (dir: string) => rmSync(join(dir, 'data/s3/data/mlflow'), { recursive: true }), /data\/s3\/data\/mlflow is missing \(a folder\)/],
  ['a file too many', (dir: string) => writeFileSync(join(dir, 'data/more'), ''), /data\/more should not be there/],
  ['a torn manifest', (dir: string) => truncateSync(join(dir, 'manifest.json'), 50), /manifest\.json is not the manifest of a backup: it is not JSON/],
  ['no manifest: it was never finished', (dir: string) => rmSync(join(dir, 'manifest.json')), /manifest\.json is missing: it is written last, so this backup was never finished/],
  ['no data', (dir: string) => rmSync(join(dir, 'data'), { recursive: true }), /data\/kafka is missing \(a folder\)/],
  ['nothing in it', (dir: string) => ['data', 'manifest.json'].forEach((one) => rmSync(join(dir, one), { recursive: true })), /holds no backup/],
  ['no folder', (dir: string) => rmSync(dir, { recursive: true }), /there is no folder/],
] as const) {
  test(`a backup with ${what} is refused by --check and by --replace, and what stands is as it was`, async (t) => {
    const { home, dir } = stackIn(t);
    await makeBackup(pathsIn(home), dir, AT, quiet);
    const before = seen(home);
    harm(dir);
    await assert.rejects(checkBackup(dir, quiet), says);
    await assert.rejects(restoreBackup(pathsIn(home), dir, { replace: true }, quiet), says);
    assert.deepEqual(seen(home), before);
  });
}

test('while a part of the stack runs, or comes up, nothing is copied, in either way', async (t) => {
  const { root, home, dir } = stackIn(t);
  await makeBackup(pathsIn(home), dir, AT, quiet);
  const both = (says: RegExp) => Promise.all([assert.rejects(makeBackup(pathsIn(home), join(root, 'two'), AT, quiet), says), assert.rejects(restoreBackup(pathsIn(home), dir, { replace: true }, quiet), says)]);
  rememberPid(join(home, 'run'), 'kafka', process.pid);
  await both(/home runs \(kafka\): \.\/loop down first/);
  rmSync(join(home, 'run/kafka.pid'));
  const release = claim(join(home, 'run'), 'up');
  await both(/runs \(\.\/loop up, backup or restore\)/);
  release?.();
  // Nobody can come up while it is copied.
  let held: unknown = 'not asked';
  await makeBackup(pathsIn(home), join(root, 'two'), AT, () => (held = claim(join(home, 'run'), 'up')));
  assert.equal(held, undefined);
});
test('a folder that is not empty, lies in the data folder or has no room is no place for a backup; a link is not copied', async (t) => {
  const { root, home, dir } = stackIn(t);
  mkdirSync(join(dir, 'data'), { recursive: true });
  await assert.rejects(makeBackup(pathsIn(home), dir, AT, quiet), /one is not empty \(a backup that was never finished/);
  await assert.rejects(makeBackup(pathsIn(home), join(home, 'mine'), AT, quiet), /lies in the data folder/);
  assert.throws(() => requireRoom('/x', 5_000_000, 4_000_000), /\/x needs 5\.0 MB, there is room for 4\.0 MB/);
  symlinkSync(root, join(home, 's3/data/big'));
  await assert.rejects(makeBackup(pathsIn(home), join(root, 'two'), AT, quiet), /s3\/data\/big is a link/);
});
test('what is written while it is copied is noticed, in a backup and in a restore; neither counts then', async (t) => {
  const { root, home, dir } = stackIn(t);
  const meddling = (file: string) => (line: string): void => {
    if (line === 'comparing') appendFileSync(file, 'x');
  };
  const two = join(root, 'two');
  await assert.rejects(makeBackup(pathsIn(home), two, AT, meddling(join(two, 'data/secrets.json'))), /differs from .*\n {2}secrets\.json has 10 bytes, should have 9/);
  await assert.rejects(checkBackup(two, quiet), /was never finished/);
  await makeBackup(pathsIn(home), dir, AT, quiet);
  const before = seen(home);
  await assert.rejects(restoreBackup(pathsIn(home), dir, { replace: true }, meddling(join(home, '.restoring/s3/more'))), /differs from the backup; nothing that stood there was touched.*\n {2}s3\/more should not be there/);
  assert.deepEqual(seen(home), before);
});
test('a restore that was killed is noticed by whoever starts, and may be run again', async (t) => {
  const { home, dir } = stackIn(t);
  await makeBackup(pathsIn(home), dir, AT, quiet);
  const before = seen(home);
  mkdirSync(join(home, '.restoring'));
  rmSync(join(home, 'kafka'), { recursive: true });
  assert.throws(() => requireWhole(home), /a restore into .* was interrupted: run \.\/loop restore DIR --replace again/);
  await assert.rejects(makeBackup(pathsIn(home), `${dir}2`, AT, quiet), /was interrupted/);
  await restoreBackup(pathsIn(home), dir, { replace: true }, quiet);
  requireWhole(home);
  assert.deepEqual(seen(home), before);
});
