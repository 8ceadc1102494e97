// What the table should hold, from files, events and requests: each source alone, and where they contradict each other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CANCEL, type ModelPromoted, type RetrainRequested } from '../../schemas/events.ts';
import { plainRow } from '../../schemas/rowFile.ts';
import type { Row } from '../../trainer/record/row.ts';
import { wholeRow } from '../../trainer/record/rows.testing.ts';
import { remember, type Asked, type Sources } from './plan.ts';

const tools = { iso: (ms: number) => new Date(ms).toISOString(), idOf: (id: string) => `id-of-${id}` };
const file = (row: Row): Sources['files'][number] => ({ row: plainRow(row), metrics: undefined });
const eventOf = (n: number, more: Partial<ModelPromoted> = {}): ModelPromoted => ({
  model_name: 'grocery', model_version: `v${n}`, promotion_seq: n, manifest_uri: `s3://models/grocery/sha${n}/manifest-${n}.json`, manifest_sha256: 'c', weights_sha256: 'b', run_id: wholeRow(n).id, retrain_id: `grocery/manual/${n}`, cause: 'manual', previous_version: n === 1 ? null : `v${n - 1}`,
  categories: ['Beverages'], promoted_at: 5_000_000 * n, restored: false, previous_promotion_seq: null, previous_manifest_uri: null, previous_manifest_sha256: null, previous_weights_sha256: null, ...more,
});
const asked = (cause: string, offset: number, more: Partial<RetrainRequested> = {}): Asked => ({
  request: { retrain_id: `grocery/${cause}/${offset}`, model_name: 'grocery', model_version: null, cause, requested_at: 1, requested_by: 'ada', threshold: 0.9, live_f1: null, evidence_json: '{}', newest_predicted_at: null, params_json: '{}', force: false, ...more }, atMs: 1000 + offset, partition: 0, offset,
});
const brought = (sources: Partial<Sources>) => remember({ files: [], models: [], requests: [], trainBuckets: ['dataset'], ...sources }, tools);
const brief = (rows: readonly Readonly<Record<string, unknown>>[]) => rows.map((row) => [row['retrain_id'], row['status'], row['outcome'] ?? null, row['promotion_seq'] ?? null]);

