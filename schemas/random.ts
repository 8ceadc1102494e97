// Seeded randomness (mulberry32): the same seed gives the same run. Not for secrets.
export type Random = {
  /** In [0, 1). */
  next(): number;
  /** Integer in [0, below). */
  below(below: number): number;
  /** One element; throws RangeError on an empty list. */
  pick<T>(list: readonly T[]): T;
  /** A new list in a random order (Fisher–Yates). */
  shuffle<T>(list: readonly T[]): T[];
  bytes(length: number): Uint8Array;
};

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick<T>(list: readonly T[]): T {
      const index = below(list.length);
      if (list.length === 0) throw new RangeError('pick from an empty list');
      return list[index] as T;
    },
    shuffle<T>(list: readonly T[]): T[] {
      const result = [...list];
      for (let i = result.length - 1; i > 0; i -= 1) {
        const j = below(i + 1);
        [result[i], result[j]] = [result[j] as T, result[i] as T];
      }
      return result;
    },
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
