import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { LoopError } from './failure.ts';
import { DEFAULT_RECIPE, featureCount, featurise, type Recipe } from './features.ts';
import { createScorer } from './scorer.ts';
import { denseWeights, sparseBytes, sparseWeights } from './weights.ts';

const V1: Recipe = { kind: 'hashed-word-char-v1', wordBits: 18, charBits: 18, charMin: 3, charMax: 4, wordScale: 2.4, rowNorm: 1.4, aisleTag: true };
const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

test('law: what is stored reads back to the same bits, whatever is zero', () => {
  const weights = fc.array(fc.oneof(fc.constant([0, 0, 0]), fc.tuple(fc.float({ noNaN: true }), fc.constant(0), fc.float({ noNaN: true }))), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(weights, (rows) => {
    const dense = Float32Array.from(rows.flat(), (value) => value + 0);
    const { bytes, features } = sparseWeights(dense, 3);
    assert.equal(bytes.length, sparseBytes(features, 3));
    assert.deepEqual(denseWeights('m', bufferOf(bytes), { features, all: rows.length - 1, width: 3 }), dense);
  }));
});
test('features out of order, out of range or of another number are refused', () => {
  const { bytes } = sparseWeights(Float32Array.of(1, 2, 3, 4), 1);
  const read = (edit: (index: Uint32Array) => void, features = 3, all = 3) => () => {
    const copy = bufferOf(bytes);
    edit(new Uint32Array(copy, 0, 3));
    return denseWeights('m', copy, { features, all, width: 1 });
  };
  const refused = (error: unknown): boolean => error instanceof LoopError && error.kind === 'poison' && error.code === 'bad_weights';
  assert.doesNotThrow(read(() => undefined));
  assert.throws(read((index) => index.set([1, 0], 0)), refused);
  assert.throws(read((index) => index.set([1, 1], 0)), refused);
  assert.throws(read(() => undefined, 3, 2), refused);
  assert.throws(read(() => undefined, 2), refused);
});
test('a model of format 1 finds its features where it always did', () => {
  const seen = ['cookies cakes Chocolate Chip', 'Crème Brûlée 12 oz', ''].map((text) => {
    const { index, scale, rowScale } = featurise(text, V1);
    return createHash('sha256').update(index).update(scale).update(String(rowScale)).digest('hex').slice(0, 16);
  });
  // From the code of 2026-11-25, before recipes of kind v2.
  assert.deepEqual(seen, ['6fb530fc4fdaccd0', '4455767e8eaba6a4', '5feceb66ffc86f38']);
});
test('marks: first word, last word and the number of words; pairs in any order', () => {
  const count = (text: string, more: Partial<typeof DEFAULT_RECIPE>): number => featurise(text, { ...DEFAULT_RECIPE, charMax: 0, ...more }).index.length;
  assert.equal(count('Red Apple Juice', { marks: false, pairScale: 0 }), 5);
  assert.equal(count('Red Apple Juice', { marks: true, pairScale: 0 }), 8);
  assert.equal(count('Red Apple Juice', { marks: false, pairScale: 0.5 }), 8);
  const only = (text: string): number[] => {
    const plain = new Set(featurise(text, { ...DEFAULT_RECIPE, charMax: 0, marks: false, pairScale: 0 }).index);
    return [...featurise(text, { ...DEFAULT_RECIPE, charMax: 0, marks: false, pairScale: 0.5 }).index].filter((feature) => !plain.has(feature));
  };
  assert.deepEqual(only('Red Apple Juice'), only('Juice Apple Red'));
});
test('a scorer over sparse weights answers as over dense ones, to the bit', () => {
  const recipe: Recipe = { ...DEFAULT_RECIPE, wordBits: 8 };
  const dense = Float32Array.from({ length: (featureCount(recipe) + 1) * 2 }, (_, i) => (i % 3 === 0 ? 0 : Math.fround(Math.sin(i))));
  const { bytes, features } = sparseWeights(dense, 2);
  const shape = { categories: ['a', 'b'], recipe, temperature: 2 };
  const [one, other] = [createScorer(shape, dense), createScorer(shape, denseWeights('m', bufferOf(bytes), { features, all: featureCount(recipe), width: 2 }))];
  for (const text of ['Red Apple', 'tea Green Tea', '']) assert.deepEqual(one(text), other(text));
});
test('a very long text stays cheap: pairs are those of its first words', () => {
  const long = Array.from({ length: 1000 }, (_, i) => `w${i}`).join(' ');
  assert.ok(featurise(long, { ...DEFAULT_RECIPE, charMax: 0 }).index.length < 2000 + 32 * 31);
});
