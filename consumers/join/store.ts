// What the join remembers, and where: entries by prediction id, and two queues in the order of broker time from which they are freed.
// The rules (join.ts) know only this shape. In memory here, for tests and verify; on disk in diskStore.ts.
import type { VersionMix } from './mix.ts';

/** What predictions have in common: stored once. */
export type Shape = { readonly modelName: string; readonly modelVersion: string; readonly categories: readonly string[]; readonly category: string; readonly audit: boolean };
export type StoredPrediction = { readonly offset: number; readonly timeMs: number; readonly shape: Shape; readonly text: string };
/** Feedback that waits for its prediction, with the original value for the dead letter it may become. */
export type Held = { readonly offset: number; readonly timeMs: number; readonly feedbackId: string; readonly category: string | null; readonly source: string; readonly value: Uint8Array };
export type Current = { readonly label: string; readonly labelledAt: number; readonly rank: number };
/** Mutable: the join changes it and puts it back. revision: of the next event. seen: feedback ids that were applied. */
export type Entry = { prediction: StoredPrediction | undefined; current: Current | undefined; revision: number; seen: string[]; held: Held[] };
export const emptyEntry = (): Entry => ({ prediction: undefined, current: undefined, revision: 0, seen: [], held: [] });

/** What came, in order; broker times of one partition do not fall. */
export type Queue = {
  /** Time of the oldest, undefined when empty. */
  oldestMs(): number | undefined;
  /** Takes the oldest out. */
  shift(): { readonly id: string; readonly timeMs: number } | undefined;
};
/** Predictions, and those of them that have a label now; audited: of these, the ones chosen for audit. */
export type Covered = { predicted: number; labelled: number; auditPredicted: number; auditLabelled: number };
/** Running sums, kept with the entries they sum up. By versionKey: coverage of the predictions within the horizon, and the mix of answers. */
export type Sums = { unlabelled: number; held: number; coverage: Map<string, Covered>; mixes: Map<string, VersionMix> };
export const noSums = (): Sums => ({ unlabelled: 0, held: 0, coverage: new Map(), mixes: new Map() });

export type JoinStore = {
  get(id: string): Entry | undefined;
  /** Must follow every change of an entry. came: its prediction, or feedback to hold, has just come; it goes to the end of that queue. */
  put(id: string, entry: Entry, came?: 'prediction' | 'feedback'): void;
  remove(id: string): void;
  readonly predictions: Queue;
  readonly held: Queue;
  readonly sums: Sums;
};

function memoryQueue(): Queue & { push(id: string, timeMs: number): void } {
  let items: { readonly id: string; readonly timeMs: number }[] = [];
  let head = 0;
  return {
    push: (id, timeMs) => void items.push({ id, timeMs }),
    oldestMs: () => items[head]?.timeMs,
    shift() {
      const item = items[head];
      if (item === undefined) return undefined;
      head += 1;
      // The array gives its head back in large pieces.
      if (head > 10_000) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
  };
}
export function memoryStore(): JoinStore {
  const entries = new Map<string, Entry>();
  const predictions = memoryQueue();
  const held = memoryQueue();
  return {
    get: (id) => entries.get(id),
    put(id, entry, came) {
      entries.set(id, entry);
      if (came === 'prediction' && entry.prediction !== undefined) predictions.push(id, entry.prediction.timeMs);
      const last = entry.held.at(-1);
      if (came === 'feedback' && last !== undefined) held.push(id, last.timeMs);
    },
    remove: (id) => void entries.delete(id),
    predictions, held,
    sums: noSums(),
  };
}
