// A text that is erased: its pair goes on counting, no example of it stands or comes again, in whatever order things come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ERASURE_SOURCE } from '../../schemas/erasure.ts';
import { oracle, type LoggedFeedback, type LoggedPrediction } from '../../stack/verify/oracle.ts';
import type { Counted, JoinOutput } from './join.ts';
import { brief, createJoin, f, feed, interleave, logs, p, RULES, type Event } from './join.testing.ts';

const erase = (offset: number, timeMs: number, id = 'x'): Event => f(offset, timeMs, id, `erasure-${offset}`, null, ERASURE_SOURCE);
const run = (...events: Event[]): string[] => {
  const join = createJoin(RULES);
  return events.flatMap((event) => brief(feed(join, event)));
};

test('erased, whatever was known of it', () => {
  const TABLE: [what: string, events: Event[], said: string[]][] = [
    ['labelled before', [p(0, 100, 'x'), f(0, 110, 'x', '1', 'b'), erase(1, 120)], ['x r0 ->b @110', 'x erased']],
    ['labelled afterwards: counted, without an example', [p(0, 100, 'x'), erase(0, 110), f(1, 120, 'x', '1', 'b')], ['x erased', 'x r0 ->b @120 tombstone']],
    ['corrected afterwards', [p(0, 100, 'x'), f(0, 110, 'x', '1', 'b'), erase(1, 120), f(2, 130, 'x', '2', 'a')], ['x r0 ->b @110', 'x erased', 'x r1 b>a @130 tombstone']],
    ['before its prediction', [erase(0, 90), p(0, 100, 'x'), f(1, 120, 'x', '1', 'b')], ['x erased', 'x r0 ->b @120 tombstone']],
    ['a prediction nobody remembers: its example goes', [erase(0, 100)], ['x erased']],
    ['long after the horizon', [p(0, 100, 'x'), f(0, 110, 'x', '1', 'b'), erase(1, 99_999)], ['x r0 ->b @110', 'x erased']],
    ['a high rank does not protect a text', [p(0, 100, 'x'), f(0, 110, 'x', '1', 'b', 'expert'), erase(1, 120)], ['x r0 ->b @110', 'x erased']],
    ['the same prediction again is no conflict', [p(0, 100, 'x'), erase(0, 110), p(1, 120, 'x')], ['x erased']],
    ['another one stays as it is', [p(0, 100, 'x'), p(1, 100, 'y'), erase(0, 110), f(1, 120, 'y', '1', 'b')], ['x erased', 'y r0 ->b @120']],
  ];
  for (const [what, events, said] of TABLE) assert.deepEqual(run(...events), said, what);
});
test('it is counted once, is no withdrawal, and never an orphan', () => {
  const counts = new Map<Counted, number>();
  const join = createJoin(RULES);
  feed(join, erase(0, 100, 'nobody'), counts);
  const out: JoinOutput[] = [];
  join.expire(1_000_000, 10, out, (kind) => counts.set(kind, (counts.get(kind) ?? 0) + 1));
  assert.deepEqual([Object.fromEntries(counts), out, join.store.get('nobody'), join.store.sums.held], [{ feedback: 1, erased: 1 }, [], undefined, 0]);
});
test('a replay of what is committed says nothing, and remembers', () => {
  const join = createJoin({ ...RULES, isNew: (side, offset) => offset >= (side === 'predictions' ? 1 : 2) });
  const said = [p(0, 100, 'x'), f(0, 110, 'x', '1', 'b'), erase(1, 120), f(2, 130, 'x', '2', 'a')].flatMap((event) => brief(feed(join, event)));
  assert.deepEqual(said, ['x r1 b>a @130 tombstone']);
});
test('law: an erasure changes no pair; no text of it comes after it; what stands is what the batch oracle says', () => {
  fc.assert(fc.property(logs, fc.nat(12), fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), ({ left, right }, at, order) => {
    const where = Math.min(at, right.length);
    const timeMs = right[where]?.timeMs ?? right.at(-1)?.timeMs ?? 50;
    const given = [...right.slice(0, where), erase(where, timeMs), ...right.slice(where).map((event): Event => ({ ...event, offset: event.offset + 1 }))];
    const outputsOf = (events: readonly Event[]): JoinOutput[] => {
      const join = createJoin(RULES);
      return events.flatMap((event) => feed(join, event));
    };
    const pairs = (outputs: readonly JoinOutput[]) => outputs.flatMap((output) => (output.kind === 'labelled' ? [JSON.stringify(output.event)] : [])).sort();
    const outputs = outputsOf(interleave(left, given, order));
    assert.deepEqual(pairs(outputs), pairs(outputsOf([...left, ...right])));
    // What came earlier than the early horizon before its prediction is none of it.
    if (left.some(({ timeMs: atMs, event }) => event.prediction_id === 'x' && timeMs - atMs < -RULES.earlyHorizonMs)) return;
    const erased = outputs.findIndex((output) => output.kind === 'erased');
    assert.ok(outputs.slice(erased).every((output) => output.kind !== 'labelled' || output.example?.product_description !== 'x'));

    const standing = new Map<string, string>();
    for (const output of outputs) {
      if (output.kind === 'erased') standing.delete(output.id);
      if (output.kind === 'labelled' && output.example === undefined) standing.delete(output.event.prediction_id);
      if (output.kind === 'labelled' && output.example !== undefined) standing.set(output.event.prediction_id, output.example.label);
    }
    const predictions = left.flatMap(({ side, offset, timeMs: atMs, event }): LoggedPrediction[] => (side === 'feedback' ? [] : [{ partition: 0, offset, timeMs: atMs, id: event.prediction_id, model: event.model_name, version: event.model_version, category: event.category, categories: ['a', 'b'], text: '' }]));
    const feedback = given.flatMap(({ side, offset, timeMs: atMs, event }): LoggedFeedback[] => (side === 'predictions' ? [] : [{ partition: 0, offset, timeMs: atMs, id: event.prediction_id, feedbackId: event.feedback_id, category: event.category, source: event.source }]));
    const expected = oracle(predictions, feedback, { horizonMs: RULES.horizonMs, earlyHorizonMs: RULES.earlyHorizonMs, ranks: new Map([['expert', 2]]) });
    assert.deepEqual([...standing].sort(), expected.standing.map(({ id, label }) => [id, label]).sort());
  }), { numRuns: 500 });
});
