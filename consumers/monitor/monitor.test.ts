// Laws of the monitor: window, tallies, evidence, band, and the fold under restarts; each law is shown failing once on a broken fold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellsOf } from '../../schemas/confusion.ts';
import type { Labelled, RetrainRequested, Tally } from '../../schemas/events.ts';
import { scoresOf } from '../../schemas/f1.ts';
import { createRandom } from '../../schemas/random.ts';
import { bandOf } from './band.ts';
import { decideEpisode, beforeFirstEpisode } from './episode.ts';
import { jointStatistic, noEvidence, statisticOf, weigh } from './evidence.ts';
import { createFold, type Fold, type MonitorRules } from './fold.ts';
import { coefficientsOf, influence } from './score.ts';
import { addTo, createTallies, type Cells } from './tallies.ts';
import { verdictOf } from './verdict.ts';
import { windowOf } from './window.ts';

const RULES: MonitorRules = { bucketMs: 100, windowLabels: 40, windowMaxAgeMs: 5000, minF1: 0.8, minClassF1: undefined, trigger: 'evidence', minLabels: 20, falseAlarmEvery: 50, settleMs: 0, cooldownMs: 1000, maxRetrainsPerDay: 3, categories: ['a', 'b', 'c'] };
const CATEGORIES = ['a', 'b', 'c'];

/** A seeded log of n predictions, one in eight corrected or withdrawn later, whose quality falls half-way. */
function logOf(seed: number, n: number, versions = 2): Labelled[] {
  const random = createRandom(seed);
  const events: Labelled[] = [];
  const standing: Labelled[] = [];
  let time = 1000;
  for (let i = 0; i < n; i += 1) {
    time += random.below(60);
    const old = standing.length > 0 && random.next() < 0.125 ? random.below(standing.length) : undefined;
    const before = old === undefined ? undefined : standing[old];
    if (before !== undefined && old !== undefined) {
      const label = random.next() < 0.4 ? null : random.pick(CATEGORIES);
      const event: Labelled = { ...before, revision: before.revision + 1, previous_label: before.label, previous_labelled_at: before.label === null ? null : before.labelled_at, label, labelled_at: time };
      events.push(event);
      standing[old] = event;
      continue;
    }
    const label = random.pick(CATEGORIES);
    const predicted = random.next() < (i < n / 2 ? 0.95 : 0.4) ? label : random.pick(CATEGORIES);
    const event: Labelled = { prediction_id: `p${i}`, model_name: 'm', model_version: `v${random.below(versions) + 1}`, revision: 0, predicted, label, previous_label: null, previous_labelled_at: null, labelled_at: time, predicted_at: time - random.below(500), audit: false, source: 'user' };
    events.push(event);
    standing.push(event);
  }
  return events;
}
const applyAll = (fold: Fold, events: readonly Labelled[], from = 0): RetrainRequested[] => events.flatMap((event, i) => fold.apply(event, BigInt(from + i)));

test('law: cumulative cells equal a batch count of the current labels', () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), (seed, n) => {
    const events = logOf(seed, n);
    const fold = createFold(RULES, 0);
    applyAll(fold, events);
    const current = new Map(events.map((event) => [event.prediction_id, event]));
    for (const version of fold.versions()) {
      const want: Cells = new Map();
      for (const event of current.values()) if (event.label !== null && event.model_version === version.modelVersion) addTo(want, event.label, event.predicted, 1);
      assert.deepEqual(cellsOf(version.tallies.cumulative()), cellsOf(want));
    }
  }), { numRuns: 60 });
});

