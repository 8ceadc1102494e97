import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allowed, createLeases, MOST_HELD } from './leases.ts';

const LEASE_MS = 100;
type Act = readonly [what: 'take' | 'release', holder: string, ids: string, atMs: number, gets?: string];
const TABLE: readonly { readonly name: string; readonly acts: readonly Act[]; readonly mine: string; readonly others: string; readonly atMs: number }[] = [
  { name: 'what is free', acts: [['take', 'anna', 'abc', 0, 'abc']], atMs: 1, mine: 'abc', others: '' },
  { name: 'what another holds is not given', acts: [['take', 'bert', 'bd', 0, 'bd'], ['take', 'anna', 'abc', 1, 'ac']], atMs: 2, mine: 'ac', others: 'bd' },
  { name: 'what one holds is given again, for a full lease', acts: [['take', 'anna', 'a', 0, 'a'], ['take', 'anna', 'ab', 90, 'ab']], atMs: 189, mine: 'ab', others: '' },
  { name: 'when its time has run out it is free', acts: [['take', 'bert', 'a', 0, 'a'], ['take', 'anna', 'a', 99, ''], ['take', 'anna', 'a', 100, 'a']], atMs: 101, mine: 'a', others: '' },
  { name: 'given back it is free', acts: [['take', 'bert', 'ab', 0, 'ab'], ['release', 'bert', 'a', 1], ['take', 'anna', 'ab', 2, 'a']], atMs: 3, mine: 'a', others: 'b' },
  { name: 'a clock that is set back by a day keeps nothing for a day', acts: [['take', 'bert', 'ab', 86_400_000, 'ab'], ['take', 'anna', 'a', 5, 'a']], atMs: 6, mine: 'a', others: '' },
  { name: 'nobody gives back what another holds', acts: [['take', 'bert', 'a', 0, 'a'], ['release', 'anna', 'ax', 1]], atMs: 2, mine: '', others: 'a' },
];
for (const { name, acts, mine, others, atMs } of TABLE) {
  test(name, () => {
    const leases = createLeases(LEASE_MS);
    for (const [what, holder, ids, at, gets = ''] of acts) {
      if (what === 'release') leases.release(holder, [...ids]);
      else assert.deepEqual(leases.take(holder, [...ids], at), [...gets].map((id) => ({ id, untilMs: at + LEASE_MS })));
    }
    assert.deepEqual(leases.held('anna', atMs), { mine: [...mine], others: [...others] });
  });
}
test('law: whatever they do and when, no two hold the same item at the same time', () => {
  const act = fc.record({ holder: fc.constantFrom('anna', 'bert', 'cleo'), ids: fc.uniqueArray(fc.constantFrom(...'abcdef'), { maxLength: 6 }), waits: fc.nat(60), what: fc.constantFrom('take', 'take', 'release') });
  fc.assert(fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
    const leases = createLeases(LEASE_MS);
    /** what each believes to hold, from the answers alone */
    const believed = new Map<string, Map<string, number>>([['anna', new Map()], ['bert', new Map()], ['cleo', new Map()]]);
    let now = 0;
    for (const { holder, ids, waits, what } of acts) {
      now += waits;
      const own = believed.get(holder) ?? assert.fail();
      if (what === 'take') for (const { id, untilMs } of leases.take(holder, ids, now)) own.set(id, untilMs);
      else for (const id of (leases.release(holder, ids), ids)) own.delete(id);
      const held = [...believed.values()].flatMap((those) => [...those].filter(([, untilMs]) => untilMs > now).map(([id]) => id));
      assert.equal(new Set(held).size, held.length);
    }
  }));
});
test('nobody keeps the whole queue: what one has stays, new ones are given up to a bound', () => {
  const ids = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `p${from + i}`);
  assert.deepEqual(allowed(['x', 'p1', 'y'], ids(0, MOST_HELD)), ['p1']);
  assert.deepEqual(allowed(['x', 'p1', 'y', 'z'], ids(0, MOST_HELD - 2)), ['x', 'p1', 'y']);
  assert.deepEqual(allowed(['x'], []), ['x']);
});
