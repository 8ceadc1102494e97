// Memory that goes round: what a thread fills goes to another one and comes back when it has been read. Fresh memory for each block would cost a page fault per 4 KB and,
// because it lies outside the heap, a full garbage collection every thirty megabytes.
import type { Rooms } from '../../producers/wire/packer.ts';

const LEAST_BYTES = 128 * 1024;
/** What a block takes at most in flight, and then some; beyond it, memory is left to the collector. */
const MOST_KEPT = 40;

/** UTF-8 of texts one after the other. */
export type TextRoom = {
  add(text: string): void;
  /** ASCII only: several times as quickly. */
  ascii(text: string): void;
  copy(source: Uint8Array, from: number, to: number): void;
  /** Of [0, 1], with six digits. */
  share(value: number): void;
  /** undefined: nothing was added */
  take(): Uint8Array | undefined;
};
const MILLION = 1_000_000;
const [ZERO, POINT] = [48, 46];

export function createRooms(): Rooms & { text(): TextRoom } {
  const spare: Buffer[] = [];
  const rooms: Rooms = {
    give(bytes) {
      const one = spare.pop();
      return one !== undefined && one.length >= bytes ? one : Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, bytes));
    },
    giveBack({ buffer }) {
      if (spare.length < MOST_KEPT) spare.push(Buffer.from(buffer));
    },
  };
  return { ...rooms, text: () => createTextRoom(rooms) };
}
function createTextRoom(rooms: Rooms): TextRoom {
  let bytes: Buffer | undefined;
  let at = 0;
  function roomFor(more: number): Buffer {
    bytes ??= rooms.give(at + more);
    if (bytes.length < at + more) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, at + more));
      larger.set(bytes.subarray(0, at));
      rooms.giveBack(bytes);
      bytes = larger;
    }
    return bytes;
  }
  return {
    add(text) {
      // Of a UTF-16 unit, at most.
      if (text !== '') at += roomFor(3 * text.length).write(text, at);
    },
    ascii(text) {
      const out = roomFor(text.length);
      for (let i = 0; i < text.length; i += 1) out[at++] = text.charCodeAt(i);
    },
    copy(source, from, to) {
      const out = roomFor(to - from);
      for (let i = from; i < to; i += 1) out[at++] = source[i] ?? 0;
    },
    share(value) {
      const out = roomFor(8);
      let rest = Math.round(MILLION * value);
      const end = at + 8;
      for (let i = end - 1; i > at + 1; i -= 1) {
        out[i] = ZERO + (rest % 10);
        rest = Math.floor(rest / 10);
      }
      out[at] = ZERO + rest;
      out[at + 1] = POINT;
      at = end;
    },
    take: () => bytes?.subarray(0, at),
  };
}