test('files that agree with Kafka come back as they were, every column', () => {
  const rows = [wholeRow(1), wholeRow(2), wholeRow(3, { outcome: 'rejected', promotion_seq: null, model_version: null }), wholeRow(4, { status: 'FAILED', outcome: 'error', promotion_seq: null, model_version: null })];
  const { rows: back, notes } = brought({ files: rows.toReversed().map(file), models: [eventOf(1), eventOf(2)] });
  assert.deepEqual([back, notes], [rows.map(plainRow), []]);
});
test('a run that was at work waits again; one that had been announced is over, with the reason its report holds', () => {
  const report = JSON.stringify({ verdict: { words: 'better on the recent rows' } });
  const atWork = { status: 'RUNNING', outcome: null, outcome_reason: null, promotion_seq: null, model_version: null, finished_at: null, report } as const;
  const { rows } = brought({ files: [file(wholeRow(1)), file(wholeRow(2, atWork)), file(wholeRow(3, atWork))], models: [eventOf(1), eventOf(2)] });
  assert.deepEqual(brief(rows), [['grocery/manual/1', 'FINISHED', 'promoted', 1], ['grocery/manual/2', 'FINISHED', 'promoted', 2], ['grocery/manual/3', 'PENDING', null, null]]);
  assert.deepEqual([rows[1]?.['outcome_reason'], rows[1]?.['model_version'], rows[1]?.['finished_at']], ['better on the recent rows', 'v2', tools.iso(10_000_000)]);
});
test('a promotion without a file is a row of what its event says, and is told', () => {
  const { rows, notes } = brought({ models: [eventOf(4)], requests: [asked('manual', 9, { retrain_id: 'grocery/manual/4', requested_at: 77 })] });
  assert.deepEqual(brief(rows), [['grocery/manual/4', 'FINISHED', 'promoted', 4]]);
  assert.deepEqual([rows[0]?.['weights_s3'], rows[0]?.['requested_at']], ['s3://models/grocery/sha4/weights.bin', tools.iso(77)]);
  assert.deepEqual(notes.map((note) => /is lost: its row says|promotion 1, 2, 3 of 'grocery' is lost/.test(note)), [true, true]);
});
test('promotions that others announced: no two rows bear one retrain id, and where no id of a run is named there is no row', () => {
  const { rows, notes } = brought({ models: [eventOf(1, { retrain_id: '' }), eventOf(2, { retrain_id: '' }), eventOf(3, { run_id: '' }), eventOf(1, { model_name: 'other' }), eventOf(4, { run_id: 'x'.repeat(37) })] });
  assert.deepEqual(brief(rows).map(([id]) => id), [`grocery/announced/${wholeRow(1).id}`, `grocery/announced/${wholeRow(2).id}`]);
  assert.equal(notes.filter((note) => note.includes('no row is made of it')).length, 3);
});
test('two runs with one number (MySQL was lost before): Kafka names the one that served, else the one that ended first; the other becomes an error', () => {
  const again = wholeRow(5, { promotion_seq: 1, model_version: 'v1', outcome_reason: 'no champion' });
  for (const models of [[eventOf(1)], []]) {
    const { rows, notes } = brought({ files: [file(again), file(wholeRow(1))], models });
    assert.deepEqual(brief(rows), [['grocery/manual/1', 'FINISHED', 'promoted', 1], ['grocery/manual/5', 'FAILED', 'error', null]]);
    assert.match(String(rows[1]?.['outcome_reason']), /never served \(no champion\)/);
    assert.equal(notes.length, models.length === 0 ? 2 : 1);
  }
  const other = brought({ files: [file(again), file(wholeRow(1))], models: [eventOf(1, { run_id: again.id })] });
  assert.deepEqual(brief(other.rows).map(([, , outcome]) => outcome), ['error', 'promoted']);
});
test('what was asked for and has no file waits; orders and words of admins are heeded, and nothing is made of what was unusable', () => {
  const awaiting = wholeRow(1, { status: 'PENDING', outcome: null, promotion_seq: null, model_version: null, approval: 'awaiting', approve_until: new Date(5000), finished_at: null });
  const { rows } = brought({
    files: [file(awaiting), file(wholeRow(2))], models: [eventOf(2)],
    requests: [
      asked('manual', 1, { retrain_id: 'grocery/manual/2' }), asked('manual', 2), asked('nonsense', 3), asked('train_csv', 4), asked('drift', 5, { retrain_id: 'grocery/v1/1' }), asked('drift', 6, { retrain_id: 'grocery/v1/1' }),
      asked(CANCEL, 7, { params_json: JSON.stringify({ id: 'id-of-grocery/manual/2' }) }), asked('approve', 8, { params_json: JSON.stringify({ run_id: awaiting.id }), requested_by: 'bob' }), asked('decline', 9, { params_json: JSON.stringify({ run_id: awaiting.id }) }),
      asked(CANCEL, 10, { params_json: JSON.stringify({ id: wholeRow(2).id }) }),
    ],
  });
  const byId = new Map(rows.map((row) => [row['retrain_id'], row]));
  assert.deepEqual([...byId.keys()].sort(), ['grocery/manual/1', 'grocery/manual/2', 'grocery/v1/1']);
  assert.deepEqual([byId.get('grocery/v1/1')?.['id'], byId.get('grocery/v1/1')?.['status'], byId.get('grocery/v1/1')?.['request_offset'], byId.get('grocery/v1/1')?.['claimed_at']], ['id-of-grocery/v1/1', 'PENDING', 5, tools.iso(1005)]);
  assert.deepEqual([byId.get('grocery/manual/1')?.['approval'], byId.get('grocery/manual/1')?.['decided_by']], ['approved', 'bob']);
  assert.equal(byId.get('grocery/manual/2')?.['cancelled_at'] ?? null, null, 'what is over cannot be cancelled');
});
test('an order to cancel what waits is kept; a word after the deadline is not', () => {
  const awaiting = wholeRow(1, { status: 'PENDING', outcome: null, promotion_seq: null, model_version: null, approval: 'awaiting', approve_until: new Date(500), finished_at: null });
  const { rows } = brought({ files: [file(awaiting)], requests: [asked('manual', 2), asked(CANCEL, 7, { params_json: JSON.stringify({ id: 'id-of-grocery/manual/2' }) }), asked('approve', 8, { params_json: JSON.stringify({ run_id: awaiting.id }) })] });
  assert.deepEqual(rows.map((row) => [row['retrain_id'], row['cancelled_by'] ?? null, row['approval'] ?? null]), [['grocery/manual/2', 'ada', null], ['grocery/manual/1', null, 'awaiting']]);
});
test('a Kafka that knows less than the files is told', () => {
  assert.match(brought({ files: [file(wholeRow(1)), file(wholeRow(2))], models: [eventOf(1)] }).notes.join(), /Kafka knows promotion 1 of 'grocery' as the last, the files know 2/);
});
test('law: what is remembered does not depend on the order of the files, and remembering what was remembered is the same', () => {
  const rows = [wholeRow(1), wholeRow(2), wholeRow(3, { status: 'RUNNING', outcome: null, promotion_seq: null, model_version: null }), wholeRow(4, { promotion_seq: 2 })];
  const once = brought({ files: rows.map(file), models: [eventOf(1), eventOf(2)], requests: [asked('manual', 12)] });
  for (let shift = 1; shift < rows.length; shift += 1) assert.deepEqual(brought({ files: [...rows.slice(shift), ...rows.slice(0, shift)].map(file), models: [eventOf(2), eventOf(1)], requests: [asked('manual', 12)] }).rows, once.rows);
  assert.deepEqual(brought({ files: once.rows.map((row) => ({ row, metrics: undefined })), models: [eventOf(1), eventOf(2)], requests: [asked('manual', 12)] }).rows, once.rows);
});
