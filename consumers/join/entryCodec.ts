// Entries to and from the bytes of the local store. The format is ours alone: a store with another FORMAT is thrown away and rebuilt from the log.
import { emptyEntry, type Entry, type Shape } from './store.ts';

export const FORMAT = 2;
/** Shapes by number: what thousands of predictions share is stored once. */
export type Shapes = { numberOf(shape: Shape): number; shapeAt(number: number): Shape };
const scratchBytes = 64 * 1024;

/** Shapes in the order of their numbers; `all` is what must be stored. */
export function createShapes(known: readonly Shape[]): Shapes & { readonly all: readonly Shape[] } {
  const all = [...known];
  const byShape = new Map<Shape, number>();
  const byText = new Map<string, number>(all.map((shape, i) => [JSON.stringify(shape), i]));
  return {
    all,
    numberOf(shape) {
      const quick = byShape.get(shape);
      if (quick !== undefined) return quick;
      const text = JSON.stringify(shape);
      const number = byText.get(text) ?? all.push(shape) - 1;
      byText.set(text, number);
      byShape.set(shape, number);
      return number;
    },
    shapeAt(number) {
      const shape = all[number];
      if (shape === undefined) throw new RangeError(`shape ${number} is not known`);
      return shape;
    },
  };
}

/** A reader and a writer of entries that share one growing scratch buffer. */
export function createEntryCodec(shapes: Shapes): { encode(entry: Entry): Buffer; decode(bytes: Buffer): Entry } {
  let scratch = Buffer.allocUnsafe(scratchBytes);
  let at = 0;
  const room = (bytes: number): void => {
    if (at + bytes <= scratch.length) return;
    const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + bytes));
    scratch.copy(larger, 0, 0, at);
    scratch = larger;
  };
  const u8 = (value: number): void => void (room(1), (at = scratch.writeUInt8(value, at)));
  const u32 = (value: number): void => void (room(4), (at = scratch.writeUInt32LE(value, at)));
  const i32 = (value: number): void => void (room(4), (at = scratch.writeInt32LE(value, at)));
  const f64 = (value: number): void => void (room(8), (at = scratch.writeDoubleLE(value, at)));
  const bytes = (value: Uint8Array): void => {
    u32(value.length);
    room(value.length);
    scratch.set(value, at);
    at += value.length;
  };
  const text = (value: string): void => {
    room(4 + value.length * 3);
    const written = scratch.write(value, at + 4);
    scratch.writeUInt32LE(written, at);
    at += 4 + written;
  };

  return {
    /** The bytes live until the next call. */
    encode({ prediction, current, revision, seen, held }) {
      at = 0;
      u8((prediction === undefined ? 0 : 1) | (current === undefined ? 0 : 2));
      if (prediction !== undefined) {
        u32(shapes.numberOf(prediction.shape));
        f64(prediction.offset);
        f64(prediction.timeMs);
        text(prediction.text);
      }
      if (current !== undefined) {
        text(current.label);
        f64(current.labelledAt);
        i32(current.rank);
      }
      u32(revision);
      u32(seen.length);
      for (const id of seen) text(id);
      u32(held.length);
      for (const one of held) {
        f64(one.offset);
        f64(one.timeMs);
        text(one.feedbackId);
        u8(one.category === null ? 0 : 1);
        if (one.category !== null) text(one.category);
        text(one.source);
        bytes(one.value);
      }
      return scratch.subarray(0, at);
    },
    decode(from) {
      let i = 0;
      const readU32 = (): number => from.readUInt32LE((i += 4) - 4);
      const readF64 = (): number => from.readDoubleLE((i += 8) - 8);
      const readText = (): string => {
        const length = readU32();
        i += length;
        return from.toString('utf8', i - length, i);
      };
      const entry = emptyEntry();
      const flags = from.readUInt8(i++);
      if ((flags & 1) !== 0) entry.prediction = { shape: shapes.shapeAt(readU32()), offset: readF64(), timeMs: readF64(), text: readText() };
      if ((flags & 2) !== 0) entry.current = { label: readText(), labelledAt: readF64(), rank: from.readInt32LE((i += 4) - 4) };
      entry.revision = readU32();
      for (let n = readU32(); n > 0; n -= 1) entry.seen.push(readText());
      for (let n = readU32(); n > 0; n -= 1) {
        const offset = readF64();
        const timeMs = readF64();
        const feedbackId = readText();
        const category = from.readUInt8(i++) === 0 ? null : readText();
        const source = readText();
        const length = readU32();
        entry.held.push({ offset, timeMs, feedbackId, category, source, value: Uint8Array.from(from.subarray(i, i + length)) });
        i += length;
      }
      return entry;
    },
  };
}
