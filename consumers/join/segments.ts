// The files of the join's store: an append-only log of frames in segments. A frame is [u32 length][u32 hash][u8 flags][f64 previous][f64 timeMs][u16 id length][id][body].
// New frames stay in memory until `write`, which appends them with a seal (a checkpoint frame with a CRC of the batch) in one call: a batch without its seal does not count.
import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

export const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Positions are segment × SPAN + offset. */
export const SPAN = 2 ** 30;
export const HEADER_BYTES = 27;
const SEAL_FLAG = 0x80;
const READ_BYTES = 512;
const BLOCK_BYTES = 256 * 1024;

export type Frame = { readonly length: number; readonly hash: number; readonly flags: number; readonly previous: number; readonly timeMs: number; readonly id: () => string; /** until the next call */ readonly body: () => Buffer };
export const isSeal = (frame: Frame): boolean => (frame.flags & SEAL_FLAG) !== 0;
/** The frame at `at` of `bytes`, or undefined when it is not whole. */
export function frameAt(bytes: Buffer, at: number, end = bytes.length): Frame | undefined {
  if (at + HEADER_BYTES > end) return undefined;
  const length = bytes.readUInt32LE(at);
  if (length < HEADER_BYTES || at + length > end) return undefined;
  const idEnd = at + HEADER_BYTES + bytes.readUInt16LE(at + 25);
  return {
    length, hash: bytes.readUInt32LE(at + 4), flags: bytes.readUInt8(at + 8), previous: bytes.readDoubleLE(at + 9), timeMs: bytes.readDoubleLE(at + 17),
    id: () => bytes.toString('utf8', at + HEADER_BYTES, idEnd), body: () => bytes.subarray(idEnd, at + length),
  };
}

export type Segments = {
  /** Appends to the unwritten tail and returns its position. */
  append(frame: { hash: number; flags: number; previous: number; timeMs: number; id: string; body: Uint8Array }): number;
  /** A frame that stands. Valid until the next call. */
  read(position: number): Frame;
  /** Next position at which a frame will stand. */
  readonly end: () => number;
  readonly unwrittenBytes: () => number;
  /** Appends the tail and a seal with this text. */
  write(seal: string): void;
  /** A cursor that meets every frame that has one of `flags`, in order, from `position` on; the unwritten tail included. */
  walk(flags: number, position: number): Walk;
  /** Segments below the one `position` stands in. */
  numbers(): readonly number[];
  /** Deletes a whole segment. */
  drop(segment: number): void;
  readonly fileBytes: () => number;
  close(): void;
};
export type Walk = { peek(): { readonly id: string; readonly timeMs: number; readonly position: number } | undefined; advance(): void; readonly position: () => number };
const nameOf = (segment: number): string => `${String(segment).padStart(9, '0')}.log`;
const MIN_TAIL = 1024 * 1024;

/** Every sealed batch of the folder, oldest first, segment by segment. Stops at the first batch that is not whole and cuts it off. onFrame: position, frame. onSeal: its text; false refuses all. */
export function* scanSegments(dir: string): Generator<{ readonly segment: number; readonly bytes: Buffer; readonly batches: readonly { readonly from: number; readonly to: number; readonly seal: string }[] }> {
  const numbers = readdirSync(dir).filter((name) => name.endsWith('.log')).map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
  for (const [i, segment] of numbers.entries()) {
    const file = join(dir, nameOf(segment));
    const bytes = readFileSync(file);
    const batches: { from: number; to: number; seal: string }[] = [];
    let from = 0;
    let at = 0;
    for (let frame = frameAt(bytes, at); frame !== undefined; frame = frameAt(bytes, at)) {
      if (isSeal(frame)) {
        if (crc32(bytes.subarray(from, at)) !== frame.hash) break;
        batches.push({ from, to: at, seal: frame.body().toString() });
        from = at + frame.length;
      }
      at += frame.length;
    }
    yield { segment, bytes, batches };
    if (from < bytes.length) {
      const fd = openSync(file, 'r+');
      ftruncateSync(fd, from);
      closeSync(fd);
      for (const later of numbers.slice(i + 1)) rmSync(join(dir, nameOf(later)));
      return;
    }
  }
}

