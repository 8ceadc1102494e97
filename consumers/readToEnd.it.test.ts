// What is left of a read that failed: nothing. A client that went on by itself would call the handler again, and keep its process for ever.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBench, until } from '../stack/testing.ts';

test('a handler that throws is called once, its error is the outcome, and the process ends by itself', async (t) => {
  const bench = await openBench(t);
  await bench.publisher.send([{ topic: 'dead-letters', key: randomUUID(), raw: Buffer.from('not a letter') }]);
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'failingRead.testing.ts')], { env: bench.env as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await until('its end', () => child.exitCode ?? undefined);
  assert.deepEqual([code, said], [0, 'called\nrejected: the handler threw\n']);
});
