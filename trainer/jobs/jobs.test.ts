// Pure parts of the jobs: which row an order gets, what verified rows become, when the schedule is due, how a row is shown.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCsv } from '../../schemas/csv.ts';
import { isLegalId } from '../../schemas/ids.ts';
import { cancelledId, rowIdOf } from './claim.ts';
import type { Row } from '../record/row.ts';
import { hasGrown, scheduleAt, type ScheduleFacts } from './schedule.ts';
import { requestOf } from '../tiny.testing.ts';
import { feedbackOf, subsetCsv, type VerifiedFile } from '../data/verified.ts';
import { briefJob, wholeJob } from '../record/view.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const UUID = '0190a000-0000-7000-8000-000000000001';

test('an order gets the row whose id was told; drift, schedule and ids that are no UUID get a new one', () => {
  const idOf = (cause: string, retrain_id: string): string => rowIdOf(requestOf('m', cause, { retrain_id }), 'made');
  assert.deepEqual([idOf('train_csv', `m/train_csv/${UUID}`), idOf('manual', `m/manual/${UUID}`), idOf('manual', 'm/manual/1'), idOf('drift', `m/${UUID}`), idOf('schedule', 'm/schedule/9')], [UUID, UUID, 'made', 'made', 'made']);
  const cancel = (params_json: string): string | undefined => cancelledId(requestOf('m', 'cancel', { params_json }));
  assert.deepEqual([cancel('{"id": "x"}'), cancel('{}'), cancel('{"id": 5}'), cancel('null'), cancel('{')], ['x', undefined, undefined, undefined, undefined]);
});

const row = fc.record({ row: fc.nat(), product_description: fc.constantFrom('a', 'b,"c"'), category: fc.constantFrom('X', 'Y'), prediction_id: fc.option(fc.constantFrom('p1', 'p2', 'p3'), { nil: undefined }) });
const files = fc.array(fc.record({ uri: fc.constantFrom('s3://d/1.csv', 's3://d/2.csv', 's3://d/3.csv'), rows: fc.array(row, { maxLength: 5 }) }), { maxLength: 3 });
test('verified rows: those with a prediction are feedback, all are the subset; the ids are the same whenever it is done again', () => {
  fc.assert(fc.property(files, fc.nat(), fc.nat(), (given: VerifiedFile[], nowMs, laterMs) => {
    const events = feedbackOf(given, 'm', nowMs, sha256);
    const rows = given.flatMap((one) => one.rows);
    assert.deepEqual(events.map((event) => [event.prediction_id, event.category]), rows.filter((one) => one.prediction_id !== undefined).map((one) => [one.prediction_id, one.category]));
    assert.deepEqual(feedbackOf(given, 'm', laterMs, sha256).map((event) => event.feedback_id), events.map((event) => event.feedback_id));
    assert.ok(events.every((event) => isLegalId(event.feedback_id)));
    // Different words have different ids: another file, prediction or category.
    const words = given.flatMap(({ uri, rows: list }) => list.filter((one) => one.prediction_id !== undefined).map((one) => `${uri} ${one.prediction_id ?? ''} ${one.category}`));
    assert.equal(new Set(events.map((event) => event.feedback_id)).size, new Set(words).size);
    const read = readCsv(Buffer.from(subsetCsv(given)), 'Category', ['X', 'Y']);
    assert.deepEqual(read.rows.map((one) => [one.product_description, one.category, one.prediction_id]), rows.map((one) => [one.product_description, one.category, one.prediction_id]));
  }));
});

const WEEK = 7 * 86_400_000;
const BASE: ScheduleFacts = { nowMs: 10.5 * WEEK, everyMs: WEEK, autoRetrain: 'on', lastTrainedMs: 9 * WEEK, settledSlot: undefined };
const TABLE: [name: string, change: Partial<ScheduleFacts>, want: ReturnType<typeof scheduleAt>][] = [
  ['due', {}, { status: 'due', slot: 10 }],
  ['trained within the week', { lastTrainedMs: 10 * WEEK }, { status: 'waits', dueAtMs: 11 * WEEK }],
  ['exactly a week ago', { lastTrainedMs: 9.5 * WEEK }, { status: 'due', slot: 10 }],
  ['settled in this slot', { settledSlot: 10 }, { status: 'waits', dueAtMs: 11 * WEEK }],
  ['settled in the slot before', { settledSlot: 9 }, { status: 'due', slot: 10 }],
  ['before the first training', { lastTrainedMs: undefined }, { status: 'waits', dueAtMs: undefined }],
  ['no schedule', { everyMs: 0 }, { status: 'off', reason: 'RETRAIN_EVERY_MS is 0' }],
  ['AUTO_RETRAIN=off', { autoRetrain: 'off' }, { status: 'off', reason: 'AUTO_RETRAIN is off' }],
];
for (const [name, change, want] of TABLE) test(`schedule: ${name}`, () => assert.deepEqual(scheduleAt({ ...BASE, ...change }), want));
test('one ask per slot, whenever it is looked at', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 20 * WEEK }), { minLength: 1, maxLength: 50 }), (times) => {
    const asked: number[] = [];
    let settledSlot: number | undefined;
    for (const nowMs of times.sort((a, b) => a - b)) {
      const schedule = scheduleAt({ ...BASE, nowMs, lastTrainedMs: 0, settledSlot });
      if (schedule.status === 'due') asked.push((settledSlot = schedule.slot));
    }
    assert.equal(new Set(asked).size, asked.length);
  }));
});
test('something new: a partition that has grown, or one the training had not seen', () => {
  const ends = new Map([['examples-0', 5n], ['examples-1', 0n]]);
  assert.deepEqual([hasGrown(ends, { 'examples-0': 5, 'examples-1': 0 }), hasGrown(ends, { 'examples-0': 4 }), hasGrown(ends, { 'examples-0': 5 }), hasGrown(new Map([['examples-2', 1n]]), {})], [false, true, false, true]);
});

test('a row is shown with its JSON read and its times in ISO 8601; leases are not shown; the stage only of the running training', () => {
  const request = JSON.stringify(requestOf('m', 'train_csv', { params_json: '{"epoch_num": 3}' }));
  const stored = { id: UUID, retrain_id: 'm/train_csv/1', cause: 'train_csv', status: 'RUNNING', request, report: '{"verdict": 1}', progress: '[]', promotion_seq: '4', requested_at: new Date(0), finished_at: null, lease_token: 'secret', outcome_reason: '{not JSON' } as unknown as Row;
  const whole = wholeJob(stored, { retrainId: 'm/train_csv/1', stage: 'training' });
  assert.deepEqual([whole['params'], whole['report'], whole['progress'], whole['promotion_seq'], whole['requested_at'], whole['stage'], whole['kind'], whole['outcome_reason']], [{ epoch_num: 3 }, { verdict: 1 }, [], 4, '1970-01-01T00:00:00.000Z', 'training', 'training', '{not JSON']);
  assert.ok(!('lease_token' in whole));
  const brief = briefJob(stored, { retrainId: 'another', stage: 'training' });
  assert.deepEqual([brief['stage'], brief['outcome'], 'report' in brief], [null, null, false]);
});
