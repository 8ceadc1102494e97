// Counted cells of one model version, per bucket of labelled_at. Cells only add and subtract; old buckets are merged into hours, then days, and a
// subtraction finds the merged one.

export type Cells = Map<string, Map<string, number>>;
export type Bucket = { readonly startMs: number; readonly lengthMs: number; readonly cells: Cells; labels: number };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FINE_FOR_MS = 2 * DAY;
const HOURS_FOR_MS = 14 * DAY;

/** Adds `by` (1 or −1) at (label, predicted). Throws RangeError below zero: the log and the snapshot disagree. */
export function addTo(cells: Cells, label: string, predicted: string, by: number): void {
  const row = cells.get(label) ?? new Map<string, number>();
  const count = (row.get(predicted) ?? 0) + by;
  if (count < 0) throw new RangeError(`cell (${label}, ${predicted}) would be ${count}`);
  if (count === 0) row.delete(predicted);
  else row.set(predicted, count);
  if (row.size === 0) cells.delete(label);
  else cells.set(label, row);
}
export function mergeInto(target: Cells, source: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
  for (const [label, row] of source) for (const [predicted, n] of row) addTo(target, label, predicted, n);
}

export type BucketKey = `${number}/${number}`;
export type Tallies = {
  /** Adds or takes back one label counted at `labelledAtMs`. */
  add(label: string, predicted: string, labelledAtMs: number, by: 1 | -1): void;
  /** Merges what is old at stream time `nowMs`. */
  age(nowMs: number): void;
  /** Newest first. */
  buckets(): readonly Bucket[];
  cumulative(): Cells;
  /** Keys changed (a bucket) or gone (undefined) since the last call. */
  changes(): ReadonlyMap<BucketKey, Bucket | undefined>;
  restore(bucket: Bucket): void;
};
const keyOf = (startMs: number, lengthMs: number): BucketKey => `${lengthMs}/${startMs}`;

export function createTallies(bucketMs: number): Tallies {
  const all = new Map<BucketKey, Bucket>();
  const total: Cells = new Map();
  const changed = new Map<BucketKey, Bucket | undefined>();
  let sorted: Bucket[] | undefined;
  let agedAt = Number.NEGATIVE_INFINITY;
  const floor = (timeMs: number, lengthMs: number): number => Math.floor(timeMs / lengthMs) * lengthMs;
  const lengths = [bucketMs, HOUR, DAY].filter((length, i) => i === 0 || length > bucketMs);

  function find(timeMs: number): Bucket | undefined {
    const fine = floor(timeMs, bucketMs);
    for (const length of lengths) {
      const bucket = all.get(keyOf(floor(fine, length), length));
      if (bucket !== undefined) return bucket;
    }
    return undefined;
  }
  function make(startMs: number, lengthMs: number): Bucket {
    const bucket: Bucket = { startMs, lengthMs, cells: new Map(), labels: 0 };
    all.set(keyOf(startMs, lengthMs), bucket);
    sorted = undefined;
    return bucket;
  }
  function remove(bucket: Bucket): void {
    const key = keyOf(bucket.startMs, bucket.lengthMs);
    all.delete(key);
    changed.set(key, undefined);
    sorted = undefined;
  }
  const touch = (bucket: Bucket): void => void changed.set(keyOf(bucket.startMs, bucket.lengthMs), bucket);

  return {
    add(label, predicted, labelledAtMs, by) {
      const bucket = find(labelledAtMs) ?? make(floor(labelledAtMs, bucketMs), bucketMs);
      addTo(bucket.cells, label, predicted, by);
      addTo(total, label, predicted, by);
      bucket.labels += by;
      if (bucket.labels === 0) remove(bucket);
      else touch(bucket);
    },
    age(nowMs) {
      if (nowMs - agedAt < HOUR) return;
      agedAt = nowMs;
      for (const [olderThan, into] of [[FINE_FOR_MS, HOUR], [HOURS_FOR_MS, DAY]] as const) {
        for (const bucket of [...all.values()]) {
          if (bucket.lengthMs >= into || bucket.startMs + bucket.lengthMs > nowMs - olderThan) continue;
          const startMs = floor(bucket.startMs, into);
          const target = all.get(keyOf(startMs, into)) ?? make(startMs, into);
          mergeInto(target.cells, bucket.cells);
          target.labels += bucket.labels;
          remove(bucket);
          touch(target);
        }
      }
    },
    buckets: () => (sorted ??= [...all.values()].sort((a, b) => b.startMs - a.startMs || a.lengthMs - b.lengthMs)),
    cumulative: () => total,
    changes() {
      const copy = new Map(changed);
      changed.clear();
      return copy;
    },
    restore(bucket) {
      all.set(keyOf(bucket.startMs, bucket.lengthMs), bucket);
      mergeInto(total, bucket.cells);
      sorted = undefined;
    },
  };
}
