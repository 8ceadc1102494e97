import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behindLine, firstFailed, lostModel } from './firstTraining.ts';

test('only the first training can leave the stack without a model: one that is refused later is no reason not to start', () => {
  const last = (cause: string, outcome: string | null, outcome_reason: string | null = 'why') => firstFailed({ stage: 'idle', last: { cause, outcome, outcome_reason } });
  assert.equal(last('bootstrap', 'rejected'), "the first training ended with 'rejected': why");
  assert.equal(last('bootstrap', 'error', null), "the first training ended with 'error': see ./loop logs trainer");
  for (const cause of ['train_csv', 'drift', 'manual', 'rollback']) for (const outcome of ['rejected', 'error']) assert.equal(last(cause, outcome), undefined, `${cause} ${outcome}`);
  assert.deepEqual([last('bootstrap', 'promoted'), last('bootstrap', null), firstFailed({ stage: 'dataset' }), firstFailed(undefined)], [undefined, undefined, undefined, undefined]);
});

test('a model whose objects are gone or damaged is no reason to wait; one that S3 does not give now is', () => {
  const lost = (detail: string) => lostModel({ title: 'unavailable', detail });
  assert.match(lost('v3 cannot be loaded: there is no object s3://models/grocery/ab/manifest-1.json') ?? '', /^v3 cannot .* s3:\/\/models\/grocery\/ab\/manifest-1\.json\. S3 has lost .*--new-model$/);
  assert.notEqual(lost('v3 cannot be loaded: the weights of v3 are damaged: size or SHA-256 differs from its manifest'), undefined);
  for (const detail of ['no model serves yet; the first training may still be running', 'v3 cannot be loaded: S3 at http://127.0.0.1:1 does not give s3://models/x (ECONNREFUSED)', 'stopping']) assert.equal(lost(detail), undefined, detail);
  assert.deepEqual([lostModel(undefined), lostModel({ status: 'ready' }), lostModel('text')], [undefined, undefined, undefined]);
});
test('a ledger that lacks promotions is told', () => {
  assert.deepEqual([behindLine({}), behindLine({ ledger_behind: 0 })], [undefined, undefined]);
  assert.match(behindLine({ ledger_behind: 2 }) ?? '', /lost 2 promotions.*\.\/loop rebuild/);
});
