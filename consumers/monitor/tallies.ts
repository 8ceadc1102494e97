// Counted cells of one model version, per bucket of labelled_at. Cells only add and subtract; old buckets are merged into hours, then days, and a
// subtraction finds the merged one. The length of a bucket may change with the settings: which bucket a time belongs to is a function of that time alone.
import { addTo, mergeInto, type Cells } from './cells.ts';

export type Bucket = { readonly startMs: number; readonly lengthMs: number; readonly cells: Cells; labels: number };
/** Times from `fromMs` on are counted in buckets of `lengthMs`. In the order of time; the first is from the beginning. */
export type Lengths = readonly { readonly fromMs: number; readonly lengthMs: number }[];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FINE_FOR_MS = 2 * DAY;
const HOURS_FOR_MS = 14 * DAY;

export type BucketKey = `${number}/${number}`;
export type Tallies = {
  /** Adds or takes back one label counted at `labelledAtMs`; returns the bucket. */
  add(label: string, predicted: string, labelledAtMs: number, by: 1 | -1): Bucket;
  /** Merges what is old at stream time `nowMs`, once in an hour of it; true when something was merged. */
  age(nowMs: number): boolean;
  /** Hour of stream time up to which it has been done: part of the state, so that a restart merges at the same label. */
  readonly agedMs: () => number;
  /** Buckets with labels, oldest first; the longer first where two begin together. */
  readonly buckets: () => readonly Bucket[];
  /** Place of a bucket in `buckets()`, or of the next younger one when it has gone. */
  placeOf(bucket: Bucket): number;
  readonly cumulative: () => Cells;
  /** Keys changed (a bucket) or gone (undefined) since the last call. */
  changes(): ReadonlyMap<BucketKey, Bucket | undefined>;
  restore(buckets: readonly Bucket[], agedMs: number): void;
};
const keyOf = ({ startMs, lengthMs }: Bucket): BucketKey => `${lengthMs}/${startMs}`;
const floor = (timeMs: number, lengthMs: number): number => Math.floor(timeMs / lengthMs) * lengthMs;

/** lengths: asked anew at every call, so that a change takes effect. */
export function createTallies(lengths: () => Lengths): Tallies {
  /** length → start → bucket */
  const all = new Map<number, Map<number, Bucket>>();
  const order: Bucket[] = [];
  const total: Cells = new Map();
  /** with labels still, or emptied since it was last told */
  const changed = new Set<Bucket>();
  let agedAt = 0;
  /** The bucket asked for last: most labels fall into it. */
  let last: Bucket | undefined;

  function fineLength(timeMs: number): number {
    const known = lengths();
    for (let i = known.length - 1; i > 0; i -= 1) {
      const one = known[i];
      if (one !== undefined && one.fromMs <= timeMs) return one.lengthMs;
    }
    return known[0]?.lengthMs ?? HOUR;
  }
  /** Of the bucket or where it would stand. */
  function placeOf(startMs: number, lengthMs: number): number {
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = order[middle];
      if (there !== undefined && (there.startMs < startMs || (there.startMs === startMs && there.lengthMs > lengthMs))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  function put(bucket: Bucket): Bucket {
    const ofLength = all.get(bucket.lengthMs) ?? new Map<number, Bucket>();
    all.set(bucket.lengthMs, ofLength.set(bucket.startMs, bucket));
    order.splice(placeOf(bucket.startMs, bucket.lengthMs), 0, bucket);
    return bucket;
  }
  function remove(bucket: Bucket): void {
    all.get(bucket.lengthMs)?.delete(bucket.startMs);
    order.splice(placeOf(bucket.startMs, bucket.lengthMs), 1);
    changed.add(bucket);
    if (last === bucket) last = undefined;
  }
  const find = (startMs: number, lengthMs: number): Bucket | undefined => all.get(lengthMs)?.get(startMs);
  function bucketOf(timeMs: number): Bucket {
    const length = fineLength(timeMs);
    const startMs = floor(timeMs, length);
    if (last !== undefined && last.startMs === startMs && last.lengthMs === length) return last;
    const merged = find(startMs, length) ?? find(floor(startMs, HOUR), HOUR) ?? find(floor(startMs, DAY), DAY);
    last = merged ?? put({ startMs, lengthMs: length, cells: new Map(), labels: 0 });
    return last;
  }
  return {
    add(label, predicted, labelledAtMs, by) {
      const bucket = bucketOf(labelledAtMs);
      addTo(bucket.cells, label, predicted, by);
      addTo(total, label, predicted, by);
      bucket.labels += by;
      if (bucket.labels === 0) remove(bucket);
      else changed.add(bucket);
      return bucket;
    },
    age(nowMs) {
      if (nowMs < agedAt + HOUR) return false;
      const hour = floor(nowMs, HOUR);
      agedAt = hour;
      let merged = false;
      for (const [olderThan, into] of [[FINE_FOR_MS, HOUR], [HOURS_FOR_MS, DAY]] as const) {
        for (const bucket of order.filter(({ startMs, lengthMs }) => lengthMs < into && startMs + lengthMs <= hour - olderThan)) {
          const startMs = floor(bucket.startMs, into);
          const target = find(startMs, into) ?? put({ startMs, lengthMs: into, cells: new Map(), labels: 0 });
          mergeInto(target.cells, bucket.cells);
          target.labels += bucket.labels;
          remove(bucket);
          changed.add(target);
          merged = true;
        }
      }
      return merged;
    },
    agedMs: () => agedAt,
    buckets: () => order,
    placeOf: ({ startMs, lengthMs }) => placeOf(startMs, lengthMs),
    cumulative: () => total,
    changes() {
      const told = new Map<BucketKey, Bucket | undefined>();
      // One that was emptied may have been made again meanwhile: what stands there now counts.
      for (const bucket of changed) told.set(keyOf(bucket), find(bucket.startMs, bucket.lengthMs));
      changed.clear();
      return told;
    },
    restore(buckets, agedMs) {
      for (const bucket of buckets) {
        put(bucket);
        mergeInto(total, bucket.cells);
      }
      agedAt = agedMs;
    },
  };
}
