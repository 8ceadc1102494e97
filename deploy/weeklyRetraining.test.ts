// The few lines of JavaScript in the CronJob, as the cluster would run them: what they send, and that a refusal is a failure of the job.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { manifestsIn } from './kustomize.testing.ts';
import { podsOf } from './pods.testing.ts';

const [pods] = podsOf(manifestsIn(join(import.meta.dirname, 'components/weekly-retraining/cronjob.yaml')));
const args = pods?.spec.containers[0]?.args ?? [];

test('it orders with the token of the file and the name of the job; whoever is refused fails', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'loop-weekly-'));
  writeFileSync(join(dir, 'token'), 'a-token\n');
  const asked: (readonly [string, IncomingHttpHeaders])[] = [];
  const answers = [202, 403];
  const server = createServer((request, response) => {
    asked.push([`${request.method ?? ''} ${request.url ?? ''}`, request.headers]);
    response.writeHead(answers[asked.length - 1] ?? 500).end('{}');
  });
  t.after(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const run = async (): Promise<unknown> => {
    const child = spawn(process.execPath, [...args], { env: { INFERENCE_URL: `http://127.0.0.1:${address.port}`, TOKEN_FILE: join(dir, 'token'), ORDER_KEY: 'weekly-retraining-29000000' }, stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [unknown];
    return code;
  };
  assert.equal(await run(), 0);
  assert.deepEqual([asked[0]?.[0], asked[0]?.[1].authorization, asked[0]?.[1]['idempotency-key']], ['POST /v1/retrain', 'Bearer a-token', 'weekly-retraining-29000000']);
  assert.equal(await run(), 1);
});
