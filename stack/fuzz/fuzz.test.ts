// A short run of every decoder, and its corpus. ./loop test --long fuzz: a million inputs in processes that may be hung or out of memory. FUZZ_SEED chooses other inputs.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { poison, transient } from '../../schemas/failure.ts';
import { createRandom } from '../../schemas/random.ts';
import { openDecoders } from './decoders.ts';
import { damage, mutate, mutateJson } from './mutate.ts';
import { Broken, bytesOf, corpusOf, foldersOfCorpus, fuzz, inputsOf, judge, type Decoder } from './run.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
/** To one of its share in a long run. */
const INPUTS_PER_SHARE = 40;
const decoders = await openDecoders();
after(() => decoders.forEach((one) => one.close?.()));

for (const decoder of decoders) {
  const inputs = decoder.share * INPUTS_PER_SHARE;
  test(`${decoder.name}: the corpus, then ${inputs} inputs of seed ${SEED}, give something or a LoopError`, async () => {
    for (const { file, bytes } of corpusOf(decoder.name)) {
      const { status } = await judge(decoder, bytes);
      assert.notEqual(status, 'broken', file);
      if (file.startsWith('found-')) assert.equal(status, 'refused', file);
      if (!file.startsWith('valid-')) continue;
      const read: unknown = await decoder.decode(bytes);
      // A request is valid when it is answered.
      if (decoder.name === 'http') assert.match(JSON.stringify(read), /^\{"status":20/, file);
    }
    assert.deepEqual((await fuzz(decoder, { seed: SEED, from: 0, to: inputs })).findings, []);
  });
}
test('every decoder has valid examples, and every folder of the corpus a decoder', () => {
  for (const { name, seeds = [] } of decoders) assert.ok(seeds.length > 0 || corpusOf(name).some(({ file }) => file.startsWith('valid-')), name);
  const names = new Set(decoders.map(({ name }) => name));
  assert.equal(names.size, decoders.length);
  assert.deepEqual(foldersOfCorpus().filter((name) => !names.has(name)), []);
});

const broken = (decode: Decoder['decode']): Decoder => ({ name: 'twin', share: 1, seeds: [bytesOf('{"a":[1,2,3],"b":"text"}')], decode });
const TWINS: readonly (readonly [what: string, says: RegExp, decoder: Decoder])[] = [
  ['throws what the platform throws', /^throws RangeError .*out of range/s, broken((bytes) => Buffer.from(bytes).readUInt32LE(14))],
  ['lets an error of JSON through', /^throws SyntaxError/, broken((bytes) => JSON.parse(new TextDecoder().decode(bytes)))],
  ['makes much of little', /^makes more than \d+ bytes of \d+/, broken((bytes) => (bytes.length > 30 ? new Array(2e6).fill(0) : undefined))],
  ['names nothing', /^says only 'bad'/, broken(() => {
    throw poison('bad', 'bad');
  })],
  ['would be tried for ever', /^throws a transient away/, broken(() => {
    throw transient('away', 'it does not answer');
  })],
  ['breaks a law of its own', /^two differ/, broken(() => {
    throw new Broken('two differ');
  })],
];
for (const [what, says, decoder] of TWINS) {
  test(`the run finds a decoder that ${what}`, async () => {
    const { findings } = await fuzz(decoder, { seed: 1, from: 0, to: 2000 });
    assert.ok(findings.some((one) => says.test(one.what)), JSON.stringify(findings[0]));
  });
}

test('an input is told by seed, decoder and number', () => {
  const one = (seed: number, index: number): string => Buffer.from(inputsOf(broken(() => undefined), seed)(index)).toString('hex');
  assert.equal(one(1, 7), one(1, 7));
  assert.equal(new Set(Array.from({ length: 50 }, (_, index) => one(1, index))).size > 40, true);
  assert.notEqual(one(1, 7), one(2, 7));
});
test('changed bytes and changed JSON are bounded, and mostly not what they were', () => {
  const random = createRandom(1);
  const seed = bytesOf('{"a":[1,2,3],"b":{"c":"text"}}');
  let same = 0;
  for (let n = 0; n < 3000; n += 1) {
    const changed = mutate(random, [seed], [bytesOf('word')]);
    assert.ok(changed.length <= 64 * 1024);
    if (Buffer.compare(changed, seed) === 0) same += 1;
    assert.ok(damage(random, seed).length <= seed.length);
    assert.doesNotThrow(() => JSON.stringify(mutateJson(random, { a: [1, 2, 3], b: { c: 'text' } })));
  }
  assert.ok(same < 300, `${same} of 3000 unchanged`);
});
