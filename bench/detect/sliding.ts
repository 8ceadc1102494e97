// The live window over a stream of label bytes, slid in constant time per label: the same labels as consumers/monitor/window.ts finds, when a bucket holds a fixed number of labels.

/** Counts per category: as label, as prediction, as both. */
export type Counts = { labels: number; readonly label: Float64Array; readonly predicted: Float64Array; readonly hit: Float64Array };
export const noCounts = (categories: number): Counts => ({ labels: 0, label: new Float64Array(categories), predicted: new Float64Array(categories), hit: new Float64Array(categories) });
export function copyCounts(to: Counts, from: Counts): void {
  to.labels = from.labels;
  to.label.set(from.label);
  to.predicted.set(from.predicted);
  to.hit.set(from.hit);
}
/** NaN without labels. */
export function weightedF1(counts: Counts): number {
  let sum = 0;
  for (let c = 0; c < counts.label.length; c += 1) {
    const support = counts.label[c] ?? 0;
    if (support > 0) sum += (support * 2 * (counts.hit[c] ?? 0)) / (support + (counts.predicted[c] ?? 0));
  }
  return sum / counts.labels;
}

/** bucketLabels: labels per bucket, 1 for a slow stream. phase: labels the first bucket would have held before this stream began. */
export type Clock = { readonly bucketLabels: number; readonly phase: number };
export type Sliding = {
  readonly counts: Counts;
  /** Counts label i, the one after the last pushed, and drops whole buckets that are no longer needed. */
  push(i: number): void;
  /** Forgets everything before label i. */
  restart(i: number): void;
};
export const startsBucket = ({ bucketLabels, phase }: Clock, i: number): boolean => (i + phase) % bucketLabels === 0;

export function createSliding(stream: Uint8Array, categories: number, wantedLabels: number, clock: Clock): Sliding {
  const counts = noCounts(categories);
  const labelOf = Uint8Array.from({ length: categories * categories }, (_, cell) => Math.floor(cell / categories));
  let from = 0;
  function count(i: number, by: 1 | -1): void {
    const cell = stream[i] ?? 0;
    const label = labelOf[cell] ?? 0;
    const predicted = cell - label * categories;
    counts.labels += by;
    counts.label[label] = (counts.label[label] ?? 0) + by;
    counts.predicted[predicted] = (counts.predicted[predicted] ?? 0) + by;
    if (label === predicted) counts.hit[label] = (counts.hit[label] ?? 0) + by;
  }
  const bucketAfter = (i: number): number => (Math.floor((i + clock.phase) / clock.bucketLabels) + 1) * clock.bucketLabels - clock.phase;
  return {
    counts,
    push(i) {
      count(i, 1);
      for (let next = bucketAfter(from); next <= i && i + 1 - next >= wantedLabels; next = bucketAfter(from)) for (; from < next; from += 1) count(from, -1);
    },
    restart(i) {
      copyCounts(counts, noCounts(categories));
      from = i;
    },
  };
}
