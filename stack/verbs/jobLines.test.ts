import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awaitsApproval, hasEnded, newLines, runLines, runsTable, verdictLines } from './jobLines.ts';

const JOB = { id: 'r1', cause: 'train_csv', status: 'RUNNING', stage: 'dataset', outcome: null, outcome_reason: null, requested_at: '2026-11-26T01:02:03.456Z', progress: [], promotion_seq: null };
const EPOCH = { epoch: 1, epochs: 2, loss: 0.5, f1: 0.9, f1Min: null };

test('what is new is told once: the status, the stage, each epoch', () => {
  assert.deepEqual(newLines(undefined, { ...JOB, status: 'PENDING', stage: null }), ['pending  r1']);
  assert.deepEqual(newLines({ ...JOB, status: 'PENDING', stage: null }, JOB), ['running  r1', 'stage  dataset']);
  assert.deepEqual(newLines(JOB, { ...JOB, stage: 'training', progress: [EPOCH] }), ['epoch  1 of 2  loss 0.5000  F1 0.9000  worst category -']);
  const both = { ...JOB, stage: 'training', progress: [EPOCH, { ...EPOCH, epoch: 2 }] };
  assert.deepEqual(newLines({ ...both, progress: [EPOCH] }, both).length, 1);
  assert.deepEqual(newLines(both, both), []);
  assert.deepEqual(newLines(JOB, { ...JOB, status: 'FINISHED', stage: null }), []);
});
test('the verdict: outcome, version and reason; figures only where there are any', () => {
  assert.deepEqual(verdictLines({ ...JOB, status: 'FAILED', outcome: 'error', outcome_reason: 'row 3' }), ['error: row 3']);
  const promoted = { ...JOB, status: 'FINISHED', outcome: 'promoted', outcome_reason: 'better', model_version: 'v2', champion_version: 'v1', f1: 0.95, min_f1: 0.8, champion_f1: 0.94, champion_min_f1: 0.79, duration_ms: 5250 };
  assert.deepEqual(verdictLines(promoted), ['promoted as v2: better', 'F1 0.9500, worst category 0.8000; champion v1 0.9400, 0.7900; took 5.3 s']);
  assert.deepEqual([hasEnded(promoted), hasEnded(JOB), awaitsApproval(JOB), awaitsApproval({ ...JOB, status: 'PENDING', outcome_reason: 'passed the gate' })], [true, false, false, true]);
});
test('the table aligns its columns; one run shows its facts and its parts', () => {
  const lines = runsTable([JOB, { ...JOB, status: 'FINISHED', stage: null, outcome: 'rejected', f1: 0.5 }]);
  assert.deepEqual(new Set(lines.map((line) => line.indexOf(line.endsWith('run') ? 'run' : 'r1', 60))).size, 1);
  assert.match(lines[1] ?? '', /^2026-11-26 01:02 {2}train_csv {2}RUNNING dataset {2}-/);
  assert.deepEqual(runsTable([]), ['no runs yet']);
  assert.deepEqual(runLines({ id: 'r1', f1: null, status: 'FAILED', params: { epoch_num: 2 }, progress: [] }), ['id      r1', 'status  FAILED', '', 'params', '  {', '    "epoch_num": 2', '  }']);
});
