// The join's laws, and for each a join that is broken on purpose: a law that no mistake can fail says nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { oracle, type LoggedFeedback, type LoggedPrediction } from '../../stack/verify/oracle.ts';
import type { Join, JoinOutput, JoinRules, Side } from './join.ts';
import { brief, createJoin, f, feed, interleave, logs, RULES, type Event } from './join.testing.ts';

type Make = (rules: JoinRules) => Join;
type Logs = { readonly left: readonly Event[]; readonly right: readonly Event[] };
type Positions = Record<Side, number>;
const choices = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });
const pairsOf = (outputs: readonly JoinOutput[]): string[] => brief(outputs.filter((output) => output.kind === 'labelled')).sort();
const runAll = (make: Make, events: readonly Event[]): JoinOutput[] => {
  const join = make(RULES);
  return events.flatMap((event) => feed(join, event));
};

/** Crashes after each of `lives` records; every life replays what is committed before it speaks (behind: with the barrier), the last one reads to the end. */
function withCrashes(make: Make, { left, right }: Logs, lives: readonly number[], orders: readonly (readonly boolean[])[], barrier: boolean): JoinOutput[] {
  const committed: Positions = { predictions: 0, feedback: 0 };
  const outputs: JoinOutput[] = [];
  for (const [i, life] of [...lives, Number.POSITIVE_INFINITY].entries()) {
    const before = { ...committed };
    const join = make({ ...RULES, isNew: (side, offset) => offset >= before[side] });
    const order = orders[i % orders.length] ?? [true];
    const isPast = (event: Event): boolean => event.offset < before[event.side];
    const past = interleave(left.filter(isPast), right.filter(isPast), order);
    const fresh = interleave(left.filter((event) => !isPast(event)), right.filter((event) => !isPast(event)), order);
    const all = barrier ? [...past, ...fresh] : interleave(left, right, order);
    for (const event of all.slice(0, (barrier ? past.length : 0) + life)) {
      outputs.push(...feed(join, event));
      committed[event.side] = Math.max(committed[event.side], event.offset + 1);
    }
  }
  return outputs;
}
/** What stands when the outputs are added up: id → label, each revision taking back what it names. */
function standing(outputs: readonly JoinOutput[]): Map<string, number> {
  const cells = new Map<string, number>();
  const add = (key: string, by: number): void => {
    const count = (cells.get(key) ?? 0) + by;
    if (count === 0) cells.delete(key);
    else cells.set(key, count);
  };
  for (const output of outputs) {
    if (output.kind !== 'labelled') continue;
    const { predicted, label, previous_label: previous } = output.event;
    if (previous !== null) add(`${previous} ${predicted}`, -1);
    if (label !== null) add(`${label} ${predicted}`, 1);
  }
  return cells;
}

const LAWS = {
  'any interleaving of predictions and feedback gives the same pairs': (make: Make) =>
    fc.property(logs, choices, ({ left, right }, order) => assert.deepEqual(pairsOf(runAll(make, interleave(left, right, order))), pairsOf(runAll(make, [...left, ...right])))),
  'crashes anywhere, any number of them, emit every pair exactly once': (make: Make) =>
    fc.property(logs, fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 4 }), fc.array(choices, { minLength: 1, maxLength: 5 }), (both, lives, orders) => assert.deepEqual(pairsOf(withCrashes(make, both, lives, orders, true)), pairsOf(runAll(make, [...both.left, ...both.right])))),
  'what is withdrawn leaves nothing': (make: Make) =>
    fc.property(logs, choices, ({ left, right }, order) => {
      const last = right.at(-1)?.timeMs ?? 50;
      const withdrawals = ['x', 'y', 'z'].map((id, i) => f(right.length + i, last, id, `withdrawal ${id}`, null, 'expert'));
      const ids = new Set(left.filter(({ timeMs }) => Math.abs(last - timeMs) <= RULES.earlyHorizonMs).map(({ event }) => event.prediction_id));
      const outputs = runAll(make, interleave(left, [...right, ...withdrawals], order));
      assert.deepEqual(standing(outputs.filter((output) => output.kind === 'labelled' && ids.has(output.event.prediction_id))), new Map());
    }),
  'feedback that comes again changes nothing': (make: Make) =>
    fc.property(logs, choices, ({ left, right }, order) => {
      const again = right.map((event, i) => ({ ...event, offset: right.length + i, timeMs: right.at(-1)?.timeMs ?? 0 }));
      // Without deadlines: what came too early the first time may be in time the second.
      const patient: Make = (rules) => make({ ...rules, horizonMs: 1e6, earlyHorizonMs: 1e6 });
      assert.deepEqual(pairsOf(runAll(patient, interleave(left, [...right, ...again], order))), pairsOf(runAll(patient, [...left, ...right])));
    }),
  'the pairs are those of the batch oracle': (make: Make) =>
    fc.property(logs, choices, ({ left, right }, order) => {
      const predictions = left.flatMap(({ side, offset, timeMs, event }): LoggedPrediction[] => (side === 'feedback' ? [] : [{ partition: 0, offset, timeMs, id: event.prediction_id, model: event.model_name, version: event.model_version, category: event.category, categories: ['a', 'b'], text: '' }]));
      const given = right.flatMap(({ side, offset, timeMs, event }): LoggedFeedback[] => (side === 'predictions' ? [] : [{ partition: 0, offset, timeMs, id: event.prediction_id, feedbackId: event.feedback_id, category: event.category, source: event.source }]));
      const { revisions } = oracle(predictions, given, { horizonMs: RULES.horizonMs, earlyHorizonMs: RULES.earlyHorizonMs, ranks: new Map([['expert', 2]]) });
      const want = revisions.map((one) => `${one.id} r${one.revision} ${one.previous ?? '-'}>${one.label ?? '-'} @${one.at}${one.label === null ? ' tombstone' : ''}`).sort();
      assert.deepEqual(pairsOf(runAll(make, interleave(left, right, order))), want);
    }),
} as const;
type Law = keyof typeof LAWS;

