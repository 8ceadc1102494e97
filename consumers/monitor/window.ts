// The live window: the newest bucket and whole buckets backwards until enough labels, none older than a maximum age.
import { mergeInto, type Bucket, type Cells } from './tallies.ts';

export type Window = { readonly cells: Cells; readonly labels: number; /** start of the oldest bucket; undefined when empty */ readonly fromMs: number | undefined };

/** buckets: newest first. nowMs: stream time in the fold, wall clock at scrape. */
export function windowOf(buckets: readonly Bucket[], wantedLabels: number, maxAgeMs: number, nowMs: number): Window {
  const cells: Cells = new Map();
  let labels = 0;
  let fromMs: number | undefined;
  for (const bucket of buckets) {
    if (labels >= wantedLabels || bucket.startMs < nowMs - maxAgeMs) break;
    mergeInto(cells, bucket.cells);
    labels += bucket.labels;
    fromMs = bucket.startMs;
  }
  return { cells, labels, fromMs };
}
