// The simulation held against what it stands for: the truth against F1 of schemas/, the slid window against a recount, our triggers against the real fold, Garwood against scipy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hitShareFor } from '../../consumers/monitor/evidence.ts';
import { createFold } from '../../consumers/monitor/fold.ts';
import { RULES, under } from '../../consumers/monitor/log.testing.ts';
import type { MonitorRules } from '../../consumers/monitor/rules.ts';
import { scoresOf } from '../../schemas/f1.ts';
import { createRandom } from '../../schemas/random.ts';
import { alarmsBelow, slidingF1, tuneK, windowTrigger, type Detect } from './detectors.ts';
import { evidenceTrigger } from './evidenceTrigger.ts';
import { delaysOf, falseAlarms } from './figures.ts';
import { gammaQuantile, gammaShareBelow, rateOf } from './poisson.ts';
import { createSliding, weightedF1, type Clock } from './sliding.ts';
import { accuracyOf, concerning, confusionOf, drawStream, nameOf, samplerOf, STRUCTURES, truthAt, truthWith, weightedF1Of, zipfShares } from './stream.ts';

const close = (seen: number, wanted: number, tolerance: number): void => assert.ok(Math.abs(seen - wanted) <= tolerance, `${seen} is not ${wanted}`);

test('the truth has the wanted weighted F1, and keeps the Zipf shares', () => {
  for (const structure of STRUCTURES) for (const categories of [5, 10]) for (const f1 of [0.85, 0.82, 0.8, 0.78, 0.75, 0.7, 0.6]) {
    const truth = truthWith(categories, f1, structure);
    close(scoresOf(confusionOf(truth)).weighted ?? 0, f1, 1e-12);
    zipfShares(categories).forEach((share, i) => close(truth.cells.slice(i * categories, (i + 1) * categories).reduce((a, b) => a + b, 0), share, 1e-12));
  }
  close(accuracyOf(truthWith(10, 0.8, 'near', accuracyOf)), 0.8, 1e-12);
});
test('the even truth has every category at the same F1', () => {
  for (const categories of [5, 10]) for (const { f1 } of scoresOf(confusionOf(truthWith(categories, 0.8, 'even'))).classes) close(f1 ?? 0, 0.8, 1e-9);
});
test('among the labels that concern a category, hits are the share its F1 stands for', () => {
  const even = truthWith(5, 0.8, 'even');
  for (const category of [0, 4]) close(accuracyOf(concerning(even, category)), hitShareFor(0.8), 1e-9);
});
test('an F1 no error level gives is refused', () => {
  assert.throws(() => truthWith(5, 1.1), RangeError);
  assert.throws(() => truthWith(17, 0.8), RangeError);
});
test('drawn cells come as often as the truth says, and the same seed draws the same bytes', () => {
  const truth = truthAt(5, 'near', 0.3);
  const draw = (): Uint8Array => drawStream(createRandom(3), [{ sample: samplerOf(truth), labels: 400_000 }]);
  const stream = draw();
  const seen = new Float64Array(25);
  for (const cell of stream) seen[cell] = (seen[cell] ?? 0) + 1 / stream.length;
  truth.cells.forEach((p, cell) => close(seen[cell] ?? 0, p, 5 * Math.sqrt((p * (1 - p)) / stream.length)));
  assert.deepEqual(draw(), stream);
});

// chi2.ppf of scipy 1.17.1: (ppf(0.025, 2n)/2, ppf(0.975, 2n+2)/2).
const GARWOOD = [[0, 0, 3.6888794541], [1, 0.0253178080, 5.5716433909], [5, 1.6234863901, 11.6683320793], [10, 4.7953886961, 18.3903560418], [50, 37.1109637375, 65.9187664337], [100, 81.3639912509, 121.6267937924], [400, 361.7562966311, 441.1866480767], [2000, 1913.2987096256, 2089.6174394458]] as const;
test('the interval of a count is that of scipy', () => {
  for (const [events, low, high] of GARWOOD) {
    const rate = rateOf(events, 1, 1);
    close(rate.low, low, 1e-6 * (1 + low));
    close(rate.high, high, 1e-6 * high);
  }
  // gamma.cdf of scipy 1.17.1
  for (const [x, a, share] of [[3, 2.5, 0.6937810815867212], [400, 380, 0.8474454979356753], [0.1, 0.5, 0.34527915398142317]] as const) close(gammaShareBelow(a, x), share, 1e-8);
});
test('law: the quantile undoes the share', () => {
  fc.assert(fc.property(fc.double({ min: 0.5, max: 3000, noNaN: true }), fc.double({ min: 0.001, max: 0.999, noNaN: true }), (a, share) => close(gammaShareBelow(a, gammaQuantile(share, a)), share, 1e-7)));
});

const someStream = (seed: number, labels: number, categories: number): Uint8Array => {
  const structure = STRUCTURES[seed % STRUCTURES.length];
  const half = (f1: number): { sample: ReturnType<typeof samplerOf>; labels: number } => ({ sample: samplerOf(truthWith(categories, f1, structure)), labels: labels / 2 });
  return drawStream(createRandom(seed), [half(0.85), half(0.65)]);
};
const seeds = fc.integer({ min: 1, max: 1e9 });
const clocks = fc.integer({ min: 1, max: 60 }).chain((bucketLabels) => fc.record({ bucketLabels: fc.constant(bucketLabels), phase: fc.integer({ min: 0, max: bucketLabels - 1 }) }));

