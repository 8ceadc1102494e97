// The files of the join's store: an append-only log of frames in segments. New frames stay in memory until `write`, which appends them as one sealed batch in one go:
// a batch that is not whole does not count. Reading it all at start is scan.ts.
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BATCH, beginFrame, finishFrame, HEADER_BYTES, lengthAt, room, SEAL, segmentOf, SPAN, type Spot, type Tail } from './frames.ts';
import { missing, walkOver, type File, type Log, type Walk } from './walk.ts';

const SEGMENT_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 512;
const MIN_TAIL = 1024 * 1024;
/** Buffers of batches written last that are kept in memory. */
const RECENT_BYTES = 8 * 1024 * 1024;

export type Segments = {
  /** Opens a frame and returns its position; its body goes to `tail`, then `finish`. */
  begin(hash: number, flags: number, previous: number, timeMs: number, id: string): number;
  finish(): void;
  readonly tail: Tail;
  /** A frame that stands. Valid until the next call of anything here. */
  read(position: number): Spot;
  /** What was read last. */
  readonly found: Spot;
  readonly unwrittenBytes: () => number;
  /** Appends the tail and a seal with this text. When it throws (a full disk, say) nothing has changed: all stays in memory, and the next write tries again. */
  write(seal: string): void;
  /** A cursor that meets every frame that has one of `flags`, in order, from `position` on; the unwritten tail included. */
  walk(flags: number, position: number): Walk;
  /** Of the oldest segment that stands. */
  readonly oldest: () => number;
  /** Deletes the oldest segment, unless it is the one being written. */
  dropOldest(): void;
  readonly fileBytes: () => number;
  close(): void;
};
export const nameOf = (segment: number): string => `${String(segment).padStart(9, '0')}.log`;
/** Numbers of the segments in a folder, oldest first. */
export const segmentsIn = (dir: string): number[] => readdirSync(dir).filter((name) => name.endsWith('.log')).map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);

