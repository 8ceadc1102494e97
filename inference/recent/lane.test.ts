import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLane } from './lane.ts';

const SKIP = 2;
/** Ids fall on few hashes, so that equal hashes are the rule. */
const hashOf = (id: string): number => id.length % 3;

test('law: a lane holds what a list of the same records holds, whatever comes and goes, in slabs that are used again', () => {
  const step = fc.oneof({ weight: 3, arbitrary: fc.record({ id: fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 12 }), rest: fc.nat(90) }) }, { weight: 2, arbitrary: fc.constant('drop' as const) });
  fc.assert(fc.property(fc.array(step, { maxLength: 400 }), fc.integer({ min: 20, max: 200 }), (steps, slabBytes) => {
    const lane = createLane(slabBytes, SKIP);
    const list: { place: number; id: string; atMs: number; bytes: Buffer }[] = [];
    const find = (id: string): number => {
      const bytes = Buffer.from(`<${id}|>`);
      return lane.find(hashOf(id), bytes, 1, bytes.length - 1);
    };
    steps.forEach((one, atMs) => {
      if (one === 'drop') assert.equal(lane.drop(), list.shift()?.place ?? 0);
      else if (find(`${one.id}`) === 0) {
        const bytes = Buffer.from(`..${one.id}|${'x'.repeat(one.rest)}`);
        const source = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')]);
        list.push({ place: lane.add(hashOf(one.id), atMs, source, 6, 6 + bytes.length), id: one.id, atMs, bytes });
        source.fill(0);
      }
    });
    assert.deepEqual([lane.end() - lane.first(), lane.first()], [list.length, list[0]?.place ?? lane.end()]);
    for (const { place, id, atMs, bytes } of list) assert.deepEqual([find(id), lane.atMs(place), lane.bytesAt(place)], [place, atMs, bytes]);
    assert.equal(find('another'), 0);
    while (lane.drop() !== 0);
    assert.equal(lane.bytes(), 0);
  }), { numRuns: 300 });
});
