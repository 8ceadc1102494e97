import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstFailed } from './firstTraining.ts';

test('only the first training can leave the stack without a model: one that is refused later is no reason not to start', () => {
  const last = (cause: string, outcome: string | null, outcome_reason: string | null = 'why') => firstFailed({ stage: 'idle', last: { cause, outcome, outcome_reason } });
  assert.equal(last('bootstrap', 'rejected'), "the first training ended with 'rejected': why");
  assert.equal(last('bootstrap', 'error', null), "the first training ended with 'error': see ./loop logs trainer");
  for (const cause of ['train_csv', 'drift', 'manual', 'rollback']) for (const outcome of ['rejected', 'error']) assert.equal(last(cause, outcome), undefined, `${cause} ${outcome}`);
  assert.deepEqual([last('bootstrap', 'promoted'), last('bootstrap', null), firstFailed({ stage: 'dataset' }), firstFailed(undefined)], [undefined, undefined, undefined, undefined]);
});
