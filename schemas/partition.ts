// Which partition a key belongs to: Java's murmur2 over the UTF-8 key. This is part of the contract with foreign clients.
declare class TextEncoder { encode(text: string): Uint8Array }
const utf8 = new TextEncoder();

/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils.murmur2) of bytes from `from` up to `to`, as a signed 32-bit integer. */
export function murmur2(data: Uint8Array, from = 0, to = data.length): number {
  const m = 0x5bd1e995;
  const at = (i: number): number => data[i] ?? 0;
  const length = to - from;
  let h = 0x9747b28c ^ length;
  const whole = from + (length & ~3);
  for (let i = from; i < whole; i += 4) {
    let k = at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const left = to - whole;
  if (left === 3) h ^= at(whole + 2) << 16;
  if (left >= 2) h ^= at(whole + 1) << 8;
  if (left >= 1) h = Math.imul(h ^ at(whole), m);
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}

/** Partition 0…partitions−1 of a key (text or its UTF-8 bytes). */
export function partitionOf(key: string | Uint8Array, partitions: number): number {
  if (partitions === 1) return 0;
  return typeof key === 'string' ? partitionOf(utf8.encode(key), partitions) : partitionAt(key, 0, key.length, partitions);
}
/** The same for the key at data[from, to). */
export const partitionAt = (data: Uint8Array, from: number, to: number, partitions: number): number => (murmur2(data, from, to) & 0x7fffffff) % partitions;
