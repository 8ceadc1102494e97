// Record batches that are filled a record at a time, as they go to the broker: who makes many events packs them where they are made, a thread of its own for example, and whoever
// has the connection sends the bytes as they are. For the plain producer: no transaction, no sequence numbers, no headers. Byte for byte what encodeRecordBatch writes of the same.
import { partitionOf } from '../../schemas/partition.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { Widths } from '../outgoing.ts';
import { finishBatch, OVERHEAD, varSize, zigzag } from './recordBatch.ts';

export type PackedBatch = { readonly topic: TopicName; readonly partition: number; readonly records: number; readonly bytes: Uint8Array };
export type Packer = {
  /** key: ASCII, as ids are. */
  add(topic: TopicName, key: string, value: Uint8Array): void;
  /** What was added since, in order per partition. The bytes are the caller's: nothing else stands in their memory. */
  take(nowMs: number): PackedBatch[];
};
/** Where memory comes from; each is a whole ArrayBuffer. give: at least so many bytes. */
export type Rooms = { give(bytes: number): Buffer; giveBack(room: Uint8Array): void };
const FRESH: Rooms = { give: (bytes) => Buffer.allocUnsafeSlow(bytes), giveBack: () => undefined };
/** The broker refuses a batch over 1 MB. */
const MAX_BATCH_BYTES = 700_000;
const FIRST_BYTES = 64 * 1024;
/** Lengths and the like of one record, at most. */
const RECORD_BYTES = 32;
type Filling = { readonly topic: TopicName; readonly partition: number; bytes: Buffer; at: number; records: number };

function varint(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = zigzag(value);
  for (; rest >= 128; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
  bytes[at++] = rest;
  return at;
}

export function createPacker(widths: Widths, rooms = FRESH): Packer {
  const open = new Map<TopicName, (Filling | undefined)[]>();
  let full: Filling[] = [];

  function fillingOf(topic: TopicName, partition: number): Filling {
    let list = open.get(topic);
    if (list === undefined) open.set(topic, (list = []));
    return (list[partition] ??= { topic, partition, bytes: rooms.give(FIRST_BYTES), at: OVERHEAD, records: 0 });
  }
  return {
    add(topic, key, value) {
      const partition = partitionOf(key, widths.get(topic) ?? 1);
      let one = fillingOf(topic, partition);
      const most = RECORD_BYTES + key.length + value.length;
      if (one.records > 0 && one.at + most > MAX_BATCH_BYTES) {
        full.push(one);
        (open.get(topic) ?? [])[partition] = undefined;
        one = fillingOf(topic, partition);
      }
      if (one.at + most > one.bytes.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(2 * one.bytes.length, one.at + most));
        larger.set(one.bytes.subarray(0, one.at));
        rooms.giveBack(one.bytes);
        one.bytes = larger;
      }
      const { bytes } = one;
      const body = 2 + varSize(zigzag(one.records)) + varSize(zigzag(key.length)) + key.length + varSize(zigzag(value.length)) + value.length + 1;
      let at = varint(bytes, one.at, body);
      // No attributes, and the time of the first one.
      bytes[at++] = 0;
      bytes[at++] = 0;
      at = varint(bytes, varint(bytes, at, one.records), key.length);
      for (let i = 0; i < key.length; i += 1) bytes[at++] = key.charCodeAt(i);
      at = varint(bytes, at, value.length);
      bytes.set(value, at);
      at += value.length;
      bytes[at++] = 0;
      one.at = at;
      one.records += 1;
    },
    take(nowMs) {
      const all = full;
      for (const list of open.values()) for (const one of list) if (one !== undefined) all.push(one);
      open.clear();
      full = [];
      return all.map(({ topic, partition, bytes, at, records }) => {
        const batch = bytes.subarray(0, at);
        finishBatch(batch, { records, firstMs: nowMs, lastMs: nowMs, transactional: false, producerId: -1n, producerEpoch: 0, firstSequence: 0 });
        return { topic, partition, records, bytes: batch };
      });
    },
  };
}
