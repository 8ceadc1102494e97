import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oracle, type LoggedFeedback, type LoggedPrediction } from '../verify/oracle.ts';
import { feedOf } from './feed.ts';
import { countOf, scheduleOf } from './schedule.ts';

const PLAN = { members: { join: 3, monitor: 2 }, kills: { join: 28, monitor: 14 }, suspends: { join: 4, monitor: 2 }, removes: { join: 3, monitor: 1 }, events: 500_000 };
test('a schedule is its seed: the same twice, another with another seed', () => {
  assert.deepEqual(scheduleOf(7, PLAN), scheduleOf(7, PLAN));
  assert.notDeepEqual(scheduleOf(7, PLAN), scheduleOf(8, PLAN));
});
test('acts of a lane come in their order', () => {
  const times = scheduleOf(7, PLAN).filter(({ lane }) => lane === 'join').map(({ atEvents }) => atEvents);
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
  assert.ok((times.at(-1) ?? 0) < PLAN.events);
});
test('a schedule holds what the plan says and hurts every member', () => {
  const acts = scheduleOf(7, PLAN);
  assert.deepEqual([countOf(acts, 'kill'), countOf(acts, 'suspend'), countOf(acts, 'remove'), countOf(acts, 'add')], [42, 6, 4, 1]);
  assert.deepEqual([...new Set(acts.filter(({ lane }) => lane === 'join').map(({ member }) => member))].sort(), [0, 1, 2]);
});
test('a lane more changes nothing of the others, and its third member is added', () => {
  const more = { members: { ...PLAN.members, inference: 3 }, kills: { ...PLAN.kills, inference: 2 }, suspends: PLAN.suspends, removes: { ...PLAN.removes, inference: 1 }, events: PLAN.events };
  const acts = scheduleOf(7, more);
  assert.deepEqual(acts.filter(({ lane }) => lane !== 'inference'), scheduleOf(7, PLAN));
  assert.deepEqual(acts.filter(({ lane }) => lane === 'inference').map(({ kind }) => kind).sort(), ['add', 'kill', 'kill', 'remove']);
});
test('the feed is its seed, and holds every kind of trouble', () => {
  const options = { seed: 3, model: 'm', products: 3000, versions: 3, partitions: 3, delay: 500 };
  const records = [...feedOf(options)].flat();
  assert.deepEqual([...feedOf(options)].flat(), records);
  const predictions: LoggedPrediction[] = [];
  const feedback: LoggedFeedback[] = [];
  let misplaced = 0;
  for (const [offset, record] of records.entries()) {
    if (!('value' in record) || record.value === null) continue;
    const at = { partition: 0, offset, timeMs: offset };
    if (record.topic === 'predictions') predictions.push({ ...at, id: record.key, model: 'm', version: record.value.model_version, category: record.value.category, categories: record.value.probabilities.map((one) => one.category), text: '' });
    if (record.topic === 'feedback') feedback.push({ ...at, id: record.key, feedbackId: record.value.feedback_id, category: record.value.category, source: '' });
    if (record.partition !== undefined) misplaced += 1;
  }
  const { revisions, cells, unlabelled } = oracle(predictions, feedback, { horizonMs: 1e9, earlyHorizonMs: 1e9, ranks: new Map() });
  const first = new Map(predictions.map((one) => [one.id, one.offset]));
  assert.ok(revisions.length > 2000 && unlabelled > 300 && misplaced > 20, `${revisions.length} ${unlabelled} ${misplaced}`);
  assert.ok(revisions.some((one) => one.label === null) && revisions.some((one) => one.previous !== null && one.label !== null));
  assert.ok(feedback.filter((one) => one.offset < (first.get(one.id) ?? 0)).length > 200, 'early feedback');
  assert.deepEqual([...cells.keys()], ['m/v1', 'm/v2', 'm/v3']);
});
