// ./loop test --long fuzz: a million inputs over all decoders, each decoder in a process of its own with a deadline for every input and a bound on memory. FUZZ_SEED, FUZZ_INPUTS.
// What is found is mended, gets a test by its name, and its input is put into corpus/<decoder>/found-<what>.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDecoders } from './decoders.ts';
import { FOUND, fuzzGuarded } from './guarded.ts';
import { TWINS } from './twins.testing.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_126);
const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 1_000_000);
/** Far beyond any input here, also on a busy machine. */
const PER_INPUT_MS = 30_000;
const SAYS: Readonly<Record<string, RegExp>> = { 'twin-hangs': /^hangs/, 'twin-eats': /^ends the process: .*heap/ };

for (const twin of TWINS) {
  test(`the long run finds ${twin.name} and goes on`, async () => {
    const { findings } = await fuzzGuarded(twin, { seed: 1, from: 0, to: 10_000, perInputMs: 5000 });
    assert.match(findings[0]?.what ?? '', SAYS[twin.name] ?? /never/);
  });
}
test(`${INPUTS} inputs of seed ${SEED}`, async () => {
  const decoders = await openDecoders();
  const shares = decoders.reduce((sum, { share }) => sum + share, 0);
  let [inputs, findings] = [0, 0];
  for (const decoder of decoders) {
    const began = performance.now();
    const outcome = await fuzzGuarded(decoder, { seed: SEED, from: 0, to: Math.ceil((INPUTS * decoder.share) / shares), perInputMs: PER_INPUT_MS });
    inputs += outcome.inputs;
    findings += outcome.findings.length;
    console.log(`  ${decoder.name.padEnd(22)} ${String(outcome.inputs).padStart(8)} inputs, ${String(Math.round((100 * outcome.read) / outcome.inputs)).padStart(3)} % read, ${outcome.findings.length} findings (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    for (const { index, bytes, what } of outcome.findings) console.log(`    input ${index} of ${bytes} bytes ${what}`);
  }
  for (const one of decoders) one.close?.();
  console.log(`seed ${SEED}: ${inputs} inputs over ${decoders.length} decoders, ${findings} findings${findings === 0 ? '' : `; they lie in ${FOUND}`}`);
  assert.equal(findings, 0);
});