/** A join whose outputs or inputs pass through a mistake. */
const altered = (make: Make, output: (one: JoinOutput) => JoinOutput): Make => (rules) => {
  const join = make(rules);
  const through = (out: JoinOutput[], work: (into: JoinOutput[]) => void): void => {
    const into: JoinOutput[] = [];
    work(into);
    out.push(...into.map(output));
  };
  return { ...join, prediction: (input, out, count) => through(out, (into) => join.prediction(input, into, count)), feedback: (input, out, count) => through(out, (into) => join.feedback(input, into, count)) };
};
const BROKEN: { readonly name: string; readonly make: Make; readonly caughtBy: readonly Law[] }[] = [
  { name: 'emits during a replay', make: (rules) => createJoin({ ...rules, isNew: () => true }), caughtBy: ['crashes anywhere, any number of them, emit every pair exactly once'] },
  { name: 'never speaks about what it has read before, held feedback included', make: (rules) => createJoin({ ...rules, isNew: (side, offset) => side === 'feedback' && rules.isNew(side, offset) }), caughtBy: ['crashes anywhere, any number of them, emit every pair exactly once'] },
  {
    name: 'forgets held feedback',
    make: (rules) => {
      const join = createJoin(rules);
      const known = new Set<string>();
      return {
        ...join,
        prediction: (input, out, count) => {
          known.add(input.event.prediction_id);
          join.prediction(input, out, count);
        },
        feedback: (input, out, count) => {
          if (known.has(input.event.prediction_id)) join.feedback(input, out, count);
        },
      };
    },
    caughtBy: ['any interleaving of predictions and feedback gives the same pairs', 'the pairs are those of the batch oracle'],
  },
  {
    name: 'matches by the order of arrival, not by broker times',
    make: (rules) => {
      const join = createJoin(rules);
      let nowMs = 0;
      return { ...join, prediction: (input, out, count) => join.prediction({ ...input, timeMs: (nowMs += 30) }, out, count), feedback: (input, out, count) => join.feedback({ ...input, timeMs: (nowMs += 30) }, out, count) };
    },
    caughtBy: ['any interleaving of predictions and feedback gives the same pairs', 'the pairs are those of the batch oracle'],
  },
  { name: 'takes every feedback for a new one', make: (rules) => {
    const join = createJoin(rules);
    return { ...join, feedback: (input, out, count) => join.feedback({ ...input, event: { ...input.event, feedback_id: String(input.offset) } }, out, count) };
  }, caughtBy: ['feedback that comes again changes nothing', 'the pairs are those of the batch oracle'] },
  { name: 'does not say what a correction replaces', make: altered(createJoin, (one) => (one.kind === 'labelled' ? { ...one, event: { ...one.event, previous_label: null } } : one)), caughtBy: ['what is withdrawn leaves nothing', 'the pairs are those of the batch oracle'] },
];

/** Throws when the law does not hold. */
const check = (law: Law, make: Make): void => fc.assert<unknown[]>(LAWS[law](make) as fc.IProperty<unknown[]>, { numRuns: 1000, seed: 1 });
const names = Object.keys(LAWS) as Law[];
for (const law of names) test(`law: ${law}`, () => check(law, createJoin));
for (const { name, make, caughtBy } of BROKEN) {
  for (const law of caughtBy) test(`broken on purpose: a join that ${name} fails the law '${law}'`, () => assert.throws(() => check(law, make), /Property failed/));
}
test('every law has failed once', () => {
  assert.deepEqual(names.filter((law) => !BROKEN.some(({ caughtBy }) => caughtBy.includes(law))), []);
});
test('broken on purpose: without the barrier, two crashes lose pairs', () => {
  const orders = fc.array(choices, { minLength: 1, maxLength: 5 });
  const lives = fc.array(fc.nat({ max: 8 }), { minLength: 2, maxLength: 4 });
  assert.throws(() => fc.assert(fc.property(logs, lives, orders, (both, each, order) => assert.deepEqual(pairsOf(withCrashes(createJoin, both, each, order, false)), pairsOf(runAll(createJoin, [...both.left, ...both.right])))), { numRuns: 1000, seed: 1 }), /Property failed/);
});
