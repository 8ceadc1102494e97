// The newest labels, in bounded memory: what has been done since a time, and which predictions are behind a cell of the confusion matrix. By the time a label was given; a prediction stands here once, with its newest word.
import type { Labelled } from '../../schemas/events.ts';

export type GivenLabel = Pick<Labelled, 'prediction_id' | 'model_version' | 'revision' | 'predicted' | 'label' | 'source' | 'labelled_at' | 'predicted_at'>;
/** Which labels are meant; what is left out is any. */
export type Cell = { readonly label?: string | undefined; readonly predicted?: string | undefined; readonly modelVersion?: string | undefined };
export type Progress = {
  readonly labelled: number; /** of them those that differ from the prediction */ readonly corrected: number; readonly withdrawn: number;
  /** who gave the labels and withdrawals: counts by source, the most frequent ones */
  readonly sources: Readonly<Record<string, number>>;
};
export type RecentLabels = {
  labelled(event: GivenLabel): void;
  since(sinceMs: number): Progress;
  /** Ids whose label now is of that cell, the newest label first. */
  behind(cell: Cell): Iterable<string>;
  /** From a prediction to its first label, of the predictions labelled last: the delay below which these shares of them lie. undefined: none is known. */
  delays(shares: readonly number[]): readonly number[] | undefined;
  /** Time of the oldest label held when some had to give way; undefined: none had to. */
  heldSince(): number | undefined;
};
const MOST_SOURCES = 50;
/** Of so many of the newest the delays are told. */
const DELAYS_OF = 1000;
type Kept = Omit<GivenLabel, 'predicted_at'> & { /** of the first label; undefined: it was not seen */ readonly delayMs: number | undefined };

export function createRecentLabels(max: number): RecentLabels {
  // In the order in which they were told, the newest last: nearly that of their times.
  const byId = new Map<string, Kept>();
  let gaveWay = false;
  return {
    labelled({ prediction_id, model_version, revision, predicted, label, source, labelled_at, predicted_at }) {
      const before = byId.get(prediction_id);
      if (before !== undefined && before.revision >= revision) return;
      byId.delete(prediction_id);
      // A label may have been there first.
      const delayMs = revision === 0 ? Math.max(0, labelled_at - predicted_at) : before?.delayMs;
      byId.set(prediction_id, { prediction_id, model_version, revision, predicted, label, source, labelled_at, delayMs });
      for (const oldest of byId.keys()) {
        if (byId.size <= max) break;
        byId.delete(oldest);
        gaveWay = true;
      }
    },
    since(sinceMs) {
      const sources = new Map<string, number>();
      let [labelled, corrected, withdrawn] = [0, 0, 0];
      for (const { label, predicted, source, labelled_at } of byId.values()) {
        if (labelled_at < sinceMs) continue;
        sources.set(source, (sources.get(source) ?? 0) + 1);
        if (label === null) withdrawn += 1;
        else labelled += 1;
        if (label !== null && label !== predicted) corrected += 1;
      }
      return { labelled, corrected, withdrawn, sources: Object.fromEntries([...sources].sort((a, b) => b[1] - a[1]).slice(0, MOST_SOURCES)) };
    },
    *behind({ label, predicted, modelVersion }) {
      for (const one of [...byId.values()].reverse()) {
        if (one.label !== null && (label === undefined || one.label === label) && (predicted === undefined || one.predicted === predicted) && (modelVersion === undefined || one.model_version === modelVersion)) yield one.prediction_id;
      }
    },
    delays(shares) {
      const delays = [...byId.values()].slice(-DELAYS_OF).flatMap(({ delayMs }) => (delayMs === undefined ? [] : [delayMs])).sort((a, b) => a - b);
      return delays.length === 0 ? undefined : shares.map((share) => delays[Math.min(delays.length - 1, Math.floor(share * delays.length))] ?? 0);
    },
    heldSince: () => (gaveWay ? byId.values().next().value?.labelled_at : undefined),
  };
}
