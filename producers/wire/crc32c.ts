// CRC-32C (Castagnoli), the checksum of a record batch: eight bytes a step over eight tables, read as aligned words, where the stock client takes one byte a step.

const POLYNOMIAL = 0x82f63b78;
const tableAfter = (before: Int32Array | undefined, first: Int32Array): Int32Array => Int32Array.from({ length: 256 }, (_, byte) => {
  if (before !== undefined) return ((before[byte] ?? 0) >>> 8) ^ (first[(before[byte] ?? 0) & 0xff] ?? 0);
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
  return crc;
});
// Eight constants and not one array of them: that is what makes them quick.
const T0 = tableAfter(undefined, new Int32Array(0));
const T1 = tableAfter(T0, T0);
const T2 = tableAfter(T1, T0);
const T3 = tableAfter(T2, T0);
const T4 = tableAfter(T3, T0);
const T5 = tableAfter(T4, T0);
const T6 = tableAfter(T5, T0);
const T7 = tableAfter(T6, T0);
const at = (table: Int32Array, byte: number): number => table[byte & 0xff] ?? 0;
/** The words are read in the machine's order: on a big-endian one all goes byte by byte. */
const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Checksum of bytes from `from` up to `to`, unsigned. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = -1;
  let i = from;
  for (; i < to && (!LITTLE_ENDIAN || ((bytes.byteOffset + i) & 3) !== 0); i += 1) crc = at(T0, crc ^ (bytes[i] ?? 0)) ^ (crc >>> 8);
  const words = new Int32Array(bytes.buffer, i < to ? bytes.byteOffset + i : 0, i < to ? (to - i) >>> 2 : 0);
  const pairs = words.length & ~1;
  for (let w = 0; w < pairs; w += 2) {
    const x = crc ^ (words[w] ?? 0);
    const y = words[w + 1] ?? 0;
    crc = at(T7, x) ^ at(T6, x >>> 8) ^ at(T5, x >>> 16) ^ at(T4, x >>> 24) ^ at(T3, y) ^ at(T2, y >>> 8) ^ at(T1, y >>> 16) ^ at(T0, y >>> 24);
  }
  for (i += pairs * 4; i < to; i += 1) crc = at(T0, crc ^ (bytes[i] ?? 0)) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
