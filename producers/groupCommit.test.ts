import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createGroupCommit, type Group, type GroupCommit, type Limits } from './groupCommit.ts';

const LIMITS: Limits = { inFlight: 2, group: { messages: 5, bytes: 100 }, openSends: 6, openBytes: 200, deadlineMs: 10 };
type Step = { readonly do: 'offer'; readonly messages: number; readonly bytes: number } | { readonly do: 'cut' } | { readonly do: 'settle'; readonly which: number } | { readonly do: 'wait'; readonly ms: number };
const steps = fc.array(fc.oneof(
  fc.record({ do: fc.constant('offer' as const), messages: fc.integer({ min: 1, max: 8 }), bytes: fc.integer({ min: 1, max: 130 }) }),
  fc.record({ do: fc.constant('cut' as const) }), fc.record({ do: fc.constant('settle' as const), which: fc.nat(3) }), fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 12 }) }),
), { maxLength: 60 });

/** Runs any sequence and then lets all settle. */
function holds(make: (limits: Limits) => GroupCommit<number>, list: readonly Step[]): void {
  const groups = make(LIMITS);
  const sizes = new Map<number, { messages: number; bytes: number }>();
  const atMs = new Map<number, number>();
  const sent: number[] = [];
  const told = new Map<number, 'settled' | 'late'>();
  const waiting = new Set<number>();
  const underWay: Group<number>[] = [];
  let [now, serial] = [0, 0];
  const tell = (who: readonly number[], how: 'settled' | 'late'): void => who.forEach((one) => {
    assert.ok(!told.has(one), `send ${one} is answered once`);
    told.set(one, how);
  });
  const settle = (which: number): void => {
    const [group] = underWay.splice(which % Math.max(1, underWay.length), 1);
    if (group !== undefined) tell(groups.settled(group), 'settled');
  };
  const cut = (): void => {
    const group = groups.cut();
    if (group === undefined) return assert.ok(waiting.size === 0 || underWay.length === LIMITS.inFlight, 'nothing lingers while a group may go');
    const mine = group.sends.map(({ what }) => what);
    const total = mine.map((one) => sizes.get(one) ?? { messages: 0, bytes: 0 }).reduce((a, b) => ({ messages: a.messages + b.messages, bytes: a.bytes + b.bytes }));
    assert.ok(mine.length === 1 || (total.messages <= LIMITS.group.messages && total.bytes <= LIMITS.group.bytes), 'together they are one batch');
    for (const one of mine) assert.ok(waiting.delete(one), `send ${one} goes once, and not after it was dropped`);
    sent.push(...mine);
    underWay.push(group);
    assert.ok(underWay.length <= LIMITS.inFlight);
  };
  for (const step of list) {
    switch (step.do) {
      case 'offer': {
        const { bytes: before, sends } = groups.load();
        const taken = groups.offer(serial, step, now);
        assert.equal(taken, sends === 0 || (sends < LIMITS.openSends && before + step.bytes <= LIMITS.openBytes));
        if (taken) {
          sizes.set(serial, step);
          atMs.set(serial, now);
          waiting.add(serial);
          serial += 1;
        }
        break;
      }
      case 'cut': cut(); break;
      case 'settle': settle(step.which); break;
      case 'wait': {
        now += step.ms;
        const late = groups.expire(now);
        tell(late, 'late');
        for (const one of late) waiting.delete(one);
        const due = [...atMs].filter(([one, at]) => at + LIMITS.deadlineMs <= now && !told.has(one));
        assert.deepEqual(due, [], 'nobody waits beyond the deadline');
        break;
      }
    }
    const open = [...sizes].filter(([one]) => waiting.has(one) || underWay.some(({ sends }) => sends.some(({ what }) => what === one)));
    assert.deepEqual(groups.load(), { sends: open.length, bytes: open.reduce((sum, [, { bytes }]) => sum + bytes, 0), inFlight: underWay.length }, 'the load is what is not settled');
  }
  while (waiting.size > 0 || underWay.length > 0) {
    cut();
    settle(0);
  }
  assert.deepEqual([...told.keys()].sort((a, b) => a - b), [...sizes.keys()], 'everybody is answered');
  assert.deepEqual(sent, [...sent].sort((a, b) => a - b), 'in the order of the offers');
  assert.equal(groups.nextDeadlineMs(), undefined);
}

test('law: each send is answered once, sent at most once, in order; nothing lingers, nothing waits beyond its deadline, no more is open than may be', () => {
  fc.assert(fc.property(steps, (list) => holds(createGroupCommit, list)), { numRuns: 500 });
});
const BROKEN: Readonly<Record<string, (limits: Limits) => GroupCommit<number>>> = {
  'one that lingers until two wait': (limits) => {
    const inner = createGroupCommit<number>(limits);
    return { ...inner, cut: () => (inner.load().sends < 2 ? undefined : inner.cut()) };
  },
  'one that frees the room of what is late but under way': (limits) => {
    const inner = createGroupCommit<number>(limits);
    let late = 0;
    return { ...inner, expire: (now) => { const told = inner.expire(now); late += told.length; return told; }, load: () => ({ ...inner.load(), sends: inner.load().sends - late }) };
  },
  'one without a bound': (limits) => createGroupCommit({ ...limits, openSends: 1e9, openBytes: 1e9 }),
  'one that tells the late ones again': (limits) => {
    const inner = createGroupCommit<number>(limits);
    return { ...inner, settled: (group) => (inner.settled(group), group.sends.map(({ what }) => what)) };
  },
};
for (const [what, make] of Object.entries(BROKEN)) {
  test(`the law can fail: ${what}`, () => assert.throws(() => fc.assert(fc.property(steps, (list) => holds(make, list)), { seed: 1, numRuns: 500 })));
}
test('a lone send leaves at once; what comes meanwhile goes together', () => {
  const groups = createGroupCommit<string>({ ...LIMITS, inFlight: 1 });
  const cut = (): string[] | undefined => groups.cut()?.sends.map(({ what }) => what);
  const small = { messages: 1, bytes: 10 };
  groups.offer('a', small, 0);
  const first = groups.cut();
  assert.deepEqual(first?.sends.map(({ what }) => what), ['a']);
  for (const one of ['b', 'c']) groups.offer(one, small, 1);
  assert.equal(cut(), undefined);
  assert.deepEqual(first === undefined ? [] : groups.settled(first), ['a']);
  assert.deepEqual(cut(), ['b', 'c']);
});
