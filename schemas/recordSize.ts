// How large a record of an input may be. The broker takes a compressed batch by its compressed size, and we write plain: what a client packed into 100 kB may be 100 MB that no broker
// takes from us again, and whoever has to write it would try for ever. Everything legal is far smaller.
export const MAX_KEY_BYTES = 8192;
export const MAX_VALUE_BYTES = 400_000;

/** In words; undefined: it fits. */
export function oversize(keyBytes: number, valueBytes: number): string | undefined {
  if (keyBytes > MAX_KEY_BYTES) return `the key has ${keyBytes} bytes, at most ${MAX_KEY_BYTES} are taken`;
  return valueBytes > MAX_VALUE_BYTES ? `the value has ${valueBytes} bytes, at most ${MAX_VALUE_BYTES} are taken` : undefined;
}
