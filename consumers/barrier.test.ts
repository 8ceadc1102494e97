import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allReached, dueOf } from './barrier.ts';

const TABLE: { name: string; committed: bigint; next: bigint; live: boolean; fetchedAt: bigint; last: bigint; want: string }[] = [
  { name: 'live: all of it', committed: 5n, next: 7n, live: true, fetchedAt: 7n, last: 9n, want: '7-10' },
  { name: 'live: what was handed over is not handed over again', committed: 5n, next: 8n, live: true, fetchedAt: 7n, last: 9n, want: '8-10' },
  { name: 'a replay stops at the committed position', committed: 5n, next: 2n, live: false, fetchedAt: 2n, last: 9n, want: '2-5' },
  { name: 'a replay that is not there yet', committed: 50n, next: 2n, live: false, fetchedAt: 2n, last: 9n, want: '2-10' },
  { name: 'a topic that is there waits for the others', committed: 5n, next: 5n, live: false, fetchedAt: 5n, last: 9n, want: '5-5' },
  { name: 'a hole before the batch', committed: 5n, next: 6n, live: true, fetchedAt: 7n, last: 9n, want: 'elsewhere' },
  { name: 'a batch from before', committed: 5n, next: 10n, live: true, fetchedAt: 7n, last: 9n, want: 'elsewhere' },
];
for (const { name, want, live, fetchedAt, last, ...place } of TABLE) {
  test(`barrier: ${name}`, () => {
    const due = dueOf(place, live, fetchedAt, last);
    assert.equal(due.status === 'due' ? `${due.from}-${due.to}` : due.status, want);
  });
}
test('barrier: every topic must be there', () => {
  assert.equal(allReached([{ committed: 3n, next: 3n }, { committed: 4n, next: 3n }]), false);
  assert.equal(allReached([{ committed: 3n, next: 9n }, { committed: 4n, next: 4n }]), true);
});
test('law: whatever is fetched, a replay hands over each offset below the committed position once, in order, and none beyond', () => {
  const fetches = fc.array(fc.record({ from: fc.integer({ min: 0, max: 40 }), length: fc.integer({ min: 1, max: 20 }) }), { maxLength: 40 });
  fc.assert(fc.property(fetches, fc.integer({ min: 0, max: 40 }), (list, committed) => {
    let next = 0n;
    const seen: number[] = [];
    for (const { from, length } of list) {
      const due = dueOf({ committed: BigInt(committed), next }, false, BigInt(from), BigInt(from + length - 1));
      if (due.status !== 'due') continue;
      for (let offset = due.from; offset < due.to; offset += 1n) seen.push(Number(offset));
      next = due.to;
    }
    assert.deepEqual(seen, seen.map((_, i) => i));
    assert.ok(seen.length <= committed);
  }));
});
