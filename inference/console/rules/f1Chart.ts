// F1 over time as a picture: a line with its band per version, the threshold, promotions, and the support below. Where nobody has labelled there is a gap.
import { NONE } from './format.ts';
import { linear, pathOf, ticks, timeTicks } from './scale.ts';
import type { Bucket, VersionHistory } from './wire.ts';

export type Mark = { readonly atMs: number; readonly version: string };
export type Frame = { readonly width: number; readonly height: number };
export type Line = { readonly version: string; readonly place: number; readonly line: string; readonly band: string; readonly dots: readonly { readonly x: number; readonly y: number }[] };
export type F1Chart = {
  readonly frame: Frame; readonly left: number; readonly right: number; readonly top: number; readonly floor: number; readonly bottom: number;
  readonly lines: readonly Line[]; readonly support: readonly { readonly x: number; readonly y: number; readonly width: number; readonly height: number }[]; readonly mostLabels: number;
  readonly thresholdY: number; readonly marks: readonly { readonly x: number; readonly version: string; readonly labelled: boolean }[];
  readonly xTicks: readonly { readonly x: number; readonly atMs: number }[]; readonly stepMs: number; readonly yTicks: readonly { readonly y: number; readonly value: number }[];
  /** Per time with labels, the newest last. */
  readonly points: readonly (Bucket & { readonly version: string; readonly x: number })[];
};
const LEFT = 40;
const RIGHT = 12;
const TOP = 18;
const SUPPORT_HEIGHT = 34;
const GAP = 8;
const AXIS = 20;
const ROOM_FOR_A_NAME = 28;
const TELLING_SHARE = 0.2;

/** A run ends where a bucket is missing. */
export function runsOf(buckets: readonly Bucket[]): Bucket[][] {
  const runs: Bucket[][] = [];
  for (const bucket of buckets) {
    if (bucket.weighted_f1 === null) continue;
    const last = runs.at(-1)?.at(-1);
    if (last !== undefined && bucket.start_ms - (last.start_ms + last.length_ms) <= 2 * Math.max(last.length_ms, bucket.length_ms)) runs.at(-1)?.push(bucket);
    else runs.push([bucket]);
  }
  return runs;
}

/** undefined: nobody has labelled anything yet. */
export function f1Chart(history: readonly VersionHistory[], marks: readonly Mark[], threshold: number, frame: Frame): F1Chart | undefined {
  const versions = history.map(({ model_version, buckets }) => ({ model_version, buckets: buckets.filter((one) => one.weighted_f1 !== null && one.labels > 0) })).filter(({ buckets }) => buckets.length > 0);
  const all = versions.flatMap(({ buckets }) => buckets);
  if (all.length === 0) return undefined;
  const from = Math.min(...all.map((one) => one.start_ms));
  const to = Math.max(...all.map((one) => one.start_ms + one.length_ms));
  const mostLabels = Math.max(...all.map((one) => one.labels));
  // A handful of labels may come to any F1: they do not stretch the picture, and what they bring below its floor is drawn on the floor.
  const lowest = Math.min(threshold - 0.02, ...all.filter((one) => one.labels >= mostLabels * TELLING_SHARE).map((one) => one.weighted_f1 ?? 1));
  const low = Math.max(0, Math.floor(lowest * 10) / 10);
  const bottom = frame.height - AXIS;
  const floor = bottom - SUPPORT_HEIGHT - GAP;
  const right = frame.width - RIGHT;
  const x = linear([from, to], [LEFT, right]);
  const y = linear([low, 1], [floor, TOP]);
  const tall = linear([0, mostLabels], [0, SUPPORT_HEIGHT]);
  const middle = (one: Bucket): number => x(one.start_ms + one.length_ms / 2);
  const clipped = (value: number): number => y(Math.max(low, value));
  const lines = versions.map(({ model_version, buckets }, place): Line => {
    const runs = runsOf(buckets);
    const edge = (one: Bucket, i: 0 | 1): readonly [number, number] => [middle(one), clipped(one.band?.[i] ?? one.weighted_f1 ?? 0)];
    return {
      version: model_version, place, line: pathOf(runs.map((run) => run.map((one) => [middle(one), clipped(one.weighted_f1 ?? 0)] as const))),
      band: runs.map((run) => `${pathOf([[...run.map((one) => edge(one, 1)), ...run.toReversed().map((one) => edge(one, 0))]])}Z`).join(''),
      // A run of one bucket has no line to be seen.
      dots: runs.filter((run) => run.length === 1).flatMap((run) => run.map((one) => ({ x: middle(one), y: clipped(one.weighted_f1 ?? 0) }))),
    };
  });
  const time = timeTicks(from, to, Math.max(2, Math.floor((right - LEFT) / 90)));
  let named = -Infinity;
  return {
    frame, left: LEFT, right, top: TOP, floor, bottom, lines, mostLabels, thresholdY: y(threshold), stepMs: time.stepMs,
    support: all.map((one) => ({ x: x(one.start_ms), width: Math.max(1, x(one.start_ms + one.length_ms) - x(one.start_ms) - 0.5), y: bottom - tall(one.labels), height: tall(one.labels) })),
    marks: marks.filter(({ atMs }) => atMs >= from && atMs <= to).toSorted((a, b) => a.atMs - b.atMs).map(({ atMs, version }) => {
      const place = x(atMs);
      const labelled = place - named >= ROOM_FOR_A_NAME;
      if (labelled) named = place;
      return { x: place, version, labelled };
    }),
    xTicks: time.at.map((atMs) => ({ atMs, x: x(atMs) })), yTicks: ticks(low, 1, 4).map((value) => ({ value, y: y(value) })),
    points: versions.flatMap(({ model_version, buckets }) => buckets.map((one) => ({ ...one, version: model_version, x: middle(one) }))).toSorted((a, b) => a.start_ms - b.start_ms),
  };
}

/** The picture in a sentence, for those who cannot see it. */
export function inWords(chart: F1Chart, threshold: number): string {
  const [first, last] = [chart.points[0], chart.points.at(-1)];
  const [lowest] = chart.points.toSorted((a, b) => (a.weighted_f1 ?? 1) - (b.weighted_f1 ?? 1));
  const figure = (one: Bucket | undefined): string => one?.weighted_f1?.toFixed(3) ?? NONE;
  return `F1 over time: ${figure(first)} at first, ${figure(last)} now, ${figure(lowest)} at the lowest; threshold ${threshold.toFixed(2)}; versions ${chart.lines.map(({ version }) => version).join(', ')}; ${chart.marks.length} promotions in the picture.`;
}
