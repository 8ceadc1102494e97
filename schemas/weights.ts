// Weights as they are stored: only the features that have any, so that a model is as large as what it has seen. Little-endian: their numbers (uint32, ascending), W row-major [features, width], b [width].
import { poison } from './failure.ts';

export const sparseBytes = (features: number, width: number): number => 4 * (features + (features + 1) * width);

/** dense: W row-major [all features, width], then b. features: how many were kept. The answers are the same to the bit. */
export function sparseWeights(dense: Float32Array, width: number): { readonly bytes: Uint8Array; readonly features: number } {
  const all = dense.length / width - 1;
  const kept: number[] = [];
  for (let feature = 0; feature < all; feature += 1) {
    for (let c = 0; c < width; c += 1) {
      if (dense[feature * width + c] === 0) continue;
      kept.push(feature);
      break;
    }
  }
  const buffer = new ArrayBuffer(sparseBytes(kept.length, width));
  new Uint32Array(buffer, 0, kept.length).set(kept);
  const values = new Float32Array(buffer, 4 * kept.length);
  kept.forEach((feature, at) => values.set(dense.subarray(feature * width, (feature + 1) * width), at * width));
  values.set(dense.subarray(all * width), kept.length * width);
  return { bytes: new Uint8Array(buffer), features: kept.length };
}

/** The inverse; all: the recipe's feature count. Throws poison `bad_weights` when the numbers of the features are not ascending and within it. */
export function denseWeights(name: string, stored: ArrayBuffer, { features, all, width }: { features: number; all: number; width: number }): Float32Array {
  if (stored.byteLength !== sparseBytes(features, width)) throw poison('bad_weights', `the weights of ${name} have ${stored.byteLength} bytes, not those of ${features} features`);
  const index = new Uint32Array(stored, 0, features);
  const values = new Float32Array(stored, 4 * features);
  const dense = new Float32Array((all + 1) * width);
  let before = -1;
  index.forEach((feature, at) => {
    if (feature <= before || feature >= all) throw poison('bad_weights', `the weights of ${name}: feature ${feature} after ${before}, of ${all}`);
    before = feature;
    for (let c = 0; c < width; c += 1) dense[feature * width + c] = values[at * width + c] ?? 0;
  });
  dense.set(values.subarray(features * width), all * width);
  return dense;
}
