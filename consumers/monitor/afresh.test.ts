// A version that serves again is judged as if it were new: no evidence, no rest, an empty window; its cells stay and its episodes go on counting.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellsOf } from '../../schemas/confusion.ts';
import type { Labelled, RetrainRequested, Tally } from '../../schemas/events.ts';
import { jointStatistic } from './evidence.ts';
import { erasOf, recordOf, restartRecordOf } from './eras.ts';
import { createFold, type Fold } from './fold.ts';
import { logOf, RULES, under } from './log.testing.ts';
import type { Era } from './rules.ts';

const versionsIn = (events: readonly Labelled[]): string[] => [...new Set(events.map((event) => event.model_version))];
const stateOf = (fold: Fold): string => JSON.stringify(fold.versions().toSorted((a, b) => (a.modelVersion < b.modelVersion ? -1 : 1)).map(({ counted, detectors, coefficients, rules: _rules, ...rest }) => [rest, [...detectors], coefficients === undefined ? null : [...coefficients], (counted.all.window.fit(fold.streamMs()), [cellsOf(counted.all.tallies.cumulative()), cellsOf(counted.all.window.cells)])]));
const eraAt = (fromOffset: number, modelVersion: string, promotionSeq: number): Era => ({ ...(under(RULES)[0] as Era), fromOffset, afresh: { modelName: 'm', modelVersion, promotionSeq } });

test('law: told while it runs, or known from the record, or restored from a snapshot in between: the same state and the same orders', () => {
  fc.assert(fc.property(fc.integer(), fc.nat(199), fc.nat(199), fc.nat(199), (seed, a, b, cut) => {
    const events = logOf(seed, 200).map((event) => ({ ...event, model_name: 'm' }));
    const [first = '', second = first] = versionsIn(events);
    const told = [{ at: Math.min(a, b), version: first, seq: 3 }, { at: Math.max(a, b), version: second, seq: 4 }];
    const eras = [...under(RULES), ...told.map((one) => eraAt(one.at, one.version, one.seq))];
    const replayed = createFold(0, eras);
    const want: RetrainRequested[] = events.flatMap((event, i) => replayed.apply(event, i));

    let live = createFold(0, under(RULES));
    const got: RetrainRequested[] = [];
    const snapshot = new Map<string, Tally>();
    events.forEach((event, i) => {
      if (i === cut && snapshot.size > 0) {
        live = createFold(0, [...under(RULES), ...told.filter((one) => one.at < i).map((one) => eraAt(one.at, one.version, one.seq))]);
        live.restore(new Map([...snapshot].map(([key, tally]) => [key, JSON.parse(JSON.stringify(tally)) as Tally])));
      }
      for (const one of told) if (one.at === i) live.startAfresh({ modelName: 'm', modelVersion: one.version, promotionSeq: one.seq }, i);
      got.push(...live.apply(event, i));
      for (const [key, tally] of live.changes()) {
        if (tally === undefined) snapshot.delete(key);
        else snapshot.set(key, tally);
      }
    });
    assert.deepEqual(got, want);
    assert.equal(stateOf(live), stateOf(replayed));
  }), { numRuns: 60 });
});

test('nothing of before weighs on it, the numbers of its episodes go on, and another version notices nothing', () => {
  const bad = (i: number, version: string): Labelled => ({ prediction_id: `${version}-${i}`, model_name: 'm', model_version: version, revision: 0, predicted: 'a', label: Math.floor(i / 2) % 2 === 0 ? 'b' : 'a', previous_label: null, previous_labelled_at: null, labelled_at: 1000 + i * 10, predicted_at: 1000, audit: false, source: 't' });
  const rules = { ...RULES, minF1: 0.9, trigger: 'evidence', falseAlarmEvery: 50, cooldownMs: 1e12, maxRetrainsPerDay: 1000, windowMaxAgeMs: 1e12, minLabels: 20, settleMs: 0 } as const;
  const fold = createFold(0, under(rules));
  let offset = 0;
  const label = (n: number): string[] => Array.from({ length: n }, () => ['v1', 'v2'].map((version) => fold.apply(bad(offset, version), (offset += 1)))).flat(2).map((request) => request.retrain_id);
  assert.deepEqual(label(300).sort(), ['m/v1/1', 'm/v2/1'], 'then it rests for ever');
  const of = (version: string) => fold.versions().find((one) => one.modelVersion === version);
  const before = of('v1')?.added ?? 0;
  fold.startAfresh({ modelName: 'm', modelVersion: 'v1', promotionSeq: 3 }, offset + 1);
  fold.apply(bad(offset, 'v1'), (offset += 1));
  const v1 = of('v1');
  assert.ok(v1 !== undefined && v1.added === before + 1 && v1.fedSinceAlarm <= 1 && v1.counted.all.window.labels <= 1 && v1.shown === 'warming');
  assert.ok(jointStatistic([...v1.detectors.values()]) < 2);
  assert.deepEqual(label(300), ['m/v1/2'], 'v2 rests still');
});

test('records and back: settings first where both begin at one offset; another partition\'s are not ours', () => {
  const books = [0.8, 0.9].map((minF1) => ({ defaults: { ...RULES, minF1 }, models: {} }));
  const restart = (promotionSeq: number) => ({ modelName: 'm', modelVersion: `v${promotionSeq}`, promotionSeq });
  const records = [restartRecordOf(0, 9, restart(4)), restartRecordOf(0, 9, restart(3)), restartRecordOf(0, 5, restart(2)), restartRecordOf(1, 1, restart(9)), ...books.map((book, i) => recordOf(0, i * 9, book))].map(({ value }) => value);
  assert.deepEqual(erasOf(records, 0).map(({ fromOffset, book, afresh }) => [fromOffset, book.defaults.minF1, afresh?.modelVersion]), [[0, 0.8, undefined], [5, 0.8, 'v2'], [9, 0.9, undefined], [9, 0.9, 'v3'], [9, 0.9, 'v4']]);
  assert.deepEqual(erasOf([], 0), []);
});
