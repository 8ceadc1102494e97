// A log that cannot be written holds up nobody, and tells afterwards what is missing.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { createLogOutput } from './logOutput.ts';

const failing = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });
/** A file that takes `room` bytes, then fails until there is more. */
function aFile() {
  const file = { text: '', room: Number.POSITIVE_INFINITY, most: Number.POSITIVE_INFINITY, code: 'ENOSPC', rests: 0 };
  const output = createLogOutput((bytes) => {
    const taken = Math.min(bytes.length, file.room, file.most);
    if (taken === 0) throw failing(file.code);
    file.room -= taken;
    file.text += Buffer.from(bytes.subarray(0, taken)).toString();
    return taken;
  }, () => {
    file.rests += 1;
    if (file.rests === 3) file.room = Number.POSITIVE_INFINITY;
  }, () => 7);
  return { file, output };
}

test('lines are written whole, also where the system takes them piece by piece', () => {
  const { file, output } = aFile();
  file.most = 3;
  output.write('one line\n');
  output.write('and another\n');
  assert.equal(file.text, 'one line\nand another\n');
});
test('a full disk: lines are lost, counted and told when there is room; the next line begins a line of its own', () => {
  const { file, output } = aFile();
  file.room = 4;
  output.write('torn line\n');
  output.write('lost\n');
  assert.equal(file.text, 'torn');
  file.room = Number.POSITIVE_INFINITY;
  output.write('again\n');
  assert.equal(file.text, 'torn\n{"level":40,"time":7,"lost":2,"reason":"ENOSPC: no","msg":"lines of this log could not be written"}\nagain\n');
  output.write('and on\n');
  assert.match(file.text, /again\nand on\n$/);
});
test('a slow reader is waited for, but not for ever', () => {
  const slow = aFile();
  slow.file.room = 0;
  slow.file.code = 'EAGAIN';
  slow.output.write('late\n');
  assert.deepEqual([slow.file.text, slow.file.rests], ['late\n', 3]);
  const gone = aFile();
  gone.file.most = 0;
  gone.file.code = 'EAGAIN';
  gone.output.write('never\n');
  assert.deepEqual([gone.file.text, gone.file.rests], ['', 50]);
});
test('a process whose log goes to a full device goes on and ends when it wants to', { skip: !existsSync('/dev/full') }, () => {
  const code = "const { createLog } = await import('./consumers/service.ts'); const log = createLog('x', 'info'); for (let i = 0; i < 100; i += 1) log.info({ i }, 'hello'); process.stderr.write('done'); process.exit(3);";
  const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code], { cwd: new URL('..', import.meta.url), stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'], encoding: 'utf8', timeout: 60_000 });
  assert.deepEqual([status, stderr], [3, 'done']);
});
