// Scores of a linear model by dot products on typed arrays: gate, load check and serving call this one function, so they agree to the bit.
import { featurise } from './features.ts';
import type { Manifest } from './manifest.ts';
import { onesIn, packWeights, type PackedWeights } from './weights.ts';

/** probabilities[i] belongs to categories[i]; they sum to 1. */
export type Scored = { readonly category: string; readonly probabilities: Float64Array };
export type Scorer = (text: string) => Scored;
type Shape = Pick<Manifest, 'categories' | 'recipe' | 'temperature'>;

/** weights: W row-major [features, categories], then b; not kept. Ties go to the first category. */
export const createScorer = (shape: Shape, weights: Float32Array): Scorer => scorerOf(shape, packWeights(weights, shape.categories.length));

/** The same from packed weights, which are kept. */
export function scorerOf({ categories, recipe, temperature }: Shape, { bits, before, rows, bias }: PackedWeights): Scorer {
  const width = categories.length;
  /** Where the rows of one text's features begin. */
  let at = new Int32Array(256);
  return (text) => {
    const { index, scale, rowScale } = featurise(text, recipe);
    if (index.length > at.length) at = new Int32Array(2 * index.length);
    let count = 0;
    for (let k = 0; k < index.length; k += 1) {
      const feature = index[k] ?? 0;
      const word = bits[feature >>> 5] ?? 0;
      const bit = 1 << (feature & 31);
      // To add nothing changes nothing.
      if ((word & bit) === 0) continue;
      at[count] = ((before[feature >>> 5] ?? 0) + onesIn(word & (bit - 1))) * width;
      scale[count] = scale[k] ?? 0;
      count += 1;
    }
    const z = new Float64Array(width);
    let top = 0;
    for (let c = 0; c < width; c += 1) {
      let sum = 0;
      for (let k = 0; k < count; k += 1) sum += (scale[k] ?? 0) * (rows[(at[k] ?? 0) + c] ?? 0);
      z[c] = rowScale * sum + (bias[c] ?? 0);
      if ((z[c] ?? 0) > (z[top] ?? 0)) top = c;
    }
    // Plain loops, in place: this runs for every answer.
    const peak = z[top] ?? 0;
    let total = 0;
    for (let c = 0; c < width; c += 1) {
      const value = Math.exp(temperature * ((z[c] ?? 0) - peak));
      z[c] = value;
      total += value;
    }
    for (let c = 0; c < width; c += 1) z[c] = (z[c] ?? 0) / total;
    return { category: categories[top] ?? '', probabilities: z };
  };
}

/** Golden rows this scorer does not reproduce within the manifest's tolerance; empty means the self-test passed. */
export function selfTest(manifest: Manifest, score: Scorer): { readonly text: string; readonly worstDifference: number }[] {
  return manifest.golden
    .map(({ text, probabilities }) => {
      const now = score(text).probabilities;
      const differences = Array.from(now, (value, i) => Math.abs(value - (probabilities[i] ?? Number.NaN)));
      return { text, worstDifference: now.length === probabilities.length ? Math.max(...differences) : Number.POSITIVE_INFINITY };
    })
    .filter(({ worstDifference }) => !(worstDifference <= manifest.tolerance));
}
