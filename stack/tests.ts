// Runs lint, typecheck and the tests in turn and closes with the one line CI reads.
import { globSync } from 'node:fs';

type Outcome = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Counts node's test runner reported, from its closing lines. */
export function countsOf(output: string): { passed: number; failed: number } {
  const read = (word: string): number => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  return { passed: read('pass'), failed: read('fail') + read('cancelled') };
}

/** Exit code of the whole: 0 only when every step passed and at least one test ran. */
export function runTests(run: (command: string, args: string[]) => Outcome): number {
  let broken = 0;
  let steps = 0;
  for (const [name, script] of [['lint', 'node_modules/eslint/bin/eslint.js'], ['typecheck', 'node_modules/typescript/bin/tsc']] as const) {
    const done = run(process.execPath, script.includes('tsc') ? [script, '--noEmit'] : [script, '.']);
    console.log(`${name}: ${done.status === 0 ? 'ok' : 'FAILED'}`);
    if (done.status === 0) steps += 1;
    else {
      broken += 1;
      console.log(done.stdout + done.stderr);
    }
  }
  const files = globSync('{schemas,producers,consumers,trainer,inference,stack}/**/*.test.ts');
  const tests = run(process.execPath, ['--disable-warning=ExperimentalWarning', '--test', '--test-reporter=tap', ...files]);
  const counts = countsOf(tests.stdout);
  if (tests.status !== 0 || counts.passed === 0) console.log(tests.stdout + tests.stderr);
  if (tests.status !== 0 && counts.failed === 0) broken += 1;
  const failed = broken + counts.failed;
  console.log(`${steps + counts.passed} passed, ${failed} failed`);
  return failed === 0 && counts.passed > 0 ? 0 : 1;
}
