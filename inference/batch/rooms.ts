// Memory that goes round: what a thread fills goes to another one and comes back when it has been read. Fresh memory for each block would cost a page fault per 4 KB and,
// because it lies outside the heap, a full garbage collection every thirty megabytes.
import type { Rooms } from '../../producers/wire/packer.ts';

const LEAST_BYTES = 128 * 1024;
/** What a block takes at most in flight, and then some; beyond it, memory is left to the collector. */
const MOST_KEPT = 64;

export type TextRoom = { add(text: string): void; /** undefined: nothing was added */ take(): Uint8Array | undefined };
export function createRooms(): Rooms & { /** UTF-8 of texts one after the other */ text(): TextRoom } {
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
  return {
    ...rooms,
    text() {
      let bytes: Buffer | undefined;
      let at = 0;
      return {
        add(text) {
          if (text === '') return;
          // Of a UTF-16 unit, at most.
          const most = at + 3 * text.length;
          bytes ??= rooms.give(most);
          if (bytes.length < most) {
            const larger = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, most));
            larger.set(bytes.subarray(0, at));
            rooms.giveBack(bytes);
            bytes = larger;
          }
          at += bytes.write(text, at);
        },
        take: () => bytes?.subarray(0, at),
      };
    },
  };
}
