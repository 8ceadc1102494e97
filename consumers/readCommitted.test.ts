import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stockFilter, withoutAborted, type AbortedTransaction, type FetchedRecord } from './readCommitted.ts';

const data = (offset: number, producerId: string, key = 'k'): FetchedRecord => ({ offset: String(offset), key: Buffer.from(key), isControlRecord: false, batchContext: { producerId, inTransaction: true } });
const marker = (offset: number, producerId: string, type: 0 | 1): FetchedRecord => ({ offset: String(offset), key: Buffer.from([0, 0, 0, type]), isControlRecord: true, batchContext: { producerId, inTransaction: true } });
const kept = (list: FetchedRecord[]): string[] => list.filter((record) => !record.isControlRecord).map((record) => record.offset);

const TABLE: { name: string; messages: FetchedRecord[]; abortedTransactions: AbortedTransaction[]; want: string[]; stockLeaks: boolean }[] = [
  { name: 'one abort', messages: [data(0, 'a'), marker(1, 'a', 0), data(2, 'a'), marker(3, 'a', 1)], abortedTransactions: [{ producerId: 'a', firstOffset: '0' }], want: ['2'], stockLeaks: false },
  { name: 'unsorted list', messages: [data(0, 'a'), data(1, 'b'), marker(2, 'b', 0), marker(3, 'a', 0)], abortedTransactions: [{ producerId: 'b', firstOffset: '1' }, { producerId: 'a', firstOffset: '0' }], want: [], stockLeaks: true },
  { name: 'two aborts begin before one record', messages: [data(5, 'b'), marker(6, 'b', 0), data(7, 'a'), marker(8, 'a', 0)], abortedTransactions: [{ producerId: 'a', firstOffset: '1' }, { producerId: 'b', firstOffset: '2' }], want: [], stockLeaks: true },
  { name: 'a data key of four zero bytes ends no abort', messages: [data(0, 'a', '\0\0\0\0'), data(1, 'a'), marker(2, 'a', 0)], abortedTransactions: [{ producerId: 'a', firstOffset: '0' }], want: [], stockLeaks: true },
  { name: 'a commit marker of another producer ends no abort', messages: [data(0, 'a'), data(1, 'b'), marker(2, 'b', 1), data(3, 'a'), marker(4, 'a', 0)], abortedTransactions: [{ producerId: 'a', firstOffset: '0' }], want: ['1'], stockLeaks: false },
];

for (const { name, messages, abortedTransactions, want, stockLeaks } of TABLE) {
  test(`read_committed: ${name}${stockLeaks ? ' (the stock filter leaks)' : ''}`, () => {
    assert.deepEqual(kept(withoutAborted({ messages, abortedTransactions })), want);
    assert.equal(kept(stockFilter({ messages, abortedTransactions })).length > want.length, stockLeaks);
  });
}