/** Restarts at `at`: a new fold restored from the snapshot records alone. */
function restarted(events: readonly Labelled[], at: number, restoreInto: (fold: Fold, snapshot: ReadonlyMap<string, Tally>) => void): { requests: RetrainRequested[]; bytes: string } {
  const first = createFold(RULES, 0);
  const snapshot = new Map<string, Tally>();
  const requests: RetrainRequested[] = [];
  const keep = (fold: Fold): void => {
    for (const [key, tally] of fold.changes()) {
      if (tally === undefined) snapshot.delete(key);
      else snapshot.set(key, tally);
    }
  };
  for (let i = 0; i < at; i += 7) {
    requests.push(...applyAll(first, events.slice(i, Math.min(i + 7, at)), i));
    keep(first);
  }
  const second = createFold(RULES, 0);
  restoreInto(second, new Map([...snapshot].map(([key, tally]) => [key, JSON.parse(JSON.stringify(tally)) as Tally])));
  requests.push(...applyAll(second, events.slice(at), at));
  return { requests, bytes: JSON.stringify([requests, second.versions().map((version) => [version.modelVersion, cellsOf(version.tallies.cumulative()), [...version.detectors], version.episode])]) };
}
const restoreAll = (fold: Fold, snapshot: ReadonlyMap<string, Tally>): void => {
  for (const [key, tally] of snapshot) fold.restore(key, tally);
};
const lawOfRestart = (restore: typeof restoreAll) => fc.property(fc.integer(), fc.integer({ min: 50, max: 400 }), fc.double({ min: 0, max: 1, noNaN: true }), (seed, n, share) => {
  const events = logOf(seed, n, 1);
  const whole = restarted(events, 0, restoreAll);
  assert.equal(restarted(events, Math.floor(n * share), restore).bytes, whole.bytes);
});

test('law: a restart anywhere gives the same requests and the same state, byte for byte', () => {
  fc.assert(lawOfRestart(restoreAll), { numRuns: 60 });
});
test('the restart law can fail: a restart that forgets the detector', () => {
  assert.throws(() => fc.assert(lawOfRestart((fold, snapshot) => {
    for (const [key, tally] of snapshot) if (tally.kind === 'cells') fold.restore(key, tally);
  }), { numRuns: 60, seed: 3 }));
});

test('the window is the newest whole buckets, at every prefix', () => {
  const events = logOf(5, 600, 1);
  const fold = createFold(RULES, 0);
  const current = new Map<string, Labelled>();
  events.forEach((event, i) => {
    fold.apply(event, BigInt(i));
    current.set(event.prediction_id, event);
    const version = fold.versions()[0];
    if (version === undefined) return;
    const buckets = Map.groupBy([...current.values()].filter((one) => one.label !== null), (one) => Math.floor(one.labelled_at / 100));
    const want: Cells = new Map();
    let labels = 0;
    for (const key of [...buckets.keys()].sort((a, b) => b - a)) {
      if (labels >= 40 || key * 100 < fold.streamMs() - 5000) break;
      for (const one of buckets.get(key) ?? []) addTo(want, one.label ?? '', one.predicted, 1);
      labels += buckets.get(key)?.length ?? 0;
    }
    const window = windowOf(version.tallies.buckets(), 40, 5000, fold.streamMs());
    assert.deepEqual([cellsOf(window.cells), window.labels], [cellsOf(want), labels]);
  });
});

test('old buckets are merged into hours, then days, and a correction finds them', () => {
  const HOUR = 3_600_000;
  const tallies = createTallies(60_000);
  tallies.add('a', 'b', 10 * HOUR + 5, 1);
  tallies.add('a', 'a', 10 * HOUR + 120_000, 1);
  tallies.age(10 * HOUR);
  tallies.age(70 * HOUR);
  assert.deepEqual(tallies.buckets().map((bucket) => [bucket.lengthMs, bucket.labels]), [[HOUR, 2]]);
  tallies.age(500 * HOUR);
  assert.deepEqual(tallies.buckets().map((bucket) => [bucket.lengthMs, bucket.labels]), [[24 * HOUR, 2]]);
  tallies.add('a', 'b', 10 * HOUR + 5, -1);
  assert.deepEqual(cellsOf(tallies.cumulative()), [['a', 'a', 1]]);
});

