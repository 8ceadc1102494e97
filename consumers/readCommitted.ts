// kafkajs 2.2.4 hands aborted records to read_committed readers when transactions of several producers interleave on a
// partition: it expects the broker's list sorted, starts at most one abort per record and takes any four zero bytes for an
// abort marker. This module is the right filter and puts it in the stock one's place before kafkajs is loaded.
import { createRequire } from 'node:module';

/** What of a fetched record the filter looks at. offset, producerId, firstOffset: int64 as decimal text. */
export type FetchedRecord = { readonly offset: string; readonly key: Buffer | null; readonly isControlRecord: boolean; readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean } };
export type AbortedTransaction = { readonly producerId: string; readonly firstOffset: string };

const ABORT = 0;
/** A control record's key is int16 version, int16 type; type 0 is abort. */
const isAbortMarker = (record: FetchedRecord): boolean => record.isControlRecord && record.key !== null && record.key.length >= 4 && record.key.readInt16BE(2) === ABORT;

/** The records that belong to no aborted transaction, control records included (the client drops those itself). */
export function withoutAborted<R extends FetchedRecord>({ messages, abortedTransactions }: { messages: readonly R[]; abortedTransactions?: readonly AbortedTransaction[] | null }): R[] {
  if (!abortedTransactions || abortedTransactions.length === 0) return [...messages];
  const waiting = abortedTransactions.map(({ producerId, firstOffset }) => ({ producerId: String(producerId), first: BigInt(firstOffset) })).sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const aborting = new Set<string>();
  let next = 0;
  return messages.filter((record) => {
    const offset = BigInt(record.offset);
    for (let entry = waiting[next]; entry !== undefined && entry.first <= offset; entry = waiting[next]) {
      aborting.add(entry.producerId);
      next += 1;
    }
    const producerId = String(record.batchContext.producerId);
    if (isAbortMarker(record)) aborting.delete(producerId);
    else if (!record.isControlRecord && record.batchContext.inTransaction && aborting.has(producerId)) return false;
    return true;
  });
}

const load = createRequire(import.meta.url);
const FILTER = load.resolve('kafkajs/src/consumer/filterAbortedMessages.js');
/** The stock filter, for the test that shows it leaking. */
export const stockFilter = load(FILTER) as (input: { messages: FetchedRecord[]; abortedTransactions: AbortedTransaction[] }) => FetchedRecord[];
if (load.cache[load.resolve('kafkajs/src/consumer/batch.js')] !== undefined) throw new Error('kafkajs was loaded before consumers/readCommitted.ts; import producers/kafka.ts instead of kafkajs');
const entry = load.cache[FILTER];
if (entry !== undefined) entry.exports = withoutAborted;
