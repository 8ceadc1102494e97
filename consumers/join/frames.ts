// How the local store's bytes are laid out. A frame is [u32 length][u32 hash][u8 flags][f64 previous][f64 timeMs][u16 id length][id][body].
// A batch is a BATCH frame (hash: CRC-32 of all that follows it; previous: bytes of the whole batch), the frames of the changes, and a SEAL frame whose body is its text.

export const HEADER_BYTES = 27;
/** Positions in the log are segment × SPAN + offset. No frame of an entry stands at 0: a batch header does. */
export const SPAN = 2 ** 30;
export const segmentOf = (position: number): number => Math.floor(position / SPAN);
export const PREDICTION_CAME = 1;
export const FEEDBACK_CAME = 2;
export const REMOVED = 4;
export const BATCH = 0x40;
export const SEAL = 0x80;

/** Bytes that grow at `at`. */
export type Tail = { bytes: Buffer; at: number };
/** A frame within a larger buffer: from `at` up to `end`. */
export type Spot = { bytes: Buffer; at: number; end: number };

/** Makes room for so many bytes more. */
export function room(tail: Tail, bytes: number): void {
  if (tail.at + bytes <= tail.bytes.length) return;
  const larger = Buffer.allocUnsafe(Math.max(tail.bytes.length * 2, tail.at + bytes));
  tail.bytes.copy(larger, 0, 0, tail.at);
  tail.bytes = larger;
}

/** Writes text as UTF-8 at `at`, for which there must be room (three bytes a character), and returns its length in bytes. */
export function writeText(bytes: Buffer, text: string, at: number): number {
  const { length } = text;
  // Ids are short and ASCII: a loop is quicker than the way into native code.
  if (length > 64) return bytes.write(text, at);
  for (let i = 0; i < length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return bytes.write(text, at);
    bytes[at + i] = unit;
  }
  return length;
}

/** Opens a frame; its body follows at `tail.at`, then `finishFrame` with what this returns. */
export function beginFrame(tail: Tail, hash: number, flags: number, previous: number, timeMs: number, id: string): number {
  room(tail, HEADER_BYTES + id.length * 3);
  const { bytes, at } = tail;
  const idBytes = writeText(bytes, id, at + HEADER_BYTES);
  bytes.writeUInt32LE(hash, at + 4);
  bytes[at + 8] = flags;
  bytes.writeDoubleLE(previous, at + 9);
  bytes.writeDoubleLE(timeMs, at + 17);
  bytes.writeUInt16LE(idBytes, at + 25);
  tail.at = at + HEADER_BYTES + idBytes;
  return at;
}
export const finishFrame = (tail: Tail, began: number): void => void tail.bytes.writeUInt32LE(tail.at - began, began);

export const lengthAt = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at);
export const hashAt = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at + 4);
export const flagsAt = (bytes: Buffer, at: number): number => bytes[at + 8] ?? 0;
export const previousAt = (bytes: Buffer, at: number): number => bytes.readDoubleLE(at + 9);
export const timeAt = (bytes: Buffer, at: number): number => bytes.readDoubleLE(at + 17);
export const bodyAt = (bytes: Buffer, at: number): number => at + HEADER_BYTES + bytes.readUInt16LE(at + 25);
export const idAt = (bytes: Buffer, at: number): string => bytes.toString('utf8', at + HEADER_BYTES, bodyAt(bytes, at));

/** Whether the frame at `at` is of this id, without making a string of it where that can be avoided. */
export function isOf(bytes: Buffer, at: number, id: string): boolean {
  const from = at + HEADER_BYTES;
  const length = bytes.readUInt16LE(at + 25);
  for (let i = 0; i < id.length; i += 1) {
    const unit = id.charCodeAt(i);
    if (unit > 127) return idAt(bytes, at) === id;
    if (i >= length || bytes[from + i] !== unit) return false;
  }
  return length === id.length;
}
