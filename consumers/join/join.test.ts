import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Counted, JoinOutput } from './join.ts';
import { brief, createJoin, f, feed, interleave, logs, p, RULES, type Event } from './join.testing.ts';
import { noSums } from './store.ts';

const TABLE: { name: string; events: Event[]; want: string[]; counted?: Counted }[] = [
  { name: 'prediction, then label', events: [p(0, 10, 'x'), f(0, 20, 'x', '1', 'b')], want: ['x r0 ->b @20'] },
  { name: 'label before its prediction is held', events: [f(0, 5, 'x', '1', 'b'), p(0, 10, 'x')], want: ['x r0 ->b @10'], counted: 'held' },
  { name: 'the same feedback id again', events: [p(0, 10, 'x'), f(0, 20, 'x', '1', 'b'), f(1, 21, 'x', '1', 'a')], want: ['x r0 ->b @20'], counted: 'duplicate_feedback' },
  { name: 'the same label again', events: [p(0, 10, 'x'), f(0, 20, 'x', '1', 'b'), f(1, 21, 'x', '2', 'b')], want: ['x r0 ->b @20'], counted: 'same_label' },
  { name: 'a correction names what it replaces', events: [p(0, 10, 'x'), f(0, 20, 'x', '1', 'b'), f(1, 30, 'x', '2', 'a')], want: ['x r0 ->b @20', 'x r1 b>a @30'], counted: 'corrected' },
  { name: 'a withdrawal, then a label', events: [p(0, 10, 'x'), f(0, 20, 'x', '1', 'b'), f(1, 30, 'x', '2', null), f(2, 40, 'x', '3', 'a')], want: ['x r0 ->b @20', 'x r1 b>- @30 tombstone', 'x r2 ->a @40'], counted: 'withdrawn' },
  { name: 'a withdrawal of nothing', events: [p(0, 10, 'x'), f(0, 20, 'x', '1', null)], want: [], counted: 'nothing_to_withdraw' },
  { name: 'a second prediction, the same', events: [p(0, 10, 'x'), p(1, 11, 'x')], want: [], counted: 'duplicate_prediction' },
  { name: 'a second prediction, different', events: [p(0, 10, 'x'), p(1, 11, 'x', 'b'), f(0, 20, 'x', '1', 'b')], want: ['conflicting_prediction 1', 'x r0 ->b @20'], counted: 'conflicting_prediction' },
  { name: 'an unknown category', events: [p(0, 10, 'x'), f(0, 20, 'x', '1', 'zzz')], want: ['unknown_category 0'], counted: 'unknown_category' },
  { name: 'a lower rank never replaces a higher', events: [p(0, 10, 'x'), f(0, 20, 'x', '1', 'b', 'expert'), f(1, 30, 'x', '2', 'a')], want: ['x r0 ->b @20'], counted: 'outranked' },
  { name: 'late', events: [p(0, 10, 'x'), f(0, 1011, 'x', '1', 'b')], want: ['late 0'], counted: 'late' },
  { name: 'at the horizon it still counts', events: [p(0, 10, 'x'), f(0, 1010, 'x', '1', 'b')], want: ['x r0 ->b @1010'] },
  { name: 'too early', events: [f(0, 10, 'x', '1', 'b'), p(0, 111, 'x')], want: ['too_early 0'], counted: 'too_early' },
];
for (const { name, events, want, counted } of TABLE) {
  test(`join: ${name}`, () => {
    const join = createJoin(RULES);
    const counts = new Map<Counted, number>();
    assert.deepEqual(brief(events.flatMap((event) => feed(join, event, counts))), want);
    if (counted !== undefined) assert.equal(counts.get(counted), 1);
  });
}

test('the delay of a label is broker time since its prediction, 0 when the label was first', () => {
  const join = createJoin(RULES);
  const delays = [f(0, 5, 'early', '1', 'b'), p(0, 10, 'early'), p(1, 10, 'x'), f(1, 710, 'x', '1', 'b')].flatMap((event) => feed(join, event)).map((output) => (output.kind === 'labelled' ? output.delayMs : undefined));
  assert.deepEqual(delays, [0, 700]);
});

test('an orphan is told once, also across a restart', () => {
  const first = createJoin(RULES);
  feed(first, f(0, 10, 'x', '1', 'b'));
  const told: JoinOutput[] = [];
  assert.deepEqual(first.expire(111, 10, told, () => undefined), { below: 1, beforeMs: 111 });
  assert.deepEqual(brief(told), ['orphan 0']);
  const restarted = createJoin({ ...RULES, told: { below: 1, beforeMs: 111 }, isNew: () => false });
  feed(restarted, f(0, 10, 'x', '1', 'b'));
  feed(restarted, f(1, 50, 'y', '2', 'b'));
  const again: JoinOutput[] = [];
  restarted.expire(200, 10, again, () => undefined);
  assert.deepEqual(brief(again), ['orphan 1']);
});

