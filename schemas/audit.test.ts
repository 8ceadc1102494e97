import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAudited } from './audit.ts';
import { uuidv7 } from './ids.ts';
import { partitionOf } from './partition.ts';
import { createRandom } from './random.ts';

const random = createRandom(1);
const COUNT = 40_000;
/** What ids look like in practice: made by us, counted by a client, and with a common beginning. */
const KINDS: readonly [string, (i: number) => string][] = [
  ['UUIDv7 of one stream', (i) => uuidv7(1_700_000_000_000 + i, random.bytes(10))],
  ['counted', (i) => String(i)],
  ['counted, with a long beginning', (i) => `shop.example:2024-11-25:order-line-${i}`],
];
/** Five standard deviations of a binomial share: a true law breaks it once in two million. */
const withinChance = (hits: number, n: number, rate: number): boolean => Math.abs(hits - n * rate) <= 5 * Math.sqrt(n * rate * (1 - rate));

for (const [name, idOf] of KINDS) {
  test(`the audited share is the rate, in every partition alike: ${name}`, () => {
    const ids = Array.from({ length: COUNT }, (_, i) => idOf(i));
    for (const rate of [0.01, 0.1, 0.5]) {
      const hits = ids.filter((id) => isAudited(id, rate));
      assert.ok(withinChance(hits.length, COUNT, rate), `${hits.length} of ${COUNT} at ${rate}`);
      for (const partitions of [3, 4]) {
        for (let n = 0; n < partitions; n += 1) {
          const there = ids.filter((id) => partitionOf(id, partitions) === n).length;
          const hitsThere = hits.filter((id) => partitionOf(id, partitions) === n).length;
          assert.ok(withinChance(hitsThere, there, rate), `partition ${n} of ${partitions}: ${hitsThere} of ${there} at ${rate}`);
        }
      }
    }
  });
}
test('the partition law can fail: choosing by the partitioner favours a partition', () => {
  const ids = Array.from({ length: COUNT }, (_, i) => String(i));
  const byPartition = (id: string): boolean => partitionOf(id, 100) < 1;
  const there = ids.filter((id) => partitionOf(id, 4) === 1);
  assert.ok(!withinChance(there.filter(byPartition).length, there.length, 0.01));
});

test('law: the same id, the same answer; a higher rate only adds; none at 0, all at 1', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(fc.string({ maxLength: 128 }), share, share, (id, a, b) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    assert.equal(isAudited(id, low), isAudited(id, low));
    assert.ok(!isAudited(id, low) || isAudited(id, high));
    assert.ok(!isAudited(id, 0) && isAudited(id, 1));
  }));
});

test('chosen once and for all: other processes and languages can repeat it', () => {
  assert.deepEqual(Array.from({ length: 300 }, (_, i) => `id-${i}`).filter((id) => isAudited(id, 0.02)), ['id-36', 'id-62', 'id-259', 'id-288']);
});
