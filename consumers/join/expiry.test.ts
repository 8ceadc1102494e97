import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noteOf, passedMs, toldAnew, toldIn } from './expiry.ts';
import { createJoin, NOTHING_TOLD, type Join, type JoinOutput, type Told } from './join.ts';
import { memoryStore } from './store.ts';

const NEVER = undefined;
for (const { name, newest, caughtUp, want } of [
  { name: 'both read past it', newest: [500, 400], caughtUp: [NEVER, NEVER], want: 400 },
  { name: 'one idle and caught up: the clock counts for it, less the margin', newest: [100, 400], caughtUp: [600, NEVER], want: 400 },
  { name: 'one idle, the clock not far enough', newest: [100, 400], caughtUp: [350, NEVER], want: 250 },
  { name: 'one lags: whatever the clock says, it holds what it has not passed', newest: [100, 400], caughtUp: [NEVER, 9000], want: 100 },
  { name: 'both idle and caught up', newest: [100, 100], caughtUp: [900, 800], want: 700 },
  { name: 'nothing read yet', newest: [0, 0], caughtUp: [NEVER, NEVER], want: 0 },
] as const) {
  test(`state goes when its deadline is passed: ${name}`, () => {
    assert.equal(passedMs({ predictions: newest[0], feedback: newest[1] }, (side) => (side === 'predictions' ? caughtUp[0] : caughtUp[1]), 100), want);
  });
}

test('a note comes back as it was; another text is as good as none', () => {
  fc.assert(fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (below, beforeMs) => assert.deepEqual(toldIn(noteOf({ below, beforeMs })), { below, beforeMs })));
  for (const note of ['', '1732572000000', 'x y']) assert.deepEqual(toldIn(note), NOTHING_TOLD);
});

const EARLY = 100;
type Step = { readonly beforeMs: number; readonly limit: number; readonly commits: boolean };
const steps = fc.array(fc.record({ beforeMs: fc.integer({ min: 0, max: 400 }), limit: fc.integer({ min: 1, max: 4 }), commits: fc.boolean() }), { maxLength: 12 });
/** Broker times of held feedback, and which of three ids each is for: many share a time, and a clock may step back. */
const given = fc.array(fc.record({ id: fc.constantFrom('x', 'y', 'z'), gap: fc.constantFrom(0, 0, 0, 5, 40, -7) }), { maxLength: 12 });

/** Feedback without predictions; expiry in pieces, each of which is committed or lost with the process, which then reads all again. Returns the offsets told in committed pieces. */
function run(list: readonly { readonly id: string; readonly gap: number }[], pieces: readonly Step[], remember: (told: Told) => Told): number[] {
  let told = NOTHING_TOLD;
  const start = (): Join => {
    const join = createJoin({ horizonMs: 1000, earlyHorizonMs: EARLY, rankOf: () => 0, driftReference: 3, told, isNew: () => false }, memoryStore());
    let timeMs = 50;
    for (const [offset, { id, gap }] of list.entries()) join.feedback({ offset, timeMs: (timeMs += gap), event: { prediction_id: id, feedback_id: `${offset}`, model_name: 'm', category: 'a', source: '', given_at: 0 }, value: new Uint8Array() }, [], () => undefined);
    return join;
  };
  let join = start();
  const offsets: number[] = [];
  for (const { beforeMs, limit, commits } of [...pieces, { beforeMs: 10_000, limit: 100, commits: true }]) {
    const out: JoinOutput[] = [];
    const next = join.expire(beforeMs, limit, out, () => undefined);
    if (commits) {
      told = remember(next);
      for (const one of out) if (one.kind === 'set_aside') offsets.push(one.input.offset);
    }
    if (!commits || limit === 2) join = start();
  }
  return offsets;
}
test('law: expiry in pieces, committed or lost, with restarts between: every orphan is told once', () => {
  fc.assert(fc.property(given, steps, (list, pieces) => {
    assert.deepEqual(run(list, pieces, (told) => told).sort((a, b) => a - b), list.map((_, offset) => offset));
  }), { numRuns: 1000 });
});
test('the law can fail: a note that forgets how far it came doubles orphans', () => {
  assert.throws(() => fc.assert(fc.property(given, steps, (list, pieces) => {
    assert.deepEqual(run(list, pieces, (told) => ({ ...told, below: 0 })).sort((a, b) => a - b), list.map((_, offset) => offset));
  }), { numRuns: 1000, seed: 1 }));
});
test('many entries are freed in pieces of the size asked for', () => {
  const store = memoryStore();
  const join = createJoin({ horizonMs: 1000, earlyHorizonMs: EARLY, rankOf: () => 0, driftReference: 3, told: NOTHING_TOLD, isNew: () => true }, store);
  for (let i = 0; i < 1000; i += 1) join.prediction({ offset: i, timeMs: 1, event: { prediction_id: `p${i}`, model_name: 'm', model_version: 'v', product_description: '', category: 'a', probabilities: [], predicted_at: 0, audit: false }, value: new Uint8Array() }, [], () => undefined);
  const freed: number[] = [];
  for (let before = store.sums.unlabelled; before > 0; before = store.sums.unlabelled) {
    const { beforeMs } = join.expire(5000, 300, [], () => undefined);
    freed.push(before - store.sums.unlabelled);
    // Not done: the caller asks again.
    assert.equal(beforeMs < 5000, store.sums.unlabelled > 0);
  }
  assert.deepEqual(freed, [300, 300, 300, 100]);
});

for (const { name, anew, want } of [
  { name: 'nothing was made anew', anew: [], want: '7 500' },
  { name: 'predictions: what is read again was answered once', anew: ['predictions'], want: '30 500' },
  { name: 'feedback: offsets of another log say nothing', anew: ['feedback'], want: '0 500' },
  { name: 'both', anew: ['predictions', 'feedback'], want: '0 500' },
] as const) test(`orphans told, after a topic was made anew: ${name}`, () => assert.equal(noteOf(toldAnew({ below: 7, beforeMs: 500 }, new Set(anew), 30)), want));
test('orphans told, after predictions were made anew: never fewer than before', () => assert.equal(noteOf(toldAnew({ below: 70, beforeMs: 500 }, new Set(['predictions']), 30)), '70 500'));
