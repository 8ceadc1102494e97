// What is simulated: which truths, how long, how often. All streams of one plan are drawn from one generator, one after the other, so no two share draws.
import type { Random } from '../../schemas/random.ts';
import type { Clock } from './sliding.ts';
import { drawStream, samplerOf, truthWith, type Truth } from './stream.ts';

export const MIN_F1 = 0.8;
export const CATEGORY_COUNTS = [5, 10] as const;
export const CONSTANT_F1 = [0.85, 0.82, 0.8] as const;
export const DROP_FROM = 0.85;
export const DROPS = [0.78, 0.75, 0.7, 0.6] as const;
/** 20 labels a second in buckets of 60 s. */
export const FAST_BUCKET = 1200;
export type Speed = 'fast' | 'slow';

export type Run = { readonly stream: Uint8Array; /** where in its bucket a fast stream begins */ readonly phase: number };
export type Scenario = { readonly categories: number; readonly f1: number; /** labels before the drop; undefined: F1 is `f1` throughout */ readonly dropAt: number | undefined; readonly labels: number; readonly runs: readonly Run[] };
/** One label in a bucket: slower than a label a minute. */
export const clockOf = (speed: Speed, { phase }: Run): Clock => (speed === 'fast' ? { bucketLabels: FAST_BUCKET, phase } : { bucketLabels: 1, phase: 0 });

export type Size = { readonly runs: number; readonly constantLabels: number; readonly beforeDrop: number; readonly afterDrop: number };
export const sizeOf = (runs: number, scale: number): Size => ({ runs, constantLabels: Math.ceil(15_000 * scale), beforeDrop: 2000, afterDrop: Math.ceil(10_000 * scale) });

export function drawRuns(random: Random, runs: number, stretches: readonly { readonly truth: Truth; readonly labels: number }[]): Run[] {
  const samplers = stretches.map(({ truth, labels }) => ({ sample: samplerOf(truth), labels }));
  return Array.from({ length: runs }, () => ({ phase: random.below(FAST_BUCKET), stream: drawStream(random, samplers) }));
}
export function drawScenarios(random: Random, { runs, constantLabels, beforeDrop, afterDrop }: Size): Scenario[] {
  return CATEGORY_COUNTS.flatMap((categories) => [
    ...CONSTANT_F1.map((f1): Scenario => ({ categories, f1, dropAt: undefined, labels: constantLabels, runs: drawRuns(random, runs, [{ truth: truthWith(categories, f1), labels: constantLabels }]) })),
    ...DROPS.map((f1): Scenario => ({
      categories, f1, dropAt: beforeDrop, labels: beforeDrop + afterDrop,
      runs: drawRuns(random, runs, [{ truth: truthWith(categories, DROP_FROM), labels: beforeDrop }, { truth: truthWith(categories, f1), labels: afterDrop }]),
    })),
  ]);
}
