// Records of tallies that are not the monitor's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tally } from '../../schemas/events.ts';
import { LoopError } from '../../schemas/failure.ts';
import { readSettings } from '../../schemas/settings.ts';
import { recordOf, restartRecordOf, restartsOf, settingsErasOf } from './eras.ts';
import { bookOf } from './rules.ts';
import { isReadable } from './snapshot.ts';

const settings: Tally = recordOf(0, 7, bookOf(readSettings({}))).value;
const restart: Tally = restartRecordOf(0, 7, { modelName: 'm', modelVersion: 'v2', promotionSeq: 3 }).value;
const badEra = (says: RegExp) => (error: unknown): boolean => error instanceof LoopError && error.code === 'bad_era' && error.kind === 'fatal' && says.test(error.message);

test('found by fuzzing: settings and restarts that cannot be read end the monitor by name, and are not judged by', () => {
  assert.equal(settingsErasOf([settings], 0).length, 1);
  for (const state_json of ['', 'null', '{', '{"models":null}', '{"defaults":{"minF1":"high"}}', settings.state_json.replace('"minF1":0.9', '"minF1":null')]) assert.throws(() => settingsErasOf([{ ...settings, state_json }], 0), badEra(/kind settings.*tombstone/), state_json);
  assert.equal(restartsOf([restart], 0)[0]?.promotionSeq, 3);
  for (const state_json of ['', 'null', '{}', '{"promotion_seq":"3"}']) assert.throws(() => restartsOf([{ ...restart, state_json }], 0), badEra(/restart of m v2.*tombstone/), state_json);
});
test('found by fuzzing: a snapshot whose JSON is damaged is folded again', () => {
  const whole = { ...settings, kind: 'partition', state_json: '{"format":2,"streamMs":1,"recallFrom":null,"openedAtMs":[]}' };
  const detector = { ...settings, kind: 'detector', state_json: '{"detectors":[],"bucketLengths":[]}' };
  const read = (partition: Tally, version: Tally): boolean => isReadable(new Map([['partition/0', partition], ['m/v1/detector', version]]), 0);
  assert.ok(read(whole, detector));
  for (const state_json of ['', 'null', '{"format":2', '{"format":2}']) assert.ok(!read({ ...whole, state_json }, detector), state_json);
  for (const state_json of ['', 'null', '{"detectors":[]']) assert.ok(!read(whole, { ...detector, state_json }), state_json);
});