test('evidence: at the threshold, false alarms come no oftener than promised (seeded simulation)', () => {
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

test('evidence: a fall from 0.95 to 0.75 is noticed within 200 labels of 10,000-label evidence', () => {
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

test('the mean influence at the plug-in is the weighted F1', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('a', 'b', 'c')), { minLength: 1, maxLength: 60 }), (pairs) => {
    const cells: Cells = new Map();
    for (const [label, predicted] of pairs) addTo(cells, label, predicted, 1);
    const coefficients = coefficientsOf(cells, 1);
    assert.ok(coefficients !== undefined);
    const mean = pairs.reduce((sum, [label, predicted]) => sum + influence(coefficients, label, predicted), 0) / pairs.length;
    assert.ok(Math.abs(mean - (scoresOf(cells).weighted ?? 0)) < 1e-9);
  }));
});

test('the 95 % band holds the true weighted F1 about 95 times in 100 (seeded simulation)', () => {
  const random = createRandom(21);
  const draw = (n: number): Cells => {
    const cells: Cells = new Map();
    for (let i = 0; i < n; i += 1) {
      const label = random.next() < 0.5 ? 'a' : random.next() < 0.6 ? 'b' : 'c';
      addTo(cells, label, random.next() < 0.85 ? label : random.pick(CATEGORIES), 1);
    }
    return cells;
  };
  const truth = scoresOf(draw(400_000)).weighted ?? 0;
  let inside = 0;
  for (let run = 0; run < 400; run += 1) {
    const band = bandOf(draw(500));
    if (band !== undefined && band[0] <= truth && truth <= band[1]) inside += 1;
  }
  assert.ok(inside >= 365 && inside <= 395, String(inside));
  assert.equal(bandOf(new Map()), undefined);
});

test('one alarm, one episode: rest, cap and pending', () => {
  const rules = { cooldownMs: 100, maxRetrainsPerDay: 2 };
  const first = decideEpisode(beforeFirstEpisode, true, 1000, [], rules);
  assert.deepEqual(first, { status: 'opened', state: { episode: 1, restUntilMs: 1100, pending: false } });
  if (first.status !== 'opened') return;
  assert.equal(decideEpisode(first.state, true, 1050, [1000], rules).status, 'resting');
  assert.equal(decideEpisode(first.state, false, 1100, [1000], rules).status, 'quiet');
  const capped = decideEpisode(first.state, true, 1100, [1000, 1090], rules);
  assert.equal(capped.status, 'pending');
  if (capped.status !== 'pending') return;
  const cleared = decideEpisode(capped.state, false, 1000 + 86_400_000, [1000, 1090], rules);
  assert.deepEqual(cleared.status === 'opened' ? cleared.state.episode : cleared.status, 2);
});

test('both triggers order exactly one retraining for one lasting fall, with the same id on every run', () => {
  for (const trigger of ['evidence', 'window'] as const) {
    const run = (): RetrainRequested[] => applyAll(createFold({ ...RULES, trigger, cooldownMs: 1e9 }, 0), logOf(9, 800, 1));
    const requests = run();
    assert.deepEqual(requests.map((request) => request.retrain_id), ['m/v1/1'], trigger);
    assert.deepEqual(run(), requests);
  }
});

test('the verdict needs labels: none is no evidence', () => {
  assert.equal(verdictOf(scoresOf(new Map()), RULES).status, 'warming');
});

test('SETTLE: a label speaks when stream time passes its age, with its value at that moment', () => {
  const base: Labelled = { prediction_id: 'x', model_name: 'm', model_version: 'v1', revision: 0, predicted: 'a', label: 'b', previous_label: null, previous_labelled_at: null, labelled_at: 1000, predicted_at: 900, audit: false, source: 'u' };
  const fold = createFold({ ...RULES, settleMs: 500 }, 0);
  fold.apply(base, 0n);
  fold.apply({ ...base, revision: 1, label: 'a', previous_label: 'b', previous_labelled_at: 1000, labelled_at: 1100 }, 1n);
  assert.equal(fold.versions()[0]?.fed, 0);
  fold.apply({ ...base, prediction_id: 'y', predicted_at: 1400, labelled_at: 1500 }, 2n);
  assert.equal(fold.versions()[0]?.fed, 1);
});
