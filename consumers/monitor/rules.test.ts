import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopError } from '../../schemas/failure.ts';
import { readSettings } from '../../schemas/settings.ts';
import { erasOf, recordOf } from './eras.ts';
import { RULES } from './log.testing.ts';
import { bookOf, readBook, restartsEvidence, rulesFor, sameBook, writeBook, type MonitorRules } from './rules.ts';

test('settings of a single model stand over the defaults; a model that is not named has the defaults', () => {
  const book = bookOf(readSettings({ MIN_F1: '0.9', MODEL_SETTINGS: '{"wine": {"MIN_F1": 0.7, "CATEGORIES": "red|white"}}' }));
  assert.deepEqual([rulesFor(book, 'wine').minF1, rulesFor(book, 'wine').categories, rulesFor(book, 'grocery').minF1, rulesFor(book, 'toString').minF1], [0.7, ['red', 'white'], 0.9, 0.9]);
});
test('mistakes in MODEL_SETTINGS name the model, the variable and the fix', () => {
  const rows: readonly [string, RegExp][] = [
    ['nonsense', /MODEL_SETTINGS must be JSON like/],
    ['{"wine": 3}', /MODEL_SETTINGS must be JSON like/],
    ['{"wine": {"MIN_F1": null}}', /wine: MIN_F1 must be a text or a number/],
    ['{"wine": {"MIN_F1": 2}}', /of 'wine': MIN_F1 must be a number from 0 to 1/],
    ['{"wine": {"PARTITIONS": 2}}', /of 'wine': PARTITIONS cannot be set for a single model; what can: BUCKET_MS/],
    ['{"wine": {"BUCKET_MS": 900000, "WINDOW_MAX_AGE_MS": 1000}}', /of 'wine': WINDOW_MAX_AGE_MS \(1000\) must not be below BUCKET_MS/],
  ];
  for (const [MODEL_SETTINGS, message] of rows) assert.throws(() => readSettings({ MODEL_SETTINGS }), (error: unknown) => error instanceof LoopError && message.test(error.message), MODEL_SETTINGS);
});
test('a book survives being recorded; the first records, without models, are read too', () => {
  const book = bookOf(readSettings({ MIN_CLASS_F1: '0.5', MODEL_SETTINGS: '{"wine": {"MIN_F1": 0.7}}' }));
  assert.ok(sameBook(readBook(writeBook(book)), book));
  const first = JSON.stringify({ ...RULES, recoverMargin: undefined, judgeOn: undefined });
  assert.deepEqual(rulesFor(readBook(first), 'any'), { ...RULES, recoverMargin: 0, judgeOn: 'all' });
});
test('eras come in the order of their offsets, of one partition only; a change no label has seen is replaced', () => {
  const [a, b, c] = [0.7, 0.8, 0.9].map((minF1) => ({ defaults: { ...RULES, minF1 }, models: {} }));
  if (a === undefined || b === undefined || c === undefined) return;
  const records = new Map([recordOf(0, 90, a), recordOf(0, 7, b), recordOf(1, 5, c), recordOf(0, 90, c)].map(({ key, value }) => [key, value]));
  assert.deepEqual(erasOf(records.values(), 0).map(({ fromOffset, book }) => [fromOffset, book.defaults.minF1]), [[7, 0.8], [90, 0.9]]);
});
test('what restarts the evidence', () => {
  const changes: readonly [Partial<MonitorRules>, boolean][] = [
    [{}, false], [{ windowLabels: 7 }, false], [{ cooldownMs: 7 }, false], [{ bucketMs: 7 }, false], [{ settleMs: 7 }, false], [{ categories: ['x', 'y'] }, false],
    [{ minF1: 0.7 }, true], [{ minAccuracy: 0.7 }, true], [{ minClassF1: 0.7 }, true], [{ trigger: 'window' }, true], [{ judgeOn: 'audit' }, true], [{ falseAlarmEvery: 7 }, true],
  ];
  for (const [change, restarts] of changes) assert.equal(restartsEvidence(RULES, { ...RULES, ...change }), restarts, JSON.stringify(change));
  assert.equal(restartsEvidence({ ...RULES, minClassF1: 0.5 }, { ...RULES, minClassF1: 0.5, categories: ['x', 'y'] }), true);
});
