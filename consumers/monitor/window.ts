// The live window: the newest bucket and whole buckets backwards until enough labels, none older than a maximum age.
import { createMarginals, type Marginals } from '../../schemas/f1.ts';
import { mergeInto, addTo, type Cells } from './cells.ts';
import type { Bucket, Tallies } from './tallies.ts';

export type Window = { readonly cells: Cells; readonly labels: number; /** start of the oldest bucket; undefined when empty */ readonly fromMs: number | undefined };

/** The window counted anew. buckets: oldest first. nowMs: stream time in the fold, wall clock at scrape. */
export function windowOf(buckets: readonly Bucket[], wantedLabels: number, maxAgeMs: number, nowMs: number): Window {
  const cells: Cells = new Map();
  let labels = 0;
  let fromMs: number | undefined;
  for (const bucket of buckets.toReversed()) {
    if (labels >= wantedLabels || bucket.startMs < nowMs - maxAgeMs) break;
    mergeInto(cells, bucket.cells);
    labels += bucket.labels;
    fromMs = bucket.startMs;
  }
  return { cells, labels, fromMs };
}

/** The same window kept up to date label by label, with its marginals. */
export type RunningWindow = Window & {
  readonly marginals: Marginals;
  /** One label was added to or taken out of `bucket`. */
  follow(bucket: Bucket, label: string, predicted: string, by: 1 | -1): void;
  /** Lets go what is too much or too old at `nowMs`, takes in what has room. After every change. */
  fit(nowMs: number): void;
  /** Buckets were merged or restored: counts anew. */
  recount(nowMs: number): void;
};
/** freshFromMs: no bucket that began before is inside. */
export function createRunningWindow(tallies: Tallies, wanted: () => { readonly windowLabels: number; readonly windowMaxAgeMs: number }, freshFromMs: () => number = () => 0): RunningWindow {
  const cells: Cells = new Map();
  const marginals = createMarginals();
  /** The oldest bucket inside; all younger ones are inside too. */
  let oldest: Bucket | undefined;
  let labels = 0;

  function take(bucket: Bucket, sign: 1 | -1): void {
    bucket.cells.forEach((row, label) => row.forEach((n, predicted) => {
      addTo(cells, label, predicted, sign * n);
      marginals.add(label, predicted, sign * n);
    }));
    labels += sign * bucket.labels;
  }
  function clear(): void {
    cells.clear();
    marginals.clear();
    labels = 0;
    oldest = undefined;
  }
  const isInside = (bucket: Bucket): boolean => oldest !== undefined && (bucket === oldest || bucket.startMs > oldest.startMs || (bucket.startMs === oldest.startMs && bucket.lengthMs < oldest.lengthMs));

  function fit(nowMs: number): void {
    const order = tallies.buckets();
    const { windowLabels, windowMaxAgeMs } = wanted();
    const fromMs = Math.max(nowMs - windowMaxAgeMs, freshFromMs());
    while (oldest !== undefined && (oldest.startMs < fromMs || labels - oldest.labels >= windowLabels)) {
      const place = tallies.placeOf(oldest);
      take(oldest, -1);
      oldest = order[place + 1];
    }
    if (labels >= windowLabels) return;
    for (let place = (oldest === undefined ? order.length : tallies.placeOf(oldest)) - 1; place >= 0 && labels < windowLabels; place -= 1) {
      const next = order[place];
      if (next === undefined || next.startMs < fromMs) return;
      take(next, 1);
      oldest = next;
    }
  }
  function recount(nowMs: number): void {
    clear();
    fit(nowMs);
  }
  return {
    cells, marginals, fit, recount,
    get labels() {
      return labels;
    },
    get fromMs() {
      return oldest?.startMs;
    },
    follow(bucket, label, predicted, by) {
      if (!isInside(bucket)) return;
      addTo(cells, label, predicted, by);
      marginals.add(label, predicted, by);
      labels += by;
      // Emptied, and so gone.
      if (bucket.labels === 0 && bucket === oldest) oldest = tallies.buckets()[tallies.placeOf(bucket)];
    },
  };
}
