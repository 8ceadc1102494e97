// What the join benchmark is fed and what must come out of it. Two model versions; of the labels 5 % are corrected, 5 % are sent twice, 2 % come before their prediction.
// A second copy follows its original at once: in a table–table join a copy that came after a correction would undo it, and the peers are to be measured at a job they can do.
import type { Feedback, Prediction } from '../../schemas/events.ts';
import { createWorld } from '../feed.ts';

/** `version|label|predicted` → labels. */
export type Table = ReadonlyMap<string, number>;
export type JoinFeed = {
  prediction(i: number): Prediction;
  /** In the order in which they are sent. */
  feedbackOf(i: number): readonly Feedback[];
  readonly isEarly: (i: number) => boolean;
  /** What a batch over everything says, for predictions 0…count−1. */
  expected(count: number): Table;
};
export const cellName = (version: string, label: string, predicted: string): string => `${version}|${label}|${predicted}`;

export function createJoinFeed(seed: number): JoinFeed {
  const worlds = [createWorld({ seed, modelVersion: 'v1' }), createWorld({ seed, modelVersion: 'v2' })] as const;
  const worldOf = (i: number): (typeof worlds)[number] => worlds[i % 2 === 0 ? 0 : 1];
  function feedbackOf(i: number): Feedback[] {
    const world = worldOf(i);
    const first = world.feedback(i);
    switch (i % 20) {
      case 7:
        // The label of somebody else: now and then the same again, which is a label without effect.
        return [first, world.feedback(i, 1, world.categoryOf(i + 1))];
      case 13:
        return [first, first];
      default:
        return [first];
    }
  }
  return {
    prediction: (i) => worldOf(i).prediction(i),
    feedbackOf,
    isEarly: (i) => i % 50 === 3,
    expected(count) {
      const table = new Map<string, number>();
      for (let i = 0; i < count; i += 1) {
        const { model_version, category } = worldOf(i).prediction(i);
        const cell = cellName(model_version, feedbackOf(i).at(-1)?.category ?? '', category);
        table.set(cell, (table.get(cell) ?? 0) + 1);
      }
      return table;
    },
  };
}

/** The cells in which two tables differ. */
export const wrongCells = (expected: Table, seen: Table): number => [...new Set([...expected.keys(), ...seen.keys()])].filter((cell) => (expected.get(cell) ?? 0) !== (seen.get(cell) ?? 0)).length;
