// Scores of a linear model by dot products on typed arrays: gate, load check and serving call this one function, so they agree to the bit.
import { featurise } from './features.ts';
import type { Manifest } from './manifest.ts';

/** probabilities[i] belongs to categories[i]; they sum to 1. */
export type Scored = { readonly category: string; readonly probabilities: Float64Array };
export type Scorer = (text: string) => Scored;
type Shape = Pick<Manifest, 'categories' | 'recipe' | 'temperature'>;

/** weights: W row-major [features, categories], then b. Ties go to the first category. */
export function createScorer({ categories, recipe, temperature }: Shape, weights: Float32Array): Scorer {
  const width = categories.length;
  const biasAt = weights.length - width;
  return (text) => {
    const { index, scale, rowScale } = featurise(text, recipe);
    const z = new Float64Array(width);
    for (let k = 0; k < index.length; k += 1) {
      const row = (index[k] ?? 0) * width;
      const s = scale[k] ?? 0;
      for (let c = 0; c < width; c += 1) z[c] = (z[c] ?? 0) + s * (weights[row + c] ?? 0);
    }
    let top = 0;
    for (let c = 0; c < width; c += 1) {
      z[c] = rowScale * (z[c] ?? 0) + (weights[biasAt + c] ?? 0);
      if ((z[c] ?? 0) > (z[top] ?? 0)) top = c;
    }
    const peak = z[top] ?? 0;
    const probabilities = z.map((value) => Math.exp(temperature * (value - peak)));
    const total = probabilities.reduce((sum, value) => sum + value, 0);
    return { category: categories[top] ?? '', probabilities: probabilities.map((value) => value / total) };
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
