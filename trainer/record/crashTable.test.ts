// The check of the crash table can fail: each wrong is found, and named.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allCases, STEPS, wrongIn, type Case, type SeenEvent, type SeenRow } from './crashTable.ts';

const row = (id: string, seq: number | null, change: Partial<SeenRow> = {}): SeenRow => ({ retrain_id: id, status: 'FINISHED', outcome: seq === null ? 'rejected' : 'promoted', outcome_reason: 'because', promotion_seq: seq, model_version: seq === null ? null : `v${seq}`, attempts: 1, ...change });
const eventsOf = (rows: readonly SeenRow[]): SeenEvent[] => rows.flatMap((one) => (one.promotion_seq === null ? [] : [{ promotion_seq: one.promotion_seq, retrain_id: one.retrain_id, model_version: one.model_version ?? '' }]));
const PASSES: Case = { step: 'promoted', how: 'kill', kind: 'passes', meanwhile: true };
const good = [row('first', 1), row('asked', 2), row('back', 3)];

test('every step of the path is in the table, killed and suspended, alone and with a rollback meanwhile', () => {
  const cases = allCases();
  for (const step of STEPS) for (const how of ['kill', 'stop'] as const) for (const meanwhile of [false, true]) assert.ok(cases.some((one) => one.kind === 'passes' && one.step === step && one.how === how && one.meanwhile === meanwhile), `${how} at ${step}`);
  assert.equal(new Set(cases.map((one) => JSON.stringify(one))).size, cases.length);
});
test('what is as promised is not blamed', () => {
  assert.deepEqual(wrongIn(PASSES, { rows: good, events: eventsOf(good), asked: 'asked', meanwhile: 'back', serving: 3 }), []);
  const rejected = [row('first', 1), row('asked', null)];
  assert.deepEqual(wrongIn({ ...PASSES, kind: 'fails', meanwhile: false }, { rows: rejected, events: eventsOf(rejected), asked: 'asked', meanwhile: undefined, serving: 1 }), []);
});
test('what is not, is found', () => {
  const TABLE: [string, readonly SeenRow[], readonly SeenEvent[] | undefined, number, RegExp][] = [
    ['a row left RUNNING', [row('first', 1), row('asked', 2, { status: 'RUNNING' }), row('back', 3)], undefined, 3, /asked is RUNNING/],
    ['a request that got no row', [row('first', 1), row('back', 2)], undefined, 2, /asked has 0 rows/],
    ['a request that got two rows', [...good, row('asked', 4)], undefined, 4, /asked has 2 rows/],
    ['a promotion that the gate had passed is missing', [row('first', 1), row('asked', null), row('back', 2)], undefined, 2, /asked is rejected, not promoted/],
    ['the rollback was lost', [row('first', 1), row('asked', 2)], undefined, 2, /back has 0 rows/],
    ['an event twice', good, [...eventsOf(good), ...eventsOf(good).slice(-1)], 3, /events differ/],
    ['a promotion without its event', good, eventsOf(good).slice(0, 2), 3, /events differ/],
    ['events out of order', good, eventsOf(good).reverse(), 3, /events differ/],
    ['a number given twice', [row('first', 1), row('asked', 2), row('back', 2)], undefined, 3, /promotion numbers are 1, 2, 2/],
    ['a number left out', [row('first', 1), row('asked', 2), row('back', 4)], undefined, 3, /promotion numbers are 1, 2, 4/],
    ['an inference that stays behind', good, undefined, 2, /inference serves promotion 2 of 3/],
    ['an outcome without a reason', [row('first', 1), row('asked', 2, { outcome_reason: null }), row('back', 3)], undefined, 3, /without a reason/],
  ];
  for (const [name, rows, events, serving, says] of TABLE) assert.match(wrongIn(PASSES, { rows, events: events ?? eventsOf(rows), asked: 'asked', meanwhile: 'back', serving }).join('; '), says, name);
});
