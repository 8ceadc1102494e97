// Laws of the fold: exact cells, restarts and redelivery that change nothing, eras of settings, settling, the audit, episodes. Each law is shown failing once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellsOf } from '../../schemas/confusion.ts';
import type { Labelled, RetrainRequested, Tally } from '../../schemas/events.ts';
import { addTo, type Cells } from './cells.ts';
import { noEvidence, statisticOf, weigh } from './evidence.ts';
import { createFold, type Fold } from './fold.ts';
import { logOf, RULES, under } from './log.testing.ts';
import type { Era, MonitorRules } from './rules.ts';
import { saveSources, setAsideIn } from './sources.ts';
import { ACCURACY } from './version.ts';

const applyAll = (fold: Fold, events: readonly Labelled[], from = 0): RetrainRequested[] => events.flatMap((event, i) => fold.apply(event, from + i));
const book = (rules: MonitorRules): Era['book'] => ({ defaults: rules, models: {} });
/** Everything a fold knows, as text. Windows are brought up to stream time first: a version without labels of late has not done so. */
const bytesOf = (fold: Fold): string => JSON.stringify([fold.offset(), fold.streamMs(), fold.versions().toSorted((a, b) => (a.modelVersion < b.modelVersion ? -1 : 1)).map(({ counted, detectors, coefficients, rules: _rules, sources, ...rest }) => [
  rest, saveSources(sources), [...detectors], coefficients === undefined ? null : [...coefficients],
  [counted.all, counted.audit].map(({ tallies, window }) => [cellsOf(tallies.cumulative()), tallies.buckets().map(({ startMs, lengthMs, cells }) => [startMs, lengthMs, cellsOf(cells)]), (window.fit(fold.streamMs()), [cellsOf(window.cells), window.labels])]),
])]);

test('law: cumulative cells equal a batch count of the current labels, audited ones by themselves', () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), (seed, n) => {
    const events = logOf(seed, n);
    const fold = createFold(0, under(RULES));
    applyAll(fold, events);
    const current = new Map(events.map((event) => [event.prediction_id, event]));
    for (const { modelVersion, counted } of fold.versions()) {
      const [all, audit]: [Cells, Cells] = [new Map(), new Map()];
      for (const event of current.values()) {
        if (event.label === null || event.model_version !== modelVersion) continue;
        addTo(all, event.label, event.predicted, 1);
        if (event.audit) addTo(audit, event.label, event.predicted, 1);
      }
      assert.deepEqual([cellsOf(counted.all.tallies.cumulative()), cellsOf(counted.audit.tallies.cumulative())], [cellsOf(all), cellsOf(audit)]);
    }
  }), { numRuns: 60 });
});

