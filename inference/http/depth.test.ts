import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deeperThan } from './depth.ts';

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const depthOf = (value: unknown): number => (typeof value !== 'object' || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf)));
test('as deep as a walk over the parsed value says, whatever stands in its texts', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(7), (value, limit) => {
    assert.equal(deeperThan(limit, bytesOf(value)), depthOf(value) > limit);
  }));
  const tricky = fc.array(fc.string({ unit: fc.constantFrom('[', '{', ']', '}', '"', '\\', 'a', 'é') }));
  fc.assert(fc.property(tricky, (texts) => {
    assert.deepEqual([deeperThan(1, bytesOf(texts)), deeperThan(0, bytesOf(texts))], [false, true]);
  }));
});
