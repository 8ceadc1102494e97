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

/** Keys are ids, and ids are ASCII: their bytes are written here, so that a key costs no buffer of its own. */
const scratch = new Uint8Array(256);
/** How many bytes of scratch are the key's; -1: it is too long or not ASCII. */
function asciiOf(key: string): number {
  const { length } = key;
  if (length > scratch.length) return -1;
  for (let i = 0; i < length; i += 1) {
    const unit = key.charCodeAt(i);
    if (unit >= 128) return -1;
    scratch[i] = unit;
  }
  return length;
}

/** Partition 0…partitions−1 of a key (text or its UTF-8 bytes). */
export function partitionOf(key: string | Uint8Array, partitions: number): number {
  if (partitions === 1) return 0;
  if (typeof key !== 'string') return partitionAt(key, 0, key.length, partitions);
  const length = asciiOf(key);
  return length >= 0 ? partitionAt(scratch, 0, length, partitions) : partitionOf(utf8.encode(key), partitions);
}
/** The same for the key at data[from, to). */
export const partitionAt = (data: Uint8Array, from: number, to: number, partitions: number): number => partitionOfHash(murmur2(data, from, to), partitions);
/** The same for a key with this murmur2. */
export const partitionOfHash = (hash: number, partitions: number): number => (hash & 0x7fffffff) % partitions;
