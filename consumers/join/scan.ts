// Reads the join's log once, from its oldest batch to its newest, through one small buffer. Decides what of it counts: every batch must be whole and have its CRC;
// only the end of the newest file may be torn (a process was killed while writing), and is cut off. Anything else is damage, and no state.
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BATCH, bodyAt, flagsAt, hashAt, HEADER_BYTES, lengthAt, previousAt, SEAL, SPAN } from './frames.ts';
import { nameOf, segmentsIn } from './segments.ts';

/** Frames stand in `bytes` from `from` up to `to`; the one at `from` has position `position`. Valid until the next one. */
export type Batch = { readonly bytes: Buffer; readonly from: number; readonly to: number; readonly position: number; readonly seal: string };
const CHUNK_BYTES = 4 * 1024 * 1024;
export class Damaged extends Error {}

/** Where the seal of the whole batch at `at` begins. Throws Damaged when lengths or CRC do not fit. */
function sealOf(bytes: Buffer, at: number, total: number): number {
  if (crc32(bytes.subarray(at + HEADER_BYTES, at + total)) !== hashAt(bytes, at)) throw new Damaged('a batch has another CRC');
  let frame = at + HEADER_BYTES;
  for (let next = frame + lengthAt(bytes, frame); next < at + total; next = frame + lengthAt(bytes, frame)) frame = next;
  if ((flagsAt(bytes, frame) & SEAL) === 0) throw new Damaged('a batch has no seal');
  return frame;
}

/** Every batch in order. Throws Damaged. */
export function* scanBatches(dir: string): Generator<Batch> {
  let bytes = Buffer.alloc(0);
  const segments = segmentsIn(dir);
  for (const [i, segment] of segments.entries()) {
    if (i > 0 && segment !== (segments[i - 1] ?? 0) + 1) throw new Damaged(`segment ${segment - 1} is missing`);
    const isNewest = i === segments.length - 1;
    const fd = openSync(join(dir, nameOf(segment)), 'r+');
    try {
      const { size } = fstatSync(fd);
      let from = 0;
      let length = 0;
      /** Has so many bytes from file offset `at` on in the buffer, and says where. */
      const have = (at: number, wanted: number): number => {
        if (at < from || at + wanted > from + length) {
          if (wanted > bytes.length) bytes = Buffer.allocUnsafeSlow(Math.max(wanted * 2, Math.min(CHUNK_BYTES, size)));
          from = at;
          length = readSync(fd, bytes, 0, Math.min(bytes.length, size - at), at);
        }
        return at - from;
      };
      for (let at = 0; at < size;) {
        let total = Number.POSITIVE_INFINITY;
        if (size - at >= HEADER_BYTES) {
          const header = have(at, HEADER_BYTES);
          total = previousAt(bytes, header);
          if (flagsAt(bytes, header) !== BATCH || lengthAt(bytes, header) !== HEADER_BYTES || !(total >= 2 * HEADER_BYTES)) throw new Damaged('a batch has no header');
        }
        if (total > size - at) {
          if (!isNewest) throw new Damaged(`segment ${segment} is cut`);
          ftruncateSync(fd, at);
          break;
        }
        const begin = have(at, total);
        const seal = sealOf(bytes, begin, total);
        yield { bytes, from: begin + HEADER_BYTES, to: seal, position: segment * SPAN + at + HEADER_BYTES, seal: bytes.toString('utf8', bodyAt(bytes, seal), begin + total) };
        at += total;
      }
    } finally {
      closeSync(fd);
    }
  }
}