test('orphans in pieces: what the note promises was told', () => {
  const join = createJoin(RULES);
  for (let i = 0; i < 5; i += 1) feed(join, f(i, 10 * i, `x${i}`, '1', 'b'));
  const out: JoinOutput[] = [];
  assert.deepEqual(join.expire(1000, 3, out, () => undefined), { below: 3, beforeMs: 130 });
  assert.deepEqual(brief(out), ['orphan 0', 'orphan 1', 'orphan 2']);
  assert.deepEqual(join.expire(1000, 3, out, () => undefined), { below: 5, beforeMs: 1000 });
  assert.equal(out.length, 5);
});

const choices = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });
test('coverage counts what has a label now, once, and the audited ones apart; a withdrawn label no longer counts', () => {
  const join = createJoin(RULES);
  const audited = (event: Event): Event => (event.side === 'predictions' ? { ...event, event: { ...event.event, audit: true } } : event);
  const steps: [Event, [number, number, number, number]][] = [
    [p(0, 10, 'x'), [1, 0, 0, 0]], [audited(p(1, 11, 'y')), [2, 0, 1, 0]], [p(2, 11, 'x'), [2, 0, 1, 0]],
    [f(0, 20, 'x', '1', 'b'), [2, 1, 1, 0]], [f(1, 30, 'x', '2', 'a'), [2, 1, 1, 0]], [f(2, 31, 'x', '3', null), [2, 0, 1, 0]], [f(3, 32, 'x', '4', 'a'), [2, 1, 1, 0]], [f(4, 33, 'y', '5', 'a'), [2, 2, 1, 1]],
  ];
  for (const [event, [predicted, labelledNow, auditPredicted, auditLabelled]] of steps) {
    feed(join, event);
    assert.deepEqual([...join.store.sums.coverage], [['m v1', { predicted, labelled: labelledNow, auditPredicted, auditLabelled }]]);
    assert.equal(join.store.sums.unlabelled, predicted - labelledNow);
  }
  join.expire(5000, 100, [], () => undefined);
  assert.deepEqual(join.store.sums, noSums());
});

test('law: the sums are what stands in the entries, wherever it is looked at', () => {
  fc.assert(fc.property(logs, choices, ({ left, right }, order) => {
    const join = createJoin(RULES);
    for (const event of interleave(left, right, order)) {
      feed(join, event);
      const entries = ['x', 'y', 'z'].map((id) => join.store.get(id)).filter((entry) => entry !== undefined);
      const predicted = entries.filter((entry) => entry.prediction !== undefined);
      const withLabel = predicted.filter((entry) => entry.current !== undefined).length;
      const { unlabelled, held, coverage, mixes } = join.store.sums;
      assert.deepEqual([unlabelled, held], [predicted.length - withLabel, entries.reduce((sum, entry) => sum + entry.held.length, 0)]);
      assert.deepEqual([coverage.get('m v1')?.predicted ?? 0, coverage.get('m v1')?.labelled ?? 0], [predicted.length, withLabel]);
      const mix = mixes.get('m v1');
      assert.equal((mix?.reference.total ?? 0) + (mix?.before.total ?? 0) + (mix?.current.total ?? 0), predicted.length);
    }
  }));
});

test('an expired prediction is counted once, also across a restart', () => {
  const expired = (expiredBeforeMs: number): number => {
    const join = createJoin({ ...RULES, told: { below: 0, beforeMs: expiredBeforeMs }, isNew: () => false });
    for (const event of [p(0, 10, 'x'), p(1, 500, 'y')]) feed(join, event);
    const counts: Counted[] = [];
    join.expire(1800, 10, [], (kind) => counts.push(kind));
    return counts.filter((kind) => kind === 'expired').length;
  };
  assert.deepEqual([expired(0), expired(1200), expired(1800)], [2, 1, 0]);
});

test('state is freed behind the horizon', () => {
  const join = createJoin(RULES);
  for (let i = 0; i < 1000; i += 1) feed(join, p(i, i, `id${i}`));
  join.expire(2001, 10_000, [], () => undefined);
  assert.deepEqual(join.store.sums, noSums());
  assert.equal(join.store.get('id500'), undefined);
});
