// Ids for a request with an Idempotency-Key: made of who asks, his key, the place in the request and what stands there, so that the same request sent again, to another instance or
// after a restart, publishes the same ids and readers drop the repeat. What stands there is part of it: another text under an old key is not mistaken for a repeat and lost.
import { createHash } from 'node:crypto';

/** A UUID of version 8 (RFC 9562: its bits are the maker's own). `parts` are told apart by their lengths. */
export function derivedId(...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const text = String(part);
    hash.update(`${text.length}:`).update(text);
  }
  const bytes = hash.digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
