// The records of a fetched record set (magic 2), each as a window on the fetched bytes: key, value and headers are cut out only when they are asked for, and offset
// and time are numbers. The stock client makes a decoder, a BigInt and several buffers per record.
// Nothing is believed that the bytes do not hold: a count or a length that reaches beyond them is a damaged set, told as such.
import { fatal, type LoopError } from '../../schemas/failure.ts';

/** What the records of one batch share. producerId: int64 as decimal text. */
export type BatchContext = { readonly producerId: string; readonly inTransaction: boolean; readonly isControlBatch: boolean };
export type FetchedHeaders = Record<string, Buffer | Buffer[]>;
/** A kafkajs message. Offsets are exact below 2^53. */
export class FetchedRecord {
  readonly bytes: Buffer;
  readonly batchContext: BatchContext;
  readonly offsetNumber: number;
  readonly timestampMs: number;
  readonly keyFrom: number;
  /** below keyFrom: no key */
  readonly keyTo: number;
  readonly valueFrom: number;
  /** below valueFrom: no value */
  readonly valueTo: number;
  constructor(bytes: Buffer, batchContext: BatchContext, offsetNumber: number, timestampMs: number, keyFrom: number, keyTo: number, valueFrom: number, valueTo: number) {
    this.bytes = bytes;
    this.batchContext = batchContext;
    this.offsetNumber = offsetNumber;
    this.timestampMs = timestampMs;
    this.keyFrom = keyFrom;
    this.keyTo = keyTo;
    this.valueFrom = valueFrom;
    this.valueTo = valueTo;
  }
  get attributes(): number {
    return 0;
  }
  get offset(): string {
    return String(this.offsetNumber);
  }
  get timestamp(): string {
    return String(this.timestampMs);
  }
  get key(): Buffer | null {
    return this.keyTo < this.keyFrom ? null : this.bytes.subarray(this.keyFrom, this.keyTo);
  }
  get value(): Buffer | null {
    return this.valueTo < this.valueFrom ? null : this.bytes.subarray(this.valueFrom, this.valueTo);
  }
  get isControlRecord(): boolean {
    return this.batchContext.isControlBatch;
  }
  get hasHeaders(): boolean {
    return this.bytes[Math.max(this.valueFrom, this.valueTo)] !== 0;
  }
  get headers(): FetchedHeaders {
    const headers: FetchedHeaders = {};
    if (!this.hasHeaders) return headers;
    const cursor = { at: Math.max(this.valueFrom, this.valueTo) };
    for (let left = varint(this.bytes, cursor); left > 0; left -= 1) {
      const name = cut(this.bytes, cursor)?.toString() ?? '';
      const value = cut(this.bytes, cursor) ?? Buffer.alloc(0);
      const before = headers[name];
      headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
    }
    return headers;
  }
}
type Cursor = { at: number };
const BATCH_OVERHEAD = 61;
const MAGIC = 2;
const COMPRESSION = 0x7;
const LOG_APPEND_TIME = 0x8;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** The fewest bytes of a record: six numbers and its attributes. */
const MIN_RECORD = 7;
const damaged = (what: string): LoopError => fatal('damaged_batch', `a record batch from the broker is damaged: ${what}`);

/** A zigzag varint of at most 53 bits. */
function varint(bytes: Buffer, cursor: Cursor): number {
  let byte = bytes[cursor.at++] ?? 0;
  if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
  let value = byte & 127;
  for (let scale = 128; byte >= 128; scale *= 128) {
    byte = bytes[cursor.at++] ?? 0;
    value += (byte & 127) * scale;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
function cut(bytes: Buffer, cursor: Cursor): Buffer | null {
  const length = varint(bytes, cursor);
  if (length < 0) return null;
  cursor.at += length;
  return bytes.subarray(cursor.at - length, cursor.at);
}
const int64 = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);

/** Inflates the records of a batch whose attributes name a codec. */
export type Inflate = (attributes: number, compressed: Buffer) => Promise<Buffer>;

/** All records of the whole batches in `set`; a batch that was cut off at the end is left out. undefined: an older format, which is not read here. Throws fatal `damaged_batch`. */
export async function decodeRecordSet(set: Buffer, inflate: Inflate): Promise<FetchedRecord[] | undefined> {
  const records: FetchedRecord[] = [];
  for (let start = 0; start + BATCH_OVERHEAD <= set.length;) {
    const end = start + 12 + set.readInt32BE(start + 8);
    if (set[start + 16] !== MAGIC) return start === 0 ? undefined : records;
    if (end > set.length) break;
    if (end < start + BATCH_OVERHEAD) throw damaged(`its length is ${end - start - 12} bytes`);
    const attributes = set.readInt16BE(start + 21);
    const count = set.readInt32BE(start + 57);
    const context: BatchContext = { producerId: set.readBigInt64BE(start + 43).toString(), inTransaction: (attributes & TRANSACTIONAL) !== 0, isControlBatch: (attributes & CONTROL) !== 0 };
    const times = { first: int64(set, start + 27), fixed: (attributes & LOG_APPEND_TIME) === 0 ? undefined : int64(set, start + 35) };
    const compressed = (attributes & COMPRESSION) !== 0;
    const bytes = compressed ? await inflate(attributes, set.subarray(start + BATCH_OVERHEAD, end)) : set;
    readRecords(bytes, compressed ? 0 : start + BATCH_OVERHEAD, compressed ? bytes.length : end, count, int64(set, start), times, context, records);
    start = end;
  }
  return records;
}

function readRecords(bytes: Buffer, from: number, to: number, count: number, firstOffset: number, times: { readonly first: number; readonly fixed: number | undefined }, context: BatchContext, records: FetchedRecord[]): void {
  const cursor: Cursor = { at: from };
  if (count < 0 || count * MIN_RECORD > to - from) throw damaged(`${count} records in ${to - from} bytes`);
  for (let left = count; left > 0; left -= 1) {
    const length = varint(bytes, cursor);
    const end = cursor.at + length;
    if (length < MIN_RECORD - 1 || end > to) throw damaged(`a record of ${length} bytes, ${to - cursor.at} are left`);
    cursor.at += 1;
    const timeDelta = varint(bytes, cursor);
    const offset = firstOffset + varint(bytes, cursor);
    const keyLength = varint(bytes, cursor);
    const keyFrom = cursor.at;
    cursor.at += Math.max(0, keyLength);
    const valueLength = varint(bytes, cursor);
    const valueFrom = cursor.at;
    cursor.at += Math.max(0, valueLength);
    if (cursor.at >= end || (bytes[cursor.at] !== 0 && !headersFit(bytes, cursor, end))) throw damaged(`key, value and headers of the record at ${offset} reach beyond it`);
    records.push(new FetchedRecord(bytes, context, offset, times.fixed ?? times.first + timeDelta, keyFrom, keyFrom + keyLength, valueFrom, valueFrom + valueLength));
    cursor.at = end;
  }
}
/** Whether the headers at the cursor end where the record does. They are cut out only when they are asked for, and then nobody looks for its end. */
function headersFit(bytes: Buffer, cursor: Cursor, end: number): boolean {
  let left = varint(bytes, cursor);
  for (; left > 0 && cursor.at < end; left -= 1) {
    for (let part = 0; part < 2; part += 1) {
      const length = varint(bytes, cursor);
      if (part === 0 && length < 0) return false;
      cursor.at += Math.max(0, length);
    }
  }
  return left === 0 && cursor.at <= end;
}