/** As node's writeSync. */
export type WriteAt = (fd: number, bytes: Buffer, from: number, length: number, position: number) => number;
/** Opens what scan.ts has been through; an empty or missing folder starts at segment 0. segmentBytes: a file that has so many is followed by a new one. writeAt: another one for tests of full disks. */
export function openSegments(dir: string, segmentBytes = SEGMENT_BYTES, writeAt: WriteAt = writeSync): Segments {
  mkdirSync(dir, { recursive: true });
  const files = new Map<number, File>();
  for (const segment of segmentsIn(dir)) {
    const fd = openSync(join(dir, nameOf(segment)), 'r+');
    files.set(segment, { fd, bytes: fstatSync(fd).size });
  }
  const make = (segment: number): File => {
    const file = { fd: openSync(join(dir, nameOf(segment)), 'wx+'), bytes: 0 };
    files.set(segment, file);
    return file;
  };
  const tail: Tail = { bytes: Buffer.allocUnsafe(MIN_TAIL), at: HEADER_BYTES };
  const log: Log = { dir, files, tail, oldest: files.size === 0 ? 0 : Math.min(...files.keys()), newest: files.size === 0 ? 0 : Math.max(...files.keys()), start: 0 };
  let file = files.get(log.newest) ?? make(log.newest);
  let open = 0;
  function roll(): void {
    if (file.bytes >= segmentBytes) {
      try {
        file = make(log.newest + 1);
        log.newest += 1;
      } catch (error) {
        // No file can be made at the moment: the one at hand grows on.
        if (file.bytes > SPAN / 2) throw error;
      }
    }
    log.start = log.newest * SPAN + file.bytes;
  }
  roll();
  /** What was written of a batch that does not count would be cut off by the next opening as well. */
  function cutBack({ fd, bytes }: File): void {
    try {
      ftruncateSync(fd, bytes);
    } catch {
      // The next write begins at the same place.
    }
  }
  /** Newest first: many labels come soon after their predictions, and a call to the system costs more than all else that a label does here. */
  const recent: { readonly from: number; readonly to: number; readonly bytes: Buffer }[] = [];
  /** Keeps the tail's buffer; returns one for the next tail. */
  function remember(from: number, to: number): Buffer {
    recent.unshift({ from, to, bytes: tail.bytes });
    let spare: Buffer | undefined;
    for (let kept = recent.reduce((sum, { bytes }) => sum + bytes.length, 0); kept > RECENT_BYTES; kept -= spare?.length ?? 0) {
      spare = recent.pop()?.bytes;
      if (spare === undefined) break;
    }
    return spare !== undefined && spare.length >= MIN_TAIL && spare.length <= 4 * MIN_TAIL ? spare : Buffer.allocUnsafe(MIN_TAIL);
  }
  const small = Buffer.allocUnsafeSlow(READ_BYTES);
  const spot: Spot = { bytes: small, at: 0, end: 0 };
  const walks: Walk[] = [];

  function at(bytes: Buffer, from: number): Spot {
    spot.bytes = bytes;
    spot.at = from;
    spot.end = from + lengthAt(bytes, from);
    return spot;
  }
  function read(position: number): Spot {
    if (position >= log.start) return at(tail.bytes, position - log.start);
    for (const { from, to, bytes } of recent) if (position >= from && position < to) return at(bytes, position - from);
    for (const walk of walks) if (walk.covers(position, spot)) return spot;
    const number = segmentOf(position);
    const there = files.get(number);
    if (there === undefined) throw missing(log, position);
    const got = readSync(there.fd, small, 0, READ_BYTES, position - number * SPAN);
    if (got < HEADER_BYTES) throw missing(log, position);
    const length = lengthAt(small, 0);
    if (length <= got) return at(small, 0);
    const large = Buffer.allocUnsafe(length);
    if (readSync(there.fd, large, 0, length, position - number * SPAN) < length) throw missing(log, position);
    return at(large, 0);
  }

  return {
    begin(hash, flags, previous, timeMs, id) {
      open = beginFrame(tail, hash, flags, previous, timeMs, id);
      return log.start + open;
    },
    finish: () => finishFrame(tail, open),
    tail,
    read,
    found: spot,
    unwrittenBytes: () => (tail.at > HEADER_BYTES ? tail.at : 0),
    write(seal) {
      const text = Buffer.from(seal);
      const unsealed = tail.at;
      const to = log.start + unsealed;
      open = beginFrame(tail, 0, SEAL, 0, 0, '');
      room(tail, text.length);
      tail.at += text.copy(tail.bytes, tail.at);
      finishFrame(tail, open);
      const total = tail.at;
      tail.at = 0;
      beginFrame(tail, crc32(tail.bytes.subarray(HEADER_BYTES, total)), BATCH, total, 0, '');
      finishFrame(tail, 0);
      try {
        for (let done = 0; done < total;) done += writeAt(file.fd, tail.bytes, done, total - done, file.bytes + done);
      } catch (error) {
        tail.at = unsealed;
        cutBack(file);
        throw error;
      }
      file.bytes += total;
      tail.bytes = remember(log.start, to);
      tail.at = HEADER_BYTES;
      roll();
    },
    walk(flags, position) {
      const made = walkOver(log, flags, position);
      walks.push(made);
      return made;
    },
    oldest: () => log.oldest,
    dropOldest() {
      const there = files.get(log.oldest);
      if (log.oldest === log.newest || there === undefined) return;
      closeSync(there.fd);
      files.delete(log.oldest);
      try {
        rmSync(join(dir, nameOf(log.oldest)));
      } catch {
        // A folder that may not be changed: what the file holds is overtaken by later ones, and whoever opens the folder reads over it.
      }
      log.oldest += 1;
    },
    fileBytes: () => [...files.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    close() {
      for (const { fd } of files.values()) closeSync(fd);
      files.clear();
    },
  };
}
