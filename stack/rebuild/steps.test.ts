import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labelled } from '../../schemas/events.ts';
import { cellsOfLog } from './cells.ts';
import { foundLines, championLines } from './lines.ts';
import { changesOf, rowSteps, runSteps } from './steps.ts';

const row = (id: string, more: object = {}) => ({ id, retrain_id: `m/manual/${id}`, model_name: 'm', status: 'FINISHED', outcome: 'rejected', promotion_seq: null, started_at: 'then', f1: 0.9, ...more });
const waits = { status: 'PENDING', outcome: null, started_at: null };

test('what is done about a row, by what stands', () => {
  const over = row('1');
  const TABLE: [planned: ReturnType<typeof row>, standing: ReturnType<typeof row>[], how: string, columns: string[]][] = [
    [over, [], 'insert', []],
    [over, [row('2')], 'insert', []],
    [over, [{ ...over, outcome: 'rejected' }], 'same', []],
    // Null and missing are the same to a table.
    [over, [{ ...over, champion_f1: null } as typeof over], 'same', []],
    [over, [row('1', { f1: 0.8 })], 'differs', ['f1']],
    // The same request under another id.
    [over, [row('7', { retrain_id: 'm/manual/1' })], 'differs', ['id']],
    [over, [row('1', waits)], 'replace', ['status', 'outcome', 'started_at']],
    [over, [row('1', { status: 'RUNNING', outcome: null })], 'ahead', ['status', 'outcome']],
    [row('1', waits), [over], 'ahead', ['status', 'outcome', 'started_at']],
    [row('1', waits), [row('1', { ...waits, cancelled_at: 'now' })], 'ahead', ['cancelled_at']],
    // Another run has the number.
    [row('1', { promotion_seq: 3 }), [row('9', { promotion_seq: 3 })], 'differs', ['promotion_seq']],
    [row('1', { promotion_seq: 3 }), [row('9', { promotion_seq: 3, model_name: 'other' })], 'insert', []],
  ];
  for (const [planned, standing, how, columns] of TABLE) {
    const [step] = runSteps([planned], standing);
    assert.deepEqual([step?.how, step?.columns], [how, columns], JSON.stringify([planned, standing]));
  }
});
test('rows that say something else stay unless told; the rows in the way of one that comes go', () => {
  const steps = runSteps([row('1', { promotion_seq: 1 }), row('2'), row('3')], [row('9', { promotion_seq: 1 }), row('2', { f1: 0 }), row('3', waits)]);
  assert.deepEqual(changesOf(steps, false), { go: [row('3', waits)], come: [row('3')] });
  const all = changesOf(steps, true);
  assert.deepEqual([all.go.map(({ id }) => id), all.come.map(({ id }) => id)], [['9', '2', '3'], ['1', '2', '3']]);
});
test('law: done once, there is nothing left to do', () => {
  const planned = [row('1', { promotion_seq: 1 }), row('2'), row('3', waits)];
  for (const standing of [[], [row('2', waits)], [row('9', { promotion_seq: 1 })], planned]) {
    const { go, come } = changesOf(runSteps(planned, standing), true);
    const after = [...standing.filter((one) => !go.includes(one)), ...come];
    assert.deepEqual(runSteps(planned, after).filter(({ how }) => how !== 'same').map(({ how }) => how), []);
  }
});
test('other tables: by their key', () => {
  assert.deepEqual(rowSteps('job_id', [{ job_id: 'a', rows: 1 }, { job_id: 'b', rows: 2 }, { job_id: 'c', rows: 3 }], [{ job_id: 'b', rows: 2 }, { job_id: 'c', rows: 4 }]).map(({ how }) => how), ['insert', 'same', 'differs']);
});
test('cells of the log: a correction moves a count, a withdrawal takes it away', () => {
  const say = (label: string | null, previous_label: string | null): Labelled => ({ prediction_id: 'p', model_name: 'm', model_version: 'v1', revision: 0, predicted: 'A', label, previous_label, labelled_at: 0, previous_labelled_at: null, predicted_at: 0, audit: false, source: '' });
  const counts = (...said: Labelled[]) => [...(cellsOfLog(said).get('m/v1') ?? [])];
  assert.deepEqual(counts(say('A', null), say('A', null)), [['A → A', 2]]);
  assert.deepEqual(counts(say('A', null), say('B', 'A')), [['B → A', 1]]);
  assert.deepEqual(counts(say('A', null), say(null, 'A')), []);
});
test('lines', () => {
  const steps = runSteps([row('1', { promotion_seq: 2, model_version: 'v2' }), row('2')], [row('2', { f1: 0.5 })]);
  assert.deepEqual(foundLines([{ table: 'auto_training', steps, extra: 1 }, { table: 'jobs', steps: [], extra: 0 }]), [
    'auto_training: 1 to be put in, 1 differ; 1 only in MySQL, left alone',
    '  insert   m/manual/1  FINISHED  rejected  promotion 2, v2  F1 0.9000',
    '  differs  m/manual/2  FINISHED  rejected  F1 0.9000  differs in f1',
    'jobs: nothing in S3 or Kafka',
  ]);
  assert.deepEqual(championLines([row('1', { promotion_seq: 2, model_version: 'v2' })], new Map([['m', { promotion_seq: 3, model_version: 'v3' }]])), ["champion of 'm': v3 is promotion 3 in Kafka, v2 promotion 2 in the table; the next one is number 4"]);
});
