import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mustWait, type Pace } from './pace.ts';

const at = (newestMs: number, unread: number, spanMs = 10): Pace => ({ next: 1000n, high: 1000n + BigInt(unread), newestMs, spanMs });
const TABLE: { name: string; topic: Pace; first: Pace; want: boolean }[] = [
  { name: 'ahead of a first topic with much to read', topic: at(200, 50), first: at(100, 5000), want: true },
  { name: 'its next batch would pass the first', topic: at(95, 50), first: at(100, 5000), want: true },
  { name: 'a whole batch behind', topic: at(90, 50), first: at(100, 5000), want: false },
  { name: 'the first is read to near its end', topic: at(200, 50), first: at(100, 499), want: false },
  { name: 'nothing unread: never, or its end would not be seen', topic: at(200, 0), first: at(100, 5000), want: false },
  { name: 'nothing read yet', topic: at(Number.NEGATIVE_INFINITY, 50, 0), first: at(Number.NEGATIVE_INFINITY, 5000, 0), want: false },
  { name: 'the first has not been read at all', topic: at(200, 50), first: at(Number.NEGATIVE_INFINITY, 5000, 0), want: true },
];
for (const { name, topic, first, want } of TABLE) test(`pace: ${name}`, () => assert.equal(mustWait(topic, first), want));
