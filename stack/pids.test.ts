import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { birthOf, claim, rememberPid, runningPid, stopPart, writeJson } from './pids.ts';

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'loop-pids-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
async function child(t: TestContext, script: string): Promise<number> {
  const started = spawn(process.execPath, ['-e', `${script};console.log('up');setInterval(() => 0, 1000)`], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => started.kill('SIGKILL'));
  await once(started.stdout, 'data');
  assert.ok(started.pid !== undefined);
  return started.pid;
}

test('a part that runs is found again', (t) => {
  const dir = folder(t);
  rememberPid(dir, 'kafka', process.pid);
  assert.equal(runningPid(dir, 'kafka'), process.pid);
});
test('a pid that now belongs to another process is stale, and its file goes', (t) => {
  const dir = folder(t);
  writeJson(join(dir, 'kafka.pid'), { pid: process.pid, birth: 'another time' });
  assert.equal(runningPid(dir, 'kafka'), undefined);
  assert.equal(existsSync(join(dir, 'kafka.pid')), false);
});
test('a torn pid file is stale', (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'kafka.pid'), '{"pid":');
  assert.equal(runningPid(dir, 'kafka'), undefined);
});
test('no process, no birth', async (t) => {
  const pid = await child(t, '');
  assert.equal(birthOf(pid), birthOf(pid));
  process.kill(pid, 'SIGKILL');
  while (birthOf(pid) !== undefined) await new Promise(setImmediate);
  assert.equal(birthOf(2 ** 30), undefined);
});
test('stopping: by request, by force after the deadline, and when there is nothing to stop', async (t) => {
  const dir = folder(t);
  assert.equal(await stopPart(dir, 'x', 1000), 'not running');
  rememberPid(dir, 'x', await child(t, ''));
  assert.equal(await stopPart(dir, 'x', 5000), 'stopped');
  rememberPid(dir, 'x', await child(t, "process.on('SIGTERM', () => 0)"));
  assert.equal(await stopPart(dir, 'x', 200), 'killed');
  assert.equal(await stopPart(dir, 'x', 200), 'not running');
});
test('only one process at a time does a part; a dead one does not count', (t) => {
  const dir = folder(t);
  const release = claim(join(dir, 'run'), 'up');
  assert.ok(release !== undefined);
  assert.equal(claim(join(dir, 'run'), 'up'), undefined);
  release();
  writeJson(join(dir, 'run', 'up.pid'), { pid: process.pid, birth: 'another time' });
  assert.ok(claim(join(dir, 'run'), 'up') !== undefined);
});
