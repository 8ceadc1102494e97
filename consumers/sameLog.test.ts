import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeLog, readLogIds, writeLogIds, type Manner, type Verdict } from './sameLog.ts';

const OLD = 'a1';
const NEW = 'b2';
const HELD: Manner = { committedBefore: true, mayBegin: false };
const MAY: Manner = { committedBefore: true, mayBegin: true };
const FIRST: Manner = { committedBefore: false, mayBegin: false };
const say = (verdict: Verdict): string => (verdict.status === 'held' ? verdict.code : verdict.status === 'begins' ? `begins at ${verdict.position}${verdict.anew ? ' anew' : ''}` : `goes on at ${verdict.position}${verdict.gone > 0n ? `, ${verdict.gone} gone` : ''}`);

const TABLE: { name: string; position?: bigint; known?: string; low?: bigint; high: bigint; id?: string; manner?: Manner; want: string }[] = [
  { name: 'the same log', position: 50n, known: OLD, high: 80n, id: OLD, want: 'goes on at 50' },
  { name: 'the same log, read to its end', position: 80n, known: OLD, high: 80n, id: OLD, want: 'goes on at 80' },
  { name: 'the same log, a permission for it left over', position: 50n, known: OLD, high: 80n, id: OLD, manner: MAY, want: 'goes on at 50' },
  { name: 'retention was quicker', position: 50n, known: OLD, low: 60n, high: 80n, id: OLD, want: 'goes on at 60, 10 gone' },
  { name: 'nothing was ever committed', high: 80n, id: OLD, low: 5n, manner: FIRST, want: 'begins at 5' },
  { name: 'made anew, still shorter', position: 50n, known: OLD, high: 3n, id: NEW, want: 'log_replaced' },
  { name: 'made anew, grown past the old position', position: 50n, known: OLD, high: 80n, id: NEW, want: 'log_replaced' },
  { name: 'made anew, and just as long', position: 50n, known: OLD, high: 50n, id: NEW, want: 'log_replaced' },
  { name: 'made anew, and nothing in it yet', position: 50n, known: OLD, high: 0n, id: NEW, want: 'log_replaced' },
  { name: 'made anew, for a reader without a memory, or with permission', position: 50n, known: OLD, low: 2n, high: 80n, id: NEW, manner: MAY, want: 'begins at 2 anew' },
  { name: 'made anew, and nothing of the old one was read', position: 0n, known: OLD, high: 80n, id: NEW, want: 'begins at 0' },
  { name: 'the broker has forgotten the position of a deleted topic', known: OLD, high: 80n, id: NEW, want: 'log_replaced' },
  { name: 'the same, and the id was not noted', high: 80n, id: NEW, want: 'log_replaced' },
  { name: 'the same, with permission', high: 80n, id: NEW, manner: MAY, want: 'begins at 0 anew' },
  { name: 'the end was lost', position: 50n, known: OLD, high: 40n, id: OLD, want: 'log_shorter' },
  { name: 'the end was lost; a permission to begin this log, left over, is none to read it twice', position: 50n, known: OLD, high: 40n, id: OLD, manner: MAY, want: 'log_shorter' },
  { name: 'shorter, and the id was not noted by an older release', position: 50n, high: 40n, id: NEW, want: 'log_shorter' },
  { name: 'the same, with permission', position: 50n, high: 40n, id: NEW, manner: MAY, want: 'begins at 0 anew' },
  { name: 'the id was not noted, and the position fits', position: 50n, high: 80n, id: NEW, want: 'goes on at 50' },
  { name: 'a broker that knows no ids', position: 50n, known: OLD, high: 80n, want: 'goes on at 50' },
  { name: 'a broker that knows no ids, shorter', position: 50n, known: OLD, high: 40n, want: 'log_shorter' },
];
for (const { name, position, known, low = 0n, high, id, manner = HELD, want } of TABLE) {
  test(`same log: ${name}`, () => assert.equal(say(judgeLog({ position, logId: known }, { low, high, logId: id }, manner)), want));
}
test('ids beside a position are read again, and a task\'s own note is not taken for ids', () => {
  const ids = new Map([['predictions', OLD], ['feedback', NEW]] as const);
  assert.deepEqual(readLogIds(writeLogIds(ids)), new Map(ids));
  assert.deepEqual(readLogIds(writeLogIds(new Map())), new Map());
  for (const other of ['', '12 1700000000000', 'log predictions=1']) assert.equal(readLogIds(other), undefined);
});
