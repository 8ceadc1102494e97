// The detectors compared, each a function of one stream: where it alarms. After an alarm a detector begins anew (a renewal).
import type { Clock } from './sliding.ts';
import { createSliding, weightedF1 } from './sliding.ts';

/** Positions of alarms in a stream, up to and with the first at or beyond `enough`. */
export type Detect = (stream: Uint8Array, clock: Clock, enough: number) => number[];

export const doNothing: Detect = () => [];
export const alwaysFire: Detect = (stream, _clock, enough) => Array.from({ length: Math.min(stream.length, enough + 1) }, (_, i) => i);

/** Our `window` trigger: F1 of the live window below the floor, with enough labels. After an alarm a new version begins with an empty window. */
export function windowTrigger({ categories, minF1, windowLabels, minLabels }: { readonly categories: number; readonly minF1: number; readonly windowLabels: number; readonly minLabels: number }): Detect {
  return (stream, clock, enough) => {
    const alarms: number[] = [];
    const window = createSliding(stream, categories, windowLabels, clock);
    for (let i = 0; i < stream.length; i += 1) {
      window.push(i);
      if (window.counts.labels < minLabels || weightedF1(window.counts) >= minF1) continue;
      alarms.push(i);
      if (i >= enough) break;
      window.restart(i + 1);
    }
    return alarms;
  };
}

const EVERY_LABEL: Clock = { bucketLabels: 1, phase: 0 };
/** Weighted F1 of the last `windowLabels` labels at every label; NaN until there are so many. */
export function slidingF1(stream: Uint8Array, categories: number, windowLabels: number): Float64Array {
  const window = createSliding(stream, categories, windowLabels, EVERY_LABEL);
  return Float64Array.from(stream, (_, i) => {
    window.push(i);
    return window.counts.labels < windowLabels ? Number.NaN : weightedF1(window.counts);
  });
}
/** Alarms where the F1 of a full window falls below `limit`; after one the window fills again. */
export function alarmsBelow(f1: Float64Array, limit: number, windowLabels: number, enough: number): number[] {
  const alarms: number[] = [];
  for (let i = windowLabels - 1; i < f1.length; i += 1) {
    if (!((f1[i] ?? 1) < limit)) continue;
    alarms.push(i);
    if (i >= enough) break;
    i += windowLabels - 1;
  }
  return alarms;
}
/** The textbook sigma of a share of n labels at the floor. */
export const sigmaOf = (minF1: number, windowLabels: number): number => Math.sqrt((minF1 * (1 - minF1)) / windowLabels);
/** A window that alarms k sigmas below the floor. */
export const sigmaWindow = ({ categories, minF1, windowLabels, k }: { readonly categories: number; readonly minF1: number; readonly windowLabels: number; readonly k: number }): Detect =>
  (stream, _clock, enough) => alarmsBelow(slidingF1(stream, categories, windowLabels), minF1 - k * sigmaOf(minF1, windowLabels), windowLabels, enough);

/** The k with which a sigma window gives one alarm per `every` labels on these streams (their sliding F1). */
export function tuneK(f1s: readonly Float64Array[], minF1: number, windowLabels: number, every: number): { readonly k: number; readonly alarms: number; readonly labels: number } {
  const labels = f1s.reduce((sum, f1) => sum + f1.length, 0);
  const alarmsAt = (k: number): number => f1s.reduce((sum, f1) => sum + alarmsBelow(f1, minF1 - k * sigmaOf(minF1, windowLabels), windowLabels, f1.length).length, 0);
  let low = 0;
  let high = 10;
  for (let i = 0; i < 30; i += 1) {
    const middle = (low + high) / 2;
    if (alarmsAt(middle) > labels / every) low = middle;
    else high = middle;
  }
  return { k: high, alarms: alarmsAt(high), labels };
}