/** Runs the log, snapshot records kept as the topic would; at each place of `restarts` a new fold goes on from the snapshot alone. */
type Restart = (fold: Fold, snapshot: ReadonlyMap<string, Tally>, events: readonly Labelled[]) => void;
function run(eras: readonly Era[], events: readonly Labelled[], restarts: readonly number[], restart: Restart): string {
  const snapshot = new Map<string, Tally>();
  const requests: RetrainRequested[] = [];
  let fold = createFold(0, eras);
  events.forEach((event, offset) => {
    if (restarts.includes(offset) && snapshot.size > 0) {
      fold = createFold(0, eras);
      restart(fold, new Map([...snapshot].map(([key, tally]) => [key, JSON.parse(JSON.stringify(tally)) as Tally])), events);
    }
    requests.push(...fold.apply(event, offset));
    // As the worker does: several labels a transaction, but all of them before a restart.
    if (offset % 7 !== 6 && !restarts.includes(offset + 1)) return;
    for (const [key, tally] of fold.changes()) {
      if (tally === undefined) snapshot.delete(key);
      else snapshot.set(key, tally);
    }
  });
  return JSON.stringify([requests, bytesOf(fold)]);
}
const fromSnapshot: Restart = (fold, snapshot, events) => {
  fold.restore(snapshot);
  const from = fold.recallFrom();
  if (from !== undefined) for (let offset = from; offset <= fold.offset(); offset += 1) {
    const event = events[offset];
    if (event !== undefined) fold.recall(event, offset);
  }
};
const STEADY: readonly (readonly [string, readonly Era[]])[] = [
  ['evidence', under(RULES)],
  ['window', under({ ...RULES, trigger: 'window' })],
  ['a limit per source', under({ ...RULES, sourceLabelsPerHour: 15 })],
  ['a limit per source and a list of trusted ones, while labels wait', under({ ...RULES, sourceLabelsPerHour: 15, trustedSources: ['user'], settleMs: 700 })],
  ['every guard, on the audit', under({ ...RULES, minAccuracy: 0.75, minClassF1: 0.6, judgeOn: 'audit' })],
  ['a settling time', under({ ...RULES, settleMs: 700 })],
  ['a daily cap', under({ ...RULES, maxRetrainsPerDay: 1, cooldownMs: 50 })],
  ['changing settings', [{ fromOffset: 0, book: book(RULES) }, { fromOffset: 60, book: book({ ...RULES, minF1: 0.7, bucketMs: 250, settleMs: 300 }) }, { fromOffset: 130, book: book({ ...RULES, minF1: 0.7, bucketMs: 70, trigger: 'window' }) }]],
];
const lawOfRestart = (eras: readonly Era[], restart: Restart, stepMs = 60) => fc.property(fc.integer(), fc.integer({ min: 50, max: 300 }), fc.array(fc.nat(300), { maxLength: 4 }), (seed, n, restarts) => {
  const events = logOf(seed, n, 2, stepMs);
  assert.equal(run(eras, events, restarts, restart), run(eras, events, [], restart));
});
for (const [what, eras] of STEADY) {
  test(`law: restarts anywhere give the same requests and the same state, byte for byte (${what})`, () => {
    fc.assert(lawOfRestart(eras, fromSnapshot), { numRuns: 40 });
  });
}
test('law: the same over days, while buckets are merged', () => {
  fc.assert(lawOfRestart(under(RULES), fromSnapshot, 4 * 3_600_000), { numRuns: 30 });
});
const without = (snapshot: ReadonlyMap<string, Tally>, lost: (tally: Tally) => Tally | undefined): Map<string, Tally> => new Map([...snapshot].flatMap(([key, tally]): [string, Tally][] => {
  const kept = lost(tally);
  return kept === undefined ? [] : [[key, kept]];
}));
const BROKEN: readonly (readonly [string, readonly Era[], Restart])[] = [
  ['a restart that forgets the detectors', under(RULES), (fold, snapshot, events) => fromSnapshot(fold, without(snapshot, (tally) => (tally.kind === 'detector' ? undefined : tally)), events)],
  ['a restart that forgets a bucket', under(RULES), (fold, snapshot, events) => fromSnapshot(fold, without(snapshot, (tally) => (tally.kind === 'cells' && tally.bucket_start_ms % 500 === 0 ? undefined : tally)), events)],
  ['a restart that forgets the episode', under(RULES), (fold, snapshot, events) => fromSnapshot(fold, without(snapshot, (tally) => ({ ...tally, state_json: tally.state_json.replace(/"episode":\d+/, '"episode":0') })), events)],
  ['a restart that recalls nothing', under({ ...RULES, settleMs: 700 }), (fold, snapshot) => fold.restore(snapshot)],
];
for (const [what, eras, restart] of BROKEN) {
  test(`the restart law can fail: ${what}`, () => {
    assert.throws(() => fc.assert(lawOfRestart(eras, restart), { numRuns: 40, seed: 3 }));
  });
}
test('a snapshot of another format is refused, not guessed at', () => {
  const fold = createFold(0, under(RULES));
  applyAll(fold, logOf(1, 20));
  const records = without(new Map([...fold.changes()].flatMap(([key, tally]): [string, Tally][] => (tally === undefined ? [] : [[key, tally]]))), (tally) => (tally.kind === 'partition' ? { ...tally, state_json: '{"format":1}' } : tally));
  assert.throws(() => createFold(0, under(RULES)).restore(records), RangeError);
});

const lawOfRedelivery = (apply: (fold: Fold, event: Labelled, offset: number) => RetrainRequested[]) => fc.property(fc.integer(), fc.array(fc.tuple(fc.nat(150), fc.nat(20)), { maxLength: 6 }), (seed, again) => {
  const events = logOf(seed, 150, 2);
  const [plain, redelivered] = [createFold(0, under(RULES)), createFold(0, under(RULES))];
  const requests = applyAll(plain, events);
  const seen: RetrainRequested[] = [];
  events.forEach((event, offset) => {
    seen.push(...apply(redelivered, event, offset));
    for (const [at, back] of again) if (at === offset) for (let old = Math.max(0, offset - back); old <= offset; old += 1) seen.push(...apply(redelivered, events[old] ?? event, old));
  });
  assert.equal(JSON.stringify([seen, bytesOf(redelivered)]), JSON.stringify([requests, bytesOf(plain)]));
});
test('law: labels delivered again change nothing', () => {
  fc.assert(lawOfRedelivery((fold, event, offset) => fold.apply(event, offset)), { numRuns: 40 });
});
test('the redelivery law can fail: a fold that does not look at offsets', () => {
  let offset = 0;
  assert.throws(() => fc.assert(lawOfRedelivery((fold, event) => fold.apply(event, (offset += 1))), { numRuns: 40, seed: 3 }));
});

