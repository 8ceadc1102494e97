// A record batch (magic 2, uncompressed) from messages: one buffer of the exact size, written once. The stock client makes several objects and buffers per record.
// Byte for byte what the stock encoder writes; nothing here knows a broker.
import { crc32c } from './crc32c.ts';

export type BatchMessage = { readonly key?: Buffer | string | null; readonly value: Buffer | string | null; readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>; readonly timestamp?: string | number };
type HeaderValue = Buffer | string;
export type BatchInput = { readonly messages: readonly BatchMessage[]; readonly nowMs: number; readonly transactional: boolean; readonly producerId: bigint; readonly producerEpoch: number; readonly firstSequence: number };

const MAGIC = 2;
const TRANSACTIONAL = 16;
export const OVERHEAD = 61;
/** From here on the checksum runs. */
const ATTRIBUTES_AT = 21;
const NO_HEADERS: readonly (readonly [string, HeaderValue])[] = [];

export const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);
/** Bytes of a varint of a zigzagged value below 2^53. */
export function varSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size += 1;
  return size;
}
const sizeOfBytes = (length: number): number => varSize(zigzag(length)) + Math.max(0, length);
/** Plain and short text is measured and written here: a call into Node's own code costs more than the characters. */
const SHORT = 64;
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) >= 128) return false;
  return true;
}
const sizeOfText = (text: string): number => (text.length <= SHORT && isPlain(text) ? text.length : Buffer.byteLength(text));
const lengthOf = (value: Buffer | string | null | undefined): number => (value === null || value === undefined ? -1 : typeof value === 'string' ? sizeOfText(value) : value.length);
function headersOf({ headers }: BatchMessage): readonly (readonly [string, HeaderValue])[] {
  if (headers === undefined) return NO_HEADERS;
  const list: (readonly [string, HeaderValue])[] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (Array.isArray(value)) for (const one of value as readonly HeaderValue[]) list.push([name, one]);
    else list.push([name, value as HeaderValue]);
  }
  return list;
}

/** Writes what stands before the records of a batch, its checksum last. */
export function finishBatch(out: Buffer, { records, firstMs, lastMs, transactional, producerId, producerEpoch, firstSequence }: Omit<BatchInput, 'messages' | 'nowMs'> & { readonly records: number; readonly firstMs: number; readonly lastMs: number }): void {
  out.writeBigInt64BE(0n, 0);
  out.writeInt32BE(out.length - 12, 8);
  out.writeInt32BE(0, 12);
  out[16] = MAGIC;
  out.writeInt16BE(transactional ? TRANSACTIONAL : 0, ATTRIBUTES_AT);
  out.writeInt32BE(records - 1, 23);
  out.writeBigInt64BE(BigInt(firstMs), 27);
  out.writeBigInt64BE(BigInt(lastMs), 35);
  out.writeBigInt64BE(producerId, 43);
  out.writeInt16BE(producerEpoch, 51);
  out.writeInt32BE(firstSequence, 53);
  out.writeInt32BE(records, 57);
  out.writeUInt32BE(crc32c(out, ATTRIBUTES_AT), 17);
}

export function encodeRecordBatch({ messages, nowMs, transactional, producerId, producerEpoch, firstSequence }: BatchInput): Buffer {
  const times = messages.map((one) => one.timestamp).filter((one) => one !== undefined).map(Number);
  const firstMs = times.length === 0 ? nowMs : times.reduce((a, b) => Math.min(a, b));
  const lastMs = times.length === 0 ? nowMs : times.reduce((a, b) => Math.max(a, b));
  const bodies = new Float64Array(messages.length);
  const headers = messages.map(headersOf);
  let total = OVERHEAD;
  for (let i = 0; i < messages.length; i += 1) {
    const message = messages[i] as BatchMessage;
    const ours = headers[i] ?? NO_HEADERS;
    let body = 1 + varSize(zigzag(Number(message.timestamp ?? nowMs) - firstMs)) + varSize(zigzag(i)) + sizeOfBytes(lengthOf(message.key)) + sizeOfBytes(lengthOf(message.value)) + varSize(zigzag(ours.length));
    for (const [name, value] of ours) body += sizeOfBytes(sizeOfText(name)) + sizeOfBytes(lengthOf(value));
    bodies[i] = body;
    total += varSize(zigzag(body)) + body;
  }

  const out = Buffer.allocUnsafe(total);
  let at = 0;
  function varint(value: number): void {
    let rest = zigzag(value);
    while (rest >= 128) {
      out[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    out[at++] = rest;
  }
  function text(value: string, length: number): void {
    // As many bytes as characters: each is one byte.
    if (length <= SHORT && length === value.length) for (let i = 0; i < length; i += 1) out[at + i] = value.charCodeAt(i);
    else out.write(value, at);
  }
  function bytes(value: Buffer | string | null | undefined): void {
    const length = lengthOf(value);
    varint(length);
    if (typeof value === 'string') text(value, length);
    else if (value !== null && value !== undefined) out.set(value, at);
    at += Math.max(0, length);
  }
  at = OVERHEAD;
  for (let i = 0; i < messages.length; i += 1) {
    const message = messages[i] as BatchMessage;
    const ours = headers[i] ?? NO_HEADERS;
    varint(bodies[i] ?? 0);
    out[at++] = 0;
    varint(Number(message.timestamp ?? nowMs) - firstMs);
    varint(i);
    bytes(message.key);
    bytes(message.value);
    varint(ours.length);
    for (const [name, value] of ours) {
      bytes(name);
      bytes(value);
    }
  }
  finishBatch(out, { records: messages.length, firstMs, lastMs, transactional, producerId, producerEpoch, firstSequence });
  return out;
}
