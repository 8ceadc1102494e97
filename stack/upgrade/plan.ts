// In which order the processes are replaced: one after the other, first those that read what everybody writes. A pure list from a seed.
import { createRandom } from '../../schemas/random.ts';

export const SEATS = ['join-a', 'join-b', 'monitor-a', 'monitor-b', 'inference-a', 'inference-b', 'trainer'] as const;
export type Seat = (typeof SEATS)[number];
export type Release = 1 | 2;
export type Step = { readonly seat: Seat; readonly to: Release };

/** Up and back again, each seat once per way; any order is legal under FULL_TRANSITIVE, so the seed chooses. */
export function planOf(seed: number): readonly Step[] {
  const random = createRandom(seed);
  const way = (to: Release): Step[] => random.shuffle([...SEATS]).map((seat) => ({ seat, to }));
  return [...way(2), ...way(1)];
}
