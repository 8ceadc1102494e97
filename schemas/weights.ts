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

/** Weights as they are scored with: only the rows of W that have any, one after the other, so that what a text touches stays in the processor's cache. Which they are stands in a bit map over all features;
 *  where one lies, in the number of ones before its word. */
export type PackedWeights = { readonly bits: Uint32Array; readonly before: Uint32Array; readonly rows: Float32Array; readonly bias: Float32Array };

export const onesIn = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};
function countOnes(bits: Uint32Array): { readonly before: Uint32Array; readonly total: number } {
  const before = new Uint32Array(bits.length);
  let total = 0;
  for (let word = 0; word < bits.length; word += 1) {
    before[word] = total;
    total += onesIn(bits[word] ?? 0);
  }
  return { before, total };
}
/** dense: W row-major [all features, width], then b; not kept. */
export function packWeights(dense: Float32Array, width: number): PackedWeights {
  const count = dense.length / width - 1;
  const bits = new Uint32Array(Math.ceil(count / 32));
  for (let at = 0; at < count * width; at += 1) {
    if (dense[at] === 0) continue;
    const row = Math.floor(at / width);
    bits[row >>> 5] = (bits[row >>> 5] ?? 0) | (1 << (row & 31));
    at = (row + 1) * width - 1;
  }
  const { before, total } = countOnes(bits);
  const rows = new Float32Array(total * width);
  let to = 0;
  for (let row = 0; row < count; row += 1) {
    if ((((bits[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 0) continue;
    rows.set(dense.subarray(row * width, (row + 1) * width), to);
    to += width;
  }
  return { bits, before, rows, bias: dense.slice(count * width) };
}
type StoredShape = { readonly features: number; readonly all: number; readonly width: number };
/** The stored form as it is scored with, without a copy: a model is taken over while others are served. Throws poison `bad_weights` when the numbers of the features are not ascending and within all. */
export function packStored(name: string, stored: ArrayBuffer, { features, all, width }: StoredShape): PackedWeights {
  if (stored.byteLength !== sparseBytes(features, width)) throw poison('bad_weights', `the weights of ${name} have ${stored.byteLength} bytes, not those of ${features} features`);
  const bits = new Uint32Array(Math.ceil(all / 32));
  let last = -1;
  for (const feature of new Uint32Array(stored, 0, features)) {
    if (feature <= last || feature >= all) throw poison('bad_weights', `the weights of ${name}: feature ${feature} after ${last}, of ${all}`);
    last = feature;
    bits[feature >>> 5] = (bits[feature >>> 5] ?? 0) | (1 << (feature & 31));
  }
  return { bits, before: countOnes(bits).before, rows: new Float32Array(stored, 4 * features, features * width), bias: new Float32Array(stored, 4 * features * (1 + width), width) };
}
