// The oracle of the join benchmark against our own join; the log of the monitor's benchmark.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJoin, NOTHING_TOLD, type JoinOutput } from '../../consumers/join/join.ts';
import { memoryStore } from '../../consumers/join/store.ts';
import { cellName, createJoinFeed, wrongCells } from './feed.ts';
import { labelledLog } from '../monitor/labelledLog.ts';

test('the expected table is what our join makes of the feed, whichever side comes first', () => {
  const count = 2000;
  const feed = createJoinFeed(5);
  for (const early of [false, true]) {
    const out: JoinOutput[] = [];
    const join = createJoin({ horizonMs: 1000, earlyHorizonMs: 1000, rankOf: () => 0, driftReference: 0, told: NOTHING_TOLD, isNew: () => true }, memoryStore());
    let offset = 0;
    const predictions = (): void => {
      for (let i = 0; i < count; i += 1) join.prediction({ offset: (offset += 1), timeMs: 1, event: feed.prediction(i), value: new Uint8Array() }, out, () => undefined);
    };
    if (!early) predictions();
    for (let i = 0; i < count; i += 1) for (const event of feed.feedbackOf(i)) join.feedback({ offset: (offset += 1), timeMs: 2, event, value: new Uint8Array() }, out, () => undefined);
    if (early) predictions();
    const table = new Map<string, number>();
    const add = (cell: string, by: number): void => void table.set(cell, (table.get(cell) ?? 0) + by);
    for (const output of out) {
      if (output.kind !== 'labelled') continue;
      const { model_version, predicted, label, previous_label } = output.event;
      if (previous_label !== null) add(cellName(model_version, previous_label, predicted), -1);
      if (label !== null) add(cellName(model_version, label, predicted), 1);
    }
    assert.equal(wrongCells(feed.expected(count), table), 0);
    assert.equal([...table.values()].reduce((sum, n) => sum + n, 0), count);
  }
});
test('a table with one label elsewhere has two wrong cells', () => {
  const expected = createJoinFeed(1).expected(100);
  const [[cell, n] = ['', 0]] = expected;
  assert.equal(wrongCells(expected, new Map([...expected, [cell, n - 1], ['v1|x|y', 1]])), 2);
});
test('a log of labels repeats, rises in time, and takes back only what stands', () => {
  const log = labelledLog(3, 5000);
  assert.deepEqual(log, labelledLog(3, 5000));
  const standing = new Map<string, string | null>();
  let before = 0;
  for (const { prediction_id, label, previous_label, labelled_at } of log) {
    assert.ok(labelled_at >= before);
    before = labelled_at;
    assert.equal(previous_label, standing.get(prediction_id) ?? null);
    standing.set(prediction_id, label);
  }
  assert.ok(log.some((one) => one.label === null) && log.some((one) => one.previous_label !== null && one.label !== null));
});
