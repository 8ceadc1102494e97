// Laws of the evidence. The guarantee rests on one inequality: while the mean score is not below the threshold, the expected next evidence is at most 1 + S.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../schemas/random.ts';
import { hitShareFor, jointStatistic, noEvidence, statisticOf, weigh, type Evidence } from './evidence.ts';

type Weigh = typeof weigh;
const share = fc.double({ min: 0.02, max: 0.98, noNaN: true });
const score = fc.double({ min: -2, max: 2, noNaN: true });
/** Scores of two values, low with probability p, whose mean is not below the threshold. */
const lawOfFairness = (next: Weigh) => fc.property(share, score, score, share, fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: noEvidence.length, maxLength: noEvidence.length }), (threshold, a, b, p, evidence: Evidence) => {
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  fc.pre(p * low + (1 - p) * high >= threshold);
  const highest = Math.max(1, high);
  const [ifLow, ifHigh] = [next(evidence, threshold, low, highest), next(evidence, threshold, high, highest)];
  evidence.forEach((s, k) => {
    const expected = p * (ifLow[k] ?? 0) + (1 - p) * (ifHigh[k] ?? 0);
    assert.ok(expected <= (1 + s) * (1 + 1e-9), `${expected} > 1 + ${s}`);
    assert.ok((ifLow[k] ?? -1) >= 0 && (ifHigh[k] ?? -1) >= 0);
  });
});
test('law: evidence is never negative, and at or above the threshold it is not expected to grow by more than one', () => {
  fc.assert(lawOfFairness(weigh), { numRuns: 400 });
});
test('the law can fail: each label weighed twice', () => {
  assert.throws(() => fc.assert(lawOfFairness((evidence, threshold, score) => weigh(weigh(evidence, threshold, score), threshold, score)), { numRuns: 400, seed: 1 }));
});
test('the law can fail: a bet without its cap', () => {
  assert.throws(() => fc.assert(lawOfFairness((evidence, threshold, score) => evidence.map((s) => (1 + s) * (1 + (0.18 / (threshold * (1 - threshold))) * 4 * (threshold - score)))), { numRuns: 400, seed: 1 }));
});
test('evidence stays a number whatever happens', () => {
  let evidence = noEvidence;
  for (let i = 0; i < 20_000; i += 1) evidence = weigh(evidence, 0.95, 0);
  assert.ok(Number.isFinite(statisticOf(evidence)) && statisticOf(evidence) > 1e6);
});

test('at the threshold, false alarms come no oftener than promised (seeded simulation)', () => {
  const random = createRandom(11);
  const alarmAt = 200;
  const tau = 0.9;
  let total = 0;
  const runs = 60;
  for (let run = 0; run < runs; run += 1) {
    let evidence = noEvidence;
    let labels = 0;
    while (statisticOf(evidence) < alarmAt && labels < 20_000) {
      evidence = weigh(evidence, tau, random.next() < tau ? 1 : 0);
      labels += 1;
    }
    total += labels;
  }
  assert.ok(total / runs >= alarmAt, `mean ${total / runs}`);
});
test('a fall from 0.95 to 0.75 is noticed within 200 labels of 10,000-label evidence', () => {
  const random = createRandom(12);
  let evidence = noEvidence;
  for (let i = 0; i < 2000; i += 1) evidence = weigh(evidence, 0.9, random.next() < 0.95 ? 1 : 0);
  assert.ok(jointStatistic([evidence]) < 10_000);
  let labels = 0;
  while (jointStatistic([evidence]) < 10_000) {
    evidence = weigh(evidence, 0.9, random.next() < 0.75 ? 1 : 0);
    labels += 1;
  }
  assert.ok(labels < 200, String(labels));
});
test('a floor on F1 is a floor on the share of hits: F1 = 2J / (1 + J)', () => {
  for (const f of [0.1, 0.5, 0.8, 0.99]) assert.ok(Math.abs((2 * hitShareFor(f)) / (1 + hitShareFor(f)) - f) < 1e-12);
});
