import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behindText, highestOf, missingIn, turnOf, type Announced } from './seq.ts';

const at = (promotion_seq: number, run_id = `run-${promotion_seq}`): Announced => ({ promotion_seq, run_id, model_version: `v${promotion_seq}` });

test('whether a promotion may be published, by what stands', () => {
  const TABLE: [event: Announced, standing: Announced | undefined, turn: string][] = [
    [at(1), undefined, 'next'], [at(2), at(1), 'next'], [at(7), at(1), 'next'],
    [at(2), at(2), 'stands'],
    // MySQL was lost and counts from 1 again: readers have passed these numbers.
    [at(1), at(5), 'outrun'], [at(5, 'another'), at(5), 'outrun'], [at(4), at(5), 'outrun'],
  ];
  for (const [event, standing, turn] of TABLE) assert.equal(turnOf(event, standing), turn, JSON.stringify([event, standing]));
});
test('the highest promotion of each model, in whatever order they come', () => {
  const events = [{ ...at(2), model_name: 'a' }, { ...at(1), model_name: 'a' }, { ...at(1), model_name: 'b' }];
  for (const list of [events, events.toReversed()]) assert.deepEqual([...highestOf(list)].map(([model, { promotion_seq }]) => [model, promotion_seq]).sort(), [['a', 2], ['b', 1]]);
  assert.equal(highestOf([]).size, 0);
});
test('a ledger lacks what Kafka knows and it does not; a ledger that is ahead lacks nothing', () => {
  assert.deepEqual([missingIn(0, 0), missingIn(0, 3), missingIn(2, 3), missingIn(3, 3), missingIn(4, 3)], [0, 3, 1, 0, 0]);
  assert.match(behindText('grocery', 0, 3), /knows no promotion of 'grocery', the topic models knows 3: .*\.\/loop rebuild/);
});
