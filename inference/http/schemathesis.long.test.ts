// The OpenAPI document against the service that wrote it: Schemathesis (PyPI) makes requests of it, good and bad, with every scope and without a token. No 5xx, no status that is not documented, no answer that breaks its schema, no bad input accepted.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openContext } from '../../stack/context.ts';
import { runProgram } from '../../stack/fetch.ts';
import { fetchPython, type Pinned } from '../../stack/python.ts';
import { openBench, startProcess, until } from '../../stack/testing.ts';

const TOOLS: readonly Pinned[] = ['schemathesis==4.32.5', 'openapi-spec-validator==0.9.0'];
// Another seed makes other requests: SCHEMATHESIS_SEED and SCHEMATHESIS_EXAMPLES, whatever was asked is printed.
const SEED = process.env['SCHEMATHESIS_SEED'] ?? String(Math.floor(Math.random() * 1e9));
const EXAMPLES = process.env['SCHEMATHESIS_EXAMPLES'] ?? '50';
// Left out: that whatever fits the schema is accepted. A category must be one of the model's, an address one in our buckets, which no schema says.
const LEFT_OUT = 'positive_data_acceptance';
// A stream that goes on is not waited for.
const ENDLESS = '/v1/live/events';
type Report = { stop_reason: string; complete: boolean; operations: { total: number; tested: number; errored: number }; test_cases: { generated: number; unique_failures: number; errored: number }; failures: unknown[]; errors: unknown[]; running_time: number };

test('Schemathesis over the whole document, with a token of every scope and without one', async (t) => {
  const bench = await openBench(t);
  const { paths, secrets } = openContext(process.env, { create: false });
  const python = await fetchPython(paths.cache, 'schemathesis', TOOLS, console.log);
  // An instance of its own: guessing at tokens must not shut out whoever else calls from this address.
  const port = bench.settings.portBase + 18;
  startProcess(t, bench, 'inference/main.ts', { INFERENCE_PORT: String(port), AUTH_FAILURES_PER_MINUTE: '0' });
  const url = `http://127.0.0.1:${port}`;
  await until('the instance is ready', () => fetch(`${url}/health/ready`).then((answer) => (answer.ok ? true : undefined), () => undefined));
  const dir = mkdtempSync(join(tmpdir(), 'schemathesis-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));

  const document = join(dir, 'openapi.json');
  writeFileSync(document, await (await fetch(`${url}/openapi.json`)).text());
  console.log(`openapi-spec-validator: ${(await runProgram(python, ['-m', 'openapi_spec_validator', document])).trim().split(': ').at(-1) ?? ''}`);

  for (const [name, headers] of [['with a token', ['-H', `Authorization: Bearer ${secrets.tokens.admin}`]], ['without a token', []]] as const) {
    const file = join(dir, 'report.json');
    const said = await new Promise<string>((resolve) => {
      execFile(python, ['-m', 'schemathesis.cli', 'run', `${url}/openapi.json`, ...headers, '--checks', 'all', '--exclude-checks', LEFT_OUT, '--exclude-path', ENDLESS, '-n', EXAMPLES, '--seed', SEED, '--continue-on-failure', '--no-color', '--report', 'json', '--report-json-path', file], { cwd: dir, maxBuffer: 1e8 }, (_error, out, err) => resolve(out + err));
    });
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    console.log(`schemathesis ${name}, seed ${SEED}: ${report.test_cases.generated} requests over ${report.operations.tested} of ${report.operations.total} operations in ${report.running_time.toFixed(0)} s: ${report.test_cases.unique_failures} failures, ${report.errors.length} errors`);
    assert.deepEqual([report.failures.length, report.errors.length, report.complete], [0, 0, true], said.slice(-20_000));
    assert.equal(report.operations.tested, report.operations.total - 1, 'all but the endless one');
  }
  const after = await fetch(`${url}/health/ready`);
  assert.equal(after.status, 200);
});
