import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopError } from '../../schemas/failure.ts';
import { wholeRow } from './rows.testing.ts';
import { plainRow, readRunFile, rowFileText } from '../../schemas/rowFile.ts';
import { endedRow } from './runFile.ts';
import { OUTCOMES } from './row.ts';

const at = new Date('2026-01-02T03:04:05.678Z');
test('a row comes back from its file as it was, whatever its outcome; who worked on it stays out', () => {
  for (const outcome of OUTCOMES) {
    const row = endedRow({ ...wholeRow(1), outcome: null, outcome_reason: null, lease_token: 'secret' }, outcome, 'why', at);
    const metrics = { id: row.id, timestamp: at, f1: 0.9123456789012345, total_predictions: 12 };
    const text = rowFileText(row, metrics);
    assert.doesNotMatch(text, /secret|lease_/);
    const read = readRunFile('s3://x', text);
    assert.deepEqual(read.row, plainRow(row));
    assert.deepEqual(read.metrics, { ...metrics, timestamp: at.toISOString() });
    assert.deepEqual([read.row['outcome'], read.row['finished_at'], read.row['status']], [outcome, at.toISOString(), outcome === 'error' ? 'FAILED' : 'FINISHED']);
  }
  assert.equal(readRunFile('s3://x', rowFileText(wholeRow(1), undefined)).metrics, undefined);
});
test('an end: what the row says already wins; its duration is from its start, and none without one', () => {
  const row = { ...wholeRow(1), outcome: 'promoted', outcome_reason: 'better', duration_ms: null, started_at: new Date(at.getTime() - 1500) };
  const ended = endedRow(row, 'promoted', '', at);
  assert.deepEqual([ended.outcome, ended.outcome_reason, ended.duration_ms], ['promoted', 'better', 1500]);
  assert.equal(endedRow({ ...row, duration_ms: 7 }, 'promoted', '', at).duration_ms, 7);
  assert.equal(endedRow({ ...row, started_at: null }, 'superseded', '', at).duration_ms, null);
});
test('what is no file of a run is refused by name', () => {
  const good = JSON.parse(rowFileText(wholeRow(1), undefined)) as Record<string, unknown>;
  const TABLE: [text: string, says: RegExp][] = [['', /not JSON/], ['[]', /not an object/], ['null', /not an object/], ['{}', /id is missing/], [JSON.stringify({ ...good, cause: 7 }), /cause is missing/], [JSON.stringify({ ...good, request: '' }), /request is missing/], [JSON.stringify({ ...good, f1: {} }), /f1 is not a plain value/]];
  for (const [text, says] of TABLE) assert.throws(() => readRunFile('s3://models/m/runs/1.json', text), (error) => error instanceof LoopError && error.code === 'bad_row_file' && says.test(error.message) && error.message.startsWith('s3://models/m/runs/1.json'));
});