test('law: the slid window equals a recount of whole buckets, at every label', () => {
  fc.assert(fc.property(seeds, clocks, fc.integer({ min: 1, max: 80 }), (seed, clock, wanted) => {
    const stream = someStream(seed, 300, 5);
    const window = createSliding(stream, 5, wanted, clock);
    const bucketOf = (i: number): number => Math.floor((i + clock.phase) / clock.bucketLabels);
    for (let i = 0; i < stream.length; i += 1) {
      window.push(i);
      let from = i;
      while (from > 0 && (bucketOf(from - 1) === bucketOf(i) || bucketOf(from - 1) === bucketOf(from) || i + 1 - from < wanted)) from -= 1;
      assert.equal(window.counts.labels, i + 1 - from);
      const cells = new Float64Array(25);
      for (const cell of stream.subarray(from, i + 1)) cells[cell] = (cells[cell] ?? 0) + 1;
      close(weightedF1(window.counts), weightedF1Of({ categories: 5, cells }), 1e-12);
    }
  }), { numRuns: 40 });
});

/** Where the real fold orders a retraining. renew: the labels after an order are of a new version. */
function alarmsOfFold(stream: Uint8Array, categories: number, clock: Clock, rules: Partial<MonitorRules>, renew: boolean): number[] {
  const names = Array.from({ length: categories }, (_, c) => nameOf(c));
  const stepMs = 60_000 / clock.bucketLabels;
  const fold = createFold(0, under({ ...RULES, bucketMs: 60_000, windowLabels: 100, windowMaxAgeMs: 1e12, minLabels: 30, falseAlarmEvery: 20, cooldownMs: 0, maxRetrainsPerDay: 1e9, categories: names, ...rules }));
  let version = 0;
  return [...stream].flatMap((cell, i) => {
    const at = 6e9 + Math.ceil((i + clock.phase) * stepMs);
    const orders = fold.apply({ prediction_id: `p${i}`, model_name: 'm', model_version: `v${version}`, revision: 0, predicted: nameOf(cell % categories), label: nameOf(Math.floor(cell / categories)), previous_label: null, previous_labelled_at: null, labelled_at: at, predicted_at: at, audit: false, source: 'user' }, i);
    if (orders.length > 0 && renew) version += 1;
    return orders.length > 0 ? [i] : [];
  });
}
const sameAsFold = (detect: Detect, rules: Partial<MonitorRules>, renew: boolean, seed: number, clock: Clock): void => {
  const stream = someStream(seed, 800, 5);
  assert.deepEqual(detect(stream, clock, stream.length), alarmsOfFold(stream, 5, clock, rules, renew));
};
const OURS = { categories: 5, windowLabels: 100, falseAlarmEvery: 20 };
test('law: the simulated evidence trigger alarms where the real fold does', () => {
  let alarms = 0;
  fc.assert(fc.property(seeds, clocks, (seed, clock) => {
    const detect = evidenceTrigger({ ...OURS, floors: { weighted: 0.8 } });
    alarms += detect(someStream(seed, 800, 5), clock, 800).length;
    sameAsFold(detect, {}, false, seed, clock);
  }), { numRuns: 30 });
  assert.ok(alarms > 30, `only ${alarms} alarms`);
});
test('law: so it does with a floor for every category', () => {
  fc.assert(fc.property(seeds, clocks, (seed, clock) => sameAsFold(evidenceTrigger({ ...OURS, floors: { weighted: 0.8, class: 0.75 } }), { minClassF1: 0.75 }, false, seed, clock)), { numRuns: 20 });
});
test('law: the simulated window trigger alarms where the real fold does', () => {
  // A threshold that no window of 100 labels meets exactly: the two add in another order, and their last bits may differ.
  const minF1 = 0.8 + Math.SQRT2 / 1e6;
  fc.assert(fc.property(seeds, clocks, (seed, clock) => sameAsFold(windowTrigger({ categories: 5, minF1, windowLabels: 100, minLabels: 30 }), { trigger: 'window', minF1 }, true, seed, clock)), { numRuns: 30 });
});
test('the law can fail: a simulation that freezes shares in other buckets', () => {
  assert.throws(() => fc.assert(fc.property(seeds, clocks, (seed, clock) => {
    const stream = someStream(seed, 800, 5);
    assert.deepEqual(evidenceTrigger({ ...OURS, floors: { weighted: 0.8 } })(stream, { bucketLabels: clock.bucketLabels + 7, phase: 0 }, 800), alarmsOfFold(stream, 5, clock, {}, false));
  }), { numRuns: 30, seed: 1 }));
});

test('a sigma window alarms below its limit, then fills again; its k is tuned to the wanted rate', () => {
  const f1 = Float64Array.of(NaN, NaN, 0.7, 0.9, 0.6, 0.6, 0.7, 0.9);
  assert.deepEqual(alarmsBelow(f1, 0.8, 3, 99), [2, 5]);
  assert.deepEqual(alarmsBelow(f1, 0.8, 3, 2), [2]);
  const sample = samplerOf(truthWith(5, 0.8));
  const random = createRandom(8);
  const f1s = Array.from({ length: 20 }, () => slidingF1(drawStream(random, [{ sample, labels: 5000 }]), 5, 200));
  const { alarms, labels } = tuneK(f1s, 0.8, 200, 1000);
  assert.equal(labels, 100_000);
  assert.ok(alarms <= 100 && alarms >= 90, String(alarms));
});
test('delays count from the drop; a run without an alarm is later than any', () => {
  assert.deepEqual(delaysOf([[3, 12], [10], [2], [19]], 10), { runs: 4, detected: 3, min: 1, median: 3, p90: undefined, max: undefined });
  const { events, rate } = falseAlarms([[1, 2], []], 5000);
  assert.deepEqual([events, rate], [2, 2]);
});