/** Which labels speak, in which order, with which value: found by looking at the whole log. */
function spoken(events: readonly Labelled[], settleMs: number, hearing: (event: Labelled) => boolean): boolean[] {
  const streamAt: number[] = [];
  for (const event of events) streamAt.push(Math.max(streamAt.at(-1) ?? 0, event.labelled_at));
  const spoken: { at: number; dueMs: number; id: string; hit: boolean; waited: boolean }[] = [];
  events.forEach((event, first) => {
    if (event.revision > 0 || !hearing(event)) return;
    const dueMs = event.predicted_at + settleMs;
    const waited = settleMs > 0 && dueMs > (streamAt[first] ?? 0);
    const at = waited ? streamAt.findIndex((streamMs, i) => i > first && streamMs >= dueMs) : first;
    if (at < 0) return;
    const label = waited ? events.slice(0, at).findLast((one) => one.prediction_id === event.prediction_id)?.label : event.label;
    if (label === null || label === undefined) return;
    spoken.push({ at, dueMs, id: event.prediction_id, hit: label === event.predicted, waited });
  });
  return spoken.sort((a, b) => a.at - b.at || Number(b.waited) - Number(a.waited) || a.dueMs - b.dueMs || (a.id < b.id ? -1 : 1)).map((one) => one.hit);
}
const QUIET = { ...RULES, minAccuracy: 0.75, falseAlarmEvery: 1e14 };
const lawOfSpeaking = (given: Partial<MonitorRules>, hearing: (event: Labelled) => boolean) => fc.property(fc.integer(), fc.constantFrom(0, 100, 700, 3000), (seed, settleMs) => {
  const events = logOf(seed, 120, 1);
  const fold = createFold(0, under({ ...QUIET, settleMs, ...given }));
  applyAll(fold, events);
  const hits = spoken(events, settleMs, hearing);
  const version = fold.versions()[0];
  assert.equal(version?.fed, hits.length);
  assert.deepEqual(version?.detectors.get(ACCURACY), hits.reduce((evidence, hit) => weigh(evidence, 0.75, hit ? 1 : 0), noEvidence));
});
test('law: a prediction is heard once, when stream time passes its age, with the label it has then', () => {
  fc.assert(lawOfSpeaking({}, () => true), { numRuns: 60 });
});
test('law: judged on the audit, only audited labels are heard', () => {
  fc.assert(lawOfSpeaking({ judgeOn: 'audit' }, (event) => event.audit), { numRuns: 60 });
});
test('the hearing law can fail: settling forgotten; the audit forgotten', () => {
  assert.throws(() => fc.assert(lawOfSpeaking({ settleMs: 0 }, () => true), { numRuns: 60, seed: 3 }));
  assert.throws(() => fc.assert(lawOfSpeaking({ judgeOn: 'all' }, (event) => event.audit), { numRuns: 60, seed: 3 }));
});

