// Runs a decoder's inputs in a process with a bound on its memory and on the time for one input. Whatever it dies of is told by the number of the input.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputsOf, type Decoder, type Outcome } from './run.ts';

const MEMORY_MB = 512;
const LOOK_EVERY_MS = 500;
/** Where findings are put, to be looked at and taken into the corpus. */
export const FOUND = join(tmpdir(), 'loop-fuzz-found');

/** perInputMs: an input that takes longer has hung. */
export async function fuzzGuarded(decoder: Decoder, { seed, from, to, perInputMs }: { readonly seed: number; readonly from: number; readonly to: number; readonly perInputMs: number }): Promise<Outcome> {
  const dir = mkdtempSync(join(tmpdir(), 'loop-fuzz-run-'));
  const file = join(dir, 'index');
  writeFileSync(file, Buffer.alloc(8));
  const indexNow = (): number => {
    const bytes = readFileSync(file);
    return bytes.length < 8 ? from : bytes.readDoubleLE();
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${MEMORY_MB}`, join(import.meta.dirname, 'child.ts'), decoder.name, ...[seed, from, to].map(String), file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err, hung] = ['', '', false];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err = `${err}${chunk.toString()}`.slice(-2000)));
  let seen = { index: -1, atMs: performance.now() };
  const looking = setInterval(() => {
    const index = indexNow();
    if (index !== seen.index) seen = { index, atMs: performance.now() };
    else if (performance.now() - seen.atMs > perInputMs) {
      hung = true;
      child.kill('SIGKILL');
    }
  }, LOOK_EVERY_MS);
  try {
    const code = await new Promise<number | null>((done) => child.once('close', done));
    const inputOf = inputsOf(decoder, seed);
    const died = (index: number): Outcome => ({ inputs: index - from + 1, read: 0, findings: [{ index, bytes: inputOf(index).length, what: hung ? `hangs: nothing in ${perInputMs} ms` : `ends the process: ${err.trim().split('\n').find((line) => /FATAL|Error/.test(line)) ?? `exit ${code ?? 'by a signal'}`}` }] });
    const outcome = code === 0 ? (JSON.parse(out) as Outcome) : died(indexNow());
    mkdirSync(FOUND, { recursive: true });
    for (const { index } of outcome.findings) writeFileSync(join(FOUND, `${decoder.name}-${seed}-${index}`), inputOf(index));
    return outcome;
  } finally {
    clearInterval(looking);
    rmSync(dir, { recursive: true, force: true });
  }
}
