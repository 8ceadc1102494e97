import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_RECIPE, featureCount, featurise, type Recipe } from './features.ts';
import { createRandom } from './random.ts';
import { createScorer } from './scorer.ts';

const RECIPE: Recipe = { ...DEFAULT_RECIPE, wordBits: 8, charBits: 8, pairBits: 8 };
const random = createRandom(7);
const WORDS = 'lemon Sparkling water été straße ﬁsh 330 ml organic Kestrel 500g rice cooked beans x y'.split(' ');
const textOf = (words: number): string => Array.from({ length: words }, () => random.pick(WORDS)).join(' ');

/** The definition: every row of W, in the order of the features. */
function byDefinition(categories: readonly string[], temperature: number, weights: Float32Array, text: string): { category: string | undefined; probabilities: number[] } {
  const width = categories.length;
  const { index, scale, rowScale } = featurise(text, RECIPE);
  const z = categories.map((_, c) => {
    let sum = 0;
    index.forEach((feature, k) => (sum += (scale[k] ?? 0) * (weights[feature * width + c] ?? 0)));
    return rowScale * sum + (weights[weights.length - width + c] ?? 0);
  });
  const peak = Math.max(...z);
  const values = z.map((value) => Math.exp(temperature * (value - peak)));
  const total = values.reduce((sum, value) => sum + value, 0);
  return { category: categories[z.indexOf(peak)], probabilities: values.map((value) => value / total) };
}

for (const [what, width, share] of [['all rows have weights', 5, 1], ['a fifth of them have', 3, 0.2], ['none has', 2, 0]] as const) {
  test(`the scores are those of the definition, to the bit: ${what}`, () => {
    const categories = Array.from({ length: width }, (_, c) => `c${c}`);
    const weights = new Float32Array((featureCount(RECIPE) + 1) * width);
    for (let row = 0; row <= featureCount(RECIPE); row += 1) {
      if (random.next() >= share && row < featureCount(RECIPE)) continue;
      // Zeroes inside a row, too, and one that is negative.
      for (let c = 0; c < width; c += 1) weights[row * width + c] = random.next() < 0.2 ? -0 : random.next() - 0.5;
    }
    const score = createScorer({ categories, recipe: RECIPE, temperature: 3 }, weights);
    // A long one, then short ones: what one text leaves behind is not seen by the next.
    for (const words of [400, 0, 1, 2, 7, 30, 7]) {
      const text = textOf(words);
      const { category, probabilities } = score(text);
      assert.deepEqual({ category, probabilities: [...probabilities] }, byDefinition(categories, 3, weights, text));
    }
  });
}
test('a scorer keeps its weights, whatever becomes of the list', () => {
  const weights = new Float32Array((featureCount(RECIPE) + 1) * 2).fill(0.5);
  const score = createScorer({ categories: ['a', 'b'], recipe: RECIPE, temperature: 1 }, weights);
  const before = score('lemon water');
  weights.fill(9);
  assert.deepEqual(score('lemon water'), before);
});
