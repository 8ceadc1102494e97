import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { LoopError } from './failure.ts';
import { aisleOf, DEFAULT_RECIPE, featureCount, featurise, normalise, type Recipe } from './features.ts';
import { createScorer, scorerOf } from './scorer.ts';
import { packStored, packWeights, sparseBytes, sparseWeights } from './weights.ts';

const V1: Recipe = { kind: 'hashed-word-char-v1', wordBits: 18, charBits: 18, charMin: 3, charMax: 4, wordScale: 2.4, rowNorm: 1.4, aisleTag: true };
const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

test('law: what is stored is packed as the dense weights are, to the bit, whatever is zero', () => {
  const weights = fc.array(fc.oneof(fc.constant([0, 0, 0]), fc.tuple(fc.float({ noNaN: true }), fc.constant(0), fc.float({ noNaN: true }))), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(weights, (rows) => {
    const dense = Float32Array.from(rows.flat(), (value) => value + 0);
    const { bytes, features } = sparseWeights(dense, 3);
    assert.equal(bytes.length, sparseBytes(features, 3));
    const packed = packStored('m', bufferOf(bytes), { features, all: rows.length - 1, width: 3 });
    assert.deepEqual(packed, packWeights(dense, 3));
    assert.equal(packed.rows.length, features * 3);
  }));
});
test('features out of order, out of range or of another number are refused', () => {
  const { bytes } = sparseWeights(Float32Array.of(1, 2, 3, 4), 1);
  const read = (edit: (index: Uint32Array) => void, features = 3, all = 3) => () => {
    const copy = bufferOf(bytes);
    edit(new Uint32Array(copy, 0, 3));
    return packStored('m', copy, { features, all, width: 1 });
  };
  const refused = (error: unknown): boolean => error instanceof LoopError && error.kind === 'poison' && error.code === 'bad_weights';
  assert.doesNotThrow(read(() => undefined));
  assert.throws(read((index) => index.set([1, 0], 0)), refused);
  assert.throws(read((index) => index.set([1, 1], 0)), refused);
  assert.throws(read(() => undefined, 3, 2), refused);
  assert.throws(read(() => undefined, 2), refused);
});
const V2: Recipe = { kind: 'hashed-words-v2', wordBits: 19, charBits: 18, charMin: 4, charMax: 4, wordScale: 3, rowNorm: 1, aisleTag: true, marks: true, pairBits: 19, pairScale: 1.2 };
test('models of earlier recipes find their features where they always did', () => {
  const seen = [V1, V2].map((recipe) => ['cookies cakes Chocolate Chip', 'Crème Brûlée 12 oz', ''].map((text) => {
    const { index, scale, rowScale } = featurise(text, recipe);
    return createHash('sha256').update(index).update(scale).update(String(rowScale)).digest('hex').slice(0, 16);
  }));
  // From the code of 2026-11-25, before recipes of kind v2, and of 2026-11-26, before kind v3.
  assert.deepEqual(seen, [['6fb530fc4fdaccd0', '4455767e8eaba6a4', '5feceb66ffc86f38'], ['bdad82d47f4e8451', 'c0bf6c24f4ba7144', '5feceb66ffc86f38']]);
});
test('affixes: beginning and end of every word longer than they are, and nothing else', () => {
  const only = (text: string): Set<number> => {
    const plain = new Set(featurise(text, { ...DEFAULT_RECIPE, affix: 0, pairScale: 0 }).index);
    return new Set([...featurise(text, { ...DEFAULT_RECIPE, affix: 4, pairScale: 0 }).index].filter((feature) => !plain.has(feature)));
  };
  assert.deepEqual([only('Teas').size, only('Juice').size, only('Juice Juices').size], [0, 2, 3]);
  const common = [...only('Juicy')].filter((feature) => only('Juice').has(feature));
  assert.equal(common.length, 1);
});
test('law: texts of plain characters take a shorter way to the same end', () => {
  // A letter that is no plain one, behind the text, makes the other code run.
  const words = fc.array(fc.oneof(fc.constantFrom('tea', 'Tea', 'TEA', '12', '-', "o'Neil", 'b2', '~', '  '), fc.string({ maxLength: 6 })), { maxLength: 6 }).map((parts) => parts.join(' '));
  fc.assert(fc.property(words, (text) => {
    const odd = normalise(`${text} ż`);
    assert.equal(odd, `${normalise(text)} z`.trimStart());
    const [short, long] = [aisleOf(`${text} End`), aisleOf(`${text} End Ż`)];
    assert.deepEqual([`${short.aisle}|${short.aisle === '' ? '' : short.rest} Ż`], [`${long.aisle}|${long.aisle === '' ? ' Ż' : long.rest}`]);
  }));
});
test('marks: first word, last word and the number of words; pairs in any order', () => {
  const count = (text: string, more: Partial<typeof DEFAULT_RECIPE>): number => featurise(text, { ...DEFAULT_RECIPE, affix: 0, ...more }).index.length;
  assert.equal(count('Red Apple Juice', { marks: false, pairScale: 0 }), 5);
  assert.equal(count('Red Apple Juice', { marks: true, pairScale: 0 }), 8);
  assert.equal(count('Red Apple Juice', { marks: false, pairScale: 0.5 }), 8);
  const only = (text: string): number[] => {
    const plain = new Set(featurise(text, { ...DEFAULT_RECIPE, affix: 0, marks: false, pairScale: 0 }).index);
    return [...featurise(text, { ...DEFAULT_RECIPE, affix: 0, marks: false, pairScale: 0.5 }).index].filter((feature) => !plain.has(feature));
  };
  assert.deepEqual(only('Red Apple Juice'), only('Juice Apple Red'));
});
test('a scorer over sparse weights answers as over dense ones, to the bit', () => {
  const recipe: Recipe = { ...DEFAULT_RECIPE, wordBits: 8 };
  const dense = Float32Array.from({ length: (featureCount(recipe) + 1) * 2 }, (_, i) => (i % 3 === 0 ? 0 : Math.fround(Math.sin(i))));
  const { bytes, features } = sparseWeights(dense, 2);
  const shape = { categories: ['a', 'b'], recipe, temperature: 2 };
  const [one, other] = [createScorer(shape, dense), scorerOf(shape, packStored('m', bufferOf(bytes), { features, all: featureCount(recipe), width: 2 }))];
  for (const text of ['Red Apple', 'tea Green Tea', '']) assert.deepEqual(one(text), other(text));
});
test('a very long text stays cheap: pairs are those of its first words', () => {
  const long = Array.from({ length: 1000 }, (_, i) => `w${i}`).join(' ');
  assert.ok(featurise(long, DEFAULT_RECIPE).index.length < 2000 + 32 * 31);
});
