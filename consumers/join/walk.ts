// A cursor over the log of the join's store: meets its frames in order, file by file, read in large blocks, and then those that are not written yet.
import { readSync } from 'node:fs';
import { flagsAt, HEADER_BYTES, idAt, lengthAt, segmentOf, SPAN, timeAt, type Spot, type Tail } from './frames.ts';

export type File = { readonly fd: number; bytes: number };
/** The log as it stands: its files by segment, and the tail that will stand at `start`. */
export type Log = { readonly dir: string; readonly files: ReadonlyMap<number, File>; readonly tail: Readonly<Tail>; oldest: number; newest: number; start: number };
/** peek: the frame it stands before; the next `advance` goes past it. position: nothing before it is met again. covers: whether a frame is at hand in what it has read, and where. */
export type Walk = { peek(): { readonly id: string; readonly timeMs: number } | undefined; advance(): void; readonly position: () => number; readonly covers: (position: number, spot: Spot) => boolean };
const BLOCK_BYTES = 256 * 1024;
export const missing = ({ dir }: Log, position: number): RangeError => new RangeError(`no frame at ${position} of ${dir}`);

/** From a position on, frames that have one of `flags`. */
export function walkOver(log: Log, flags: number, from: number): Walk {
  const { files, tail } = log;
  let position = from;
  let found: { readonly id: string; readonly timeMs: number } | undefined;
  let length = 0;
  let block: { readonly from: number; readonly bytes: Buffer; readonly length: number } = { from: -1, bytes: Buffer.allocUnsafe(BLOCK_BYTES), length: 0 };
  /** Whether the whole frame at `where` is in the block. */
  const inBlock = (where: number): boolean => {
    const offset = where - block.from;
    return block.from >= 0 && offset >= 0 && offset + HEADER_BYTES <= block.length && offset + lengthAt(block.bytes, offset) <= block.length;
  };
  function load(number: number, there: File): void {
    const wanted = block.from === position ? block.bytes.length * 2 : BLOCK_BYTES;
    const bytes = block.bytes.length === wanted ? block.bytes : Buffer.allocUnsafe(wanted);
    const offset = position - number * SPAN;
    block = { from: position, bytes, length: readSync(there.fd, bytes, 0, Math.min(wanted, there.bytes - offset), offset) };
  }
  /** Goes on to the next frame that is looked for; false at the end of all. */
  function seek(): boolean {
    for (;;) {
      let bytes = tail.bytes;
      let offset = position - log.start;
      if (offset < 0) {
        const number = segmentOf(position);
        const there = files.get(number);
        if (there === undefined || position - number * SPAN >= there.bytes) {
          position = number < log.newest ? Math.max(number + 1, log.oldest) * SPAN : log.start;
          continue;
        }
        if (!inBlock(position)) {
          load(number, there);
          if (!inBlock(position) && block.length >= there.bytes - (position - number * SPAN)) throw missing(log, position);
          continue;
        }
        ({ bytes } = block);
        offset = position - block.from;
      } else if (offset < HEADER_BYTES) {
        position = log.start + HEADER_BYTES;
        continue;
      } else if (offset >= tail.at) return false;
      length = lengthAt(bytes, offset);
      if ((flagsAt(bytes, offset) & flags) !== 0) {
        found = { id: idAt(bytes, offset), timeMs: timeAt(bytes, offset) };
        return true;
      }
      position += length;
    }
  }
  return {
    peek() {
      if (found === undefined) seek();
      return found;
    },
    advance() {
      if (found === undefined && !seek()) return;
      position += length;
      found = undefined;
    },
    position: () => position,
    covers(where, into) {
      if (!inBlock(where)) return false;
      into.bytes = block.bytes;
      into.at = where - block.from;
      into.end = into.at + lengthAt(block.bytes, into.at);
      return true;
    },
  };
}