test('law: a record of the same settings changes nothing; another threshold restarts the detectors and keeps every count', () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 149 }), (seed, place) => {
    const events = logOf(seed, 150, 1);
    const at = Math.min(place, events.length - 1);
    const [plain, same, other] = [under(RULES), [...under(RULES), { fromOffset: at, book: book({ ...RULES }) }], [...under(RULES), { fromOffset: at, book: book({ ...RULES, minF1: 0.6 }) }]].map((eras) => createFold(0, eras));
    if (plain === undefined || same === undefined || other === undefined) return;
    assert.deepEqual(applyAll(same, events), applyAll(plain, events));
    assert.equal(bytesOf(same), bytesOf(plain));
    applyAll(other, events.slice(0, at));
    const before = other.versions()[0];
    const [episode, fed] = [before?.episode, before?.fed ?? 0];
    applyAll(other, events.slice(at, at + 1), at);
    const after = other.versions()[0];
    // At most the one label that came since.
    const heard = (after?.fed ?? 0) - fed;
    assert.ok([...(after?.detectors.values() ?? [])].every((evidence) => statisticOf(evidence) <= (heard === 0 ? 0 : 2)));
    if (heard === 0) assert.deepEqual(after?.episode, episode);
    applyAll(other, events.slice(at + 1), at + 1);
    applyAll(plain, events);
    assert.deepEqual(cellsOf(other.versions()[0]?.counted.all.tallies.cumulative() ?? new Map()), cellsOf(plain.versions()[0]?.counted.all.tallies.cumulative() ?? new Map()));
  }), { numRuns: 60 });
});
test('settings are per model: each is judged by its own threshold', () => {
  const eras: readonly Era[] = [{ fromOffset: 0, book: { defaults: { ...RULES, cooldownMs: 1e9 }, models: { strict: { ...RULES, minF1: 0.99, cooldownMs: 1e9 } } } }];
  const healthy = logOf(4, 300, 1).slice(0, 150);
  const requests = ['strict', 'm'].map((model_name) => applyAll(createFold(0, eras), healthy.map((event) => ({ ...event, model_name }))).map((request) => [request.retrain_id, request.threshold]));
  assert.deepEqual(requests, [[['strict/v1/1', 0.99]], []]);
});

test('every trigger orders exactly one retraining for one lasting fall, with the same bytes on every run', () => {
  for (const rules of [RULES, { ...RULES, trigger: 'window' as const }, { ...RULES, minF1: 0.01, minAccuracy: 0.8 }, { ...RULES, minF1: 0.01, minClassF1: 0.8 }]) {
    const once = (): RetrainRequested[] => applyAll(createFold(0, under({ ...rules, cooldownMs: 1e9 })), logOf(9, 800, 1));
    const requests = once();
    assert.deepEqual(requests.map((request) => request.retrain_id), ['m/v1/1'], JSON.stringify(rules));
    assert.deepEqual(once(), requests);
  }
});
test('an alarm beyond the daily cap waits, and the first label after it clears fires', () => {
  const fold = createFold(0, under({ ...RULES, maxRetrainsPerDay: 1, cooldownMs: 10 }));
  const events = logOf(9, 800, 1);
  const requests = applyAll(fold, events);
  assert.equal(requests.length, 1);
  assert.equal(fold.versions()[0]?.episode.pending, true);
  const last = events.at(-1);
  const first = requests[0];
  if (last === undefined || first === undefined) return;
  const later = (ms: number, id: string): Labelled => ({ ...last, prediction_id: id, revision: 0, previous_label: null, previous_labelled_at: null, label: 'a', predicted: 'a', labelled_at: first.requested_at + ms });
  assert.deepEqual(fold.apply(later(86_400_000 - 1, 'x'), 900), []);
  assert.deepEqual(fold.apply(later(86_400_000, 'y'), 901).map((request) => request.retrain_id), ['m/v1/2']);
});
test('a flood from one source opens no episode when sources are limited, and a real fall still does; the tallies count every label', () => {
  const said = (i: number, source: string, isHit: boolean, atMs: number): Labelled => ({ prediction_id: `${source}-${i}`, model_name: 'm', model_version: 'v1', revision: 0, predicted: 'a', label: isHit ? 'a' : 'b', previous_label: null, previous_labelled_at: null, labelled_at: atMs, predicted_at: 0, audit: false, source });
  const honest = Array.from({ length: 200 }, (_, i) => said(i, 'user', i % 20 !== 0, i * 10));
  const flood = Array.from({ length: 200 }, (_, i) => said(i, 'bot', false, 2000 + i));
  const after = (rules: Partial<MonitorRules>, events: readonly Labelled[]) => {
    const fold = createFold(0, under({ ...RULES, ...rules }));
    const orders = applyAll(fold, events).length;
    const [version] = fold.versions();
    return [orders > 0, version === undefined ? -1 : version.added, version === undefined ? -1 : setAsideIn(version.sources)];
  };
  assert.deepEqual(after({}, [...honest, ...flood]), [true, 400, 0]);
  assert.deepEqual(after({ sourceLabelsPerHour: 5 }, [...honest, ...flood])[1], 400);
  assert.deepEqual(after({ trustedSources: ['user'] }, [...honest, ...flood]), [false, 400, 200]);
  assert.deepEqual(after({ sourceLabelsPerHour: 210 }, [...honest, ...honest.map((one, i) => ({ ...one, prediction_id: `later-${i}`, label: 'b', labelled_at: 3_600_000 + i * 10 }))]), [true, 400, 0]);
});
