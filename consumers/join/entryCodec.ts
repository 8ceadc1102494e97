// Entries to and from the bytes of the local store. The format is ours alone: a store with another FORMAT is thrown away and rebuilt from the log.
import { room, writeText, type Tail } from './frames.ts';
import { emptyEntry, type Entry, type Shape } from './store.ts';

export const FORMAT = 3;
/** Shapes by number: what thousands of predictions share is stored once. */
export type Shapes = { numberOf(shape: Shape): number; shapeAt(number: number): Shape };
const PREDICTION = 1;
const CURRENT = 2;
const REVISION = 4;
const SEEN = 8;
const HELD = 16;
/** The label is not among the prediction's categories: its text follows. */
const AS_TEXT = 0xffff;

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

function u32(tail: Tail, value: number): void {
  room(tail, 4);
  tail.at = tail.bytes.writeUInt32LE(value, tail.at);
}
function f64(tail: Tail, value: number): void {
  room(tail, 8);
  tail.at = tail.bytes.writeDoubleLE(value, tail.at);
}
function text(tail: Tail, value: string): void {
  room(tail, 4 + value.length * 3);
  const written = writeText(tail.bytes, value, tail.at + 4);
  tail.bytes.writeUInt32LE(written, tail.at);
  tail.at += 4 + written;
}

/** Appends an entry to the tail. */
export function encodeEntry(tail: Tail, shapes: Shapes, { prediction, current, revision, seen, held }: Entry): void {
  room(tail, 1);
  tail.bytes[tail.at] = (prediction === undefined ? 0 : PREDICTION) | (current === undefined ? 0 : CURRENT) | (revision === 0 ? 0 : REVISION) | (seen.length === 0 ? 0 : SEEN) | (held.length === 0 ? 0 : HELD);
  tail.at += 1;
  if (prediction !== undefined) {
    u32(tail, shapes.numberOf(prediction.shape));
    f64(tail, prediction.offset);
    f64(tail, prediction.timeMs);
    text(tail, prediction.text);
  }
  if (current !== undefined) {
    const category = prediction?.shape.categories.indexOf(current.label) ?? -1;
    room(tail, 2);
    tail.at = tail.bytes.writeUInt16LE(category >= 0 && category < AS_TEXT ? category : AS_TEXT, tail.at);
    if (category < 0 || category >= AS_TEXT) text(tail, current.label);
    f64(tail, current.labelledAt);
    f64(tail, current.rank);
  }
  if (revision !== 0) u32(tail, revision);
  if (seen.length > 0) u32(tail, seen.length);
  for (const id of seen) text(tail, id);
  if (held.length > 0) u32(tail, held.length);
  for (const one of held) {
    f64(tail, one.offset);
    f64(tail, one.timeMs);
    text(tail, one.feedbackId);
    room(tail, 1);
    tail.bytes[tail.at] = one.category === null ? 0 : 1;
    tail.at += 1;
    if (one.category !== null) text(tail, one.category);
    text(tail, one.source);
    u32(tail, one.value.length);
    room(tail, one.value.length);
    tail.bytes.set(one.value, tail.at);
    tail.at += one.value.length;
  }
}

/** The entry that was written at `at`. */
export function decodeEntry(bytes: Buffer, at: number, shapes: Shapes): Entry {
  let i = at;
  const readU32 = (): number => bytes.readUInt32LE((i += 4) - 4);
  const readF64 = (): number => bytes.readDoubleLE((i += 8) - 8);
  const readText = (): string => {
    const length = readU32();
    i += length;
    return bytes.toString('utf8', i - length, i);
  };
  const entry = emptyEntry();
  const has = bytes.readUInt8(i++);
  if ((has & PREDICTION) !== 0) entry.prediction = { shape: shapes.shapeAt(readU32()), offset: readF64(), timeMs: readF64(), text: readText() };
  if ((has & CURRENT) !== 0) {
    const category = bytes.readUInt16LE((i += 2) - 2);
    const known = category === AS_TEXT ? undefined : entry.prediction?.shape.categories[category];
    entry.current = { label: known ?? readText(), labelledAt: readF64(), rank: readF64() };
  }
  if ((has & REVISION) !== 0) entry.revision = readU32();
  if ((has & SEEN) !== 0) for (let n = readU32(); n > 0; n -= 1) entry.seen.push(readText());
  if ((has & HELD) === 0) return entry;
  for (let n = readU32(); n > 0; n -= 1) {
    const offset = readF64();
    const timeMs = readF64();
    const feedbackId = readText();
    const category = bytes.readUInt8(i++) === 0 ? null : readText();
    const source = readText();
    const length = readU32();
    entry.held.push({ offset, timeMs, feedbackId, category, source, value: Uint8Array.from(bytes.subarray(i, i + length)) });
    i += length;
  }
  return entry;
}