/** Opens what `scanSegments` has been through; an empty or missing folder starts at segment 0. */
export function openSegments(dir: string): Segments {
  mkdirSync(dir, { recursive: true });
  const files = new Map<number, { readonly fd: number; bytes: number }>();
  for (const name of readdirSync(dir).filter((one) => one.endsWith('.log'))) {
    const bytes = readFileSync(join(dir, name)).length;
    files.set(Number.parseInt(name, 10), { fd: openSync(join(dir, name), 'r+'), bytes });
  }
  let current = Math.max(0, ...files.keys());
  const fileOf = (segment: number): { readonly fd: number; bytes: number } => {
    const found = files.get(segment) ?? { fd: openSync(join(dir, nameOf(segment)), 'w+'), bytes: 0 };
    files.set(segment, found);
    return found;
  };
  if (fileOf(current).bytes >= SEGMENT_BYTES) current += 1;
  let tail = Buffer.allocUnsafe(MIN_TAIL);
  let tailLength = 0;
  /** The batch written last is kept in memory: what was just written is often asked for next. */
  let recent = { from: -1, to: -1, bytes: Buffer.alloc(0) };
  const tailStart = (): number => current * SPAN + fileOf(current).bytes;
  const small = Buffer.allocUnsafe(READ_BYTES);

  function room(bytes: number): void {
    if (tailLength + bytes <= tail.length) return;
    const larger = Buffer.allocUnsafe(Math.max(tail.length * 2, tailLength + bytes));
    tail.copy(larger, 0, 0, tailLength);
    tail = larger;
  }
  function put(frame: { hash: number; flags: number; previous: number; timeMs: number; id: string; body: Uint8Array }): void {
    room(HEADER_BYTES + frame.id.length * 3 + frame.body.length);
    const at = tailLength;
    const idBytes = tail.write(frame.id, at + HEADER_BYTES);
    const length = HEADER_BYTES + idBytes + frame.body.length;
    tail.writeUInt32LE(length, at);
    tail.writeUInt32LE(frame.hash, at + 4);
    tail[at + 8] = frame.flags;
    tail.writeDoubleLE(frame.previous, at + 9);
    tail.writeDoubleLE(frame.timeMs, at + 17);
    tail.writeUInt16LE(idBytes, at + 25);
    tail.set(frame.body, at + HEADER_BYTES + idBytes);
    tailLength += length;
  }
  const whole = (frame: Frame | undefined, position: number): Frame => {
    if (frame === undefined) throw new RangeError(`no frame at ${position} of ${dir}`);
    return frame;
  };
  function read(position: number): Frame {
    const start = tailStart();
    if (position >= start && position < start + tailLength) return whole(frameAt(tail, position - start, tailLength), position);
    if (position >= recent.from && position < recent.to) return whole(frameAt(recent.bytes, position - recent.from, recent.to - recent.from), position);
    const segment = Math.floor(position / SPAN);
    const { fd } = fileOf(segment);
    const got = readSync(fd, small, 0, READ_BYTES, position - segment * SPAN);
    const quick = frameAt(small, 0, got);
    if (quick !== undefined) return quick;
    const length = got >= 4 ? small.readUInt32LE(0) : 0;
    const large = Buffer.allocUnsafe(length);
    readSync(fd, large, 0, length, position - segment * SPAN);
    return whole(frameAt(large, 0), position);
  }

  function walk(flags: number, from: number): Walk {
    let position = from;
    let block = { from: -1, bytes: Buffer.allocUnsafe(BLOCK_BYTES), length: 0 };
    /** The frame at `position`, or undefined at the end of all. */
    function here(): Frame | undefined {
      for (;;) {
        const start = tailStart();
        if (position >= start) return position < start + tailLength ? frameAt(tail, position - start, tailLength) : undefined;
        const segment = Math.floor(position / SPAN);
        const file = files.get(segment);
        if (file === undefined || position - segment * SPAN >= file.bytes) {
          position = Math.min(start, ...[...files.keys()].filter((one) => one > segment).map((one) => one * SPAN));
          continue;
        }
        const at = position - block.from;
        if (block.from >= 0 && at >= 0 && at < block.length) {
          const found = frameAt(block.bytes, at, block.length);
          if (found !== undefined) return found;
        }
        const wanted = block.from === position ? block.bytes.length * 2 : BLOCK_BYTES;
        const bytes = block.bytes.length === wanted ? block.bytes : Buffer.allocUnsafe(wanted);
        block = { from: position, bytes, length: readSync(file.fd, bytes, 0, Math.min(wanted, file.bytes - (position - segment * SPAN)), position - segment * SPAN) };
      }
    }
    return {
      peek() {
        for (let frame = here(); frame !== undefined; frame = here()) {
          if (!isSeal(frame) && (frame.flags & flags) !== 0) return { id: frame.id(), timeMs: frame.timeMs, position };
          position += frame.length;
        }
        return undefined;
      },
      advance() {
        position += here()?.length ?? 0;
      },
      position: () => position,
    };
  }
  return {
    append(frame) {
      const position = tailStart() + tailLength;
      put(frame);
      return position;
    },
    read,
    end: () => tailStart() + tailLength,
    unwrittenBytes: () => tailLength,
    write(seal) {
      const file = fileOf(current);
      const batch = tailLength;
      put({ hash: crc32(tail.subarray(0, batch)), flags: SEAL_FLAG, previous: 0, timeMs: 0, id: '', body: Buffer.from(seal) });
      for (let done = 0; done < tailLength;) done += writeSync(file.fd, tail, done, tailLength - done, file.bytes + done);
      const from = current * SPAN + file.bytes;
      file.bytes += tailLength;
      const spare = recent.bytes;
      recent = { from, to: from + batch, bytes: tail };
      tail = spare.length >= MIN_TAIL && spare.length <= 4 * MIN_TAIL ? spare : Buffer.allocUnsafe(MIN_TAIL);
      tailLength = 0;
      if (file.bytes >= SEGMENT_BYTES) current += 1;
    },
    walk,
    numbers: () => [...files.keys()].sort((a, b) => a - b).filter((segment) => segment < current),
    drop(segment) {
      const file = files.get(segment);
      if (file === undefined) return;
      closeSync(file.fd);
      files.delete(segment);
      rmSync(join(dir, nameOf(segment)));
    },
    fileBytes: () => [...files.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    close() {
      for (const { fd } of files.values()) closeSync(fd);
      files.clear();
    },
  };
}
