// Hand-written readers of the three events the join and the monitor live on, for bytes written under our own schema: several times as quick as the general reader.
// A reader that meets anything unusual (bytes missing or left over, a number beyond 2^53, a list in several blocks) gives undefined; the general reader decides then.
// Names that come again and again (model, version, categories, source) are recognised by their bytes and share one string.
import type { Feedback, Labelled, Prediction, Probability, Product } from './events.ts';

/** A place in bytes. `at` beyond `to`, or negative: something was unusual. */
type Cursor = { bytes: Buffer; at: number; to: number };
const LOST = Number.NEGATIVE_INFINITY;

/** A zigzag number; makes the cursor lost when it is not whole or not exact. */
function long(c: Cursor): number {
  const { bytes } = c;
  let byte = bytes[c.at] ?? 128;
  c.at += 1;
  if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
  let value = byte & 127;
  for (let scale = 128; byte >= 128; scale *= 128) {
    // 2^53 at most: eight groups of seven bits would hold more.
    byte = scale > 2 ** 49 || c.at >= c.to ? LOST : (bytes[c.at] ?? 0);
    if (byte === LOST) {
      c.at = LOST;
      return 0;
    }
    c.at += 1;
    value += (byte & 127) * scale;
  }
  if (value >= 2 ** 53) c.at = LOST;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
/** Where a string ends; the cursor stands at its start. */
function endOfText(c: Cursor): number {
  const length = long(c);
  const end = c.at + length;
  if (length >= 0 && end <= c.to) return end;
  c.at = LOST;
  return LOST;
}
function text(c: Cursor): string {
  const end = endOfText(c);
  if (end === LOST) return '';
  const from = c.at;
  c.at = end;
  return c.bytes.toString('utf8', from, end);
}

type Known = { readonly bytes: Uint8Array; readonly text: string };
const NAMES = 256;
const MAX_NAME_BYTES = 64;
/** Recognises names by their bytes. Bounded: a name that falls on another's place takes it. */
function createNames(): (c: Cursor) => string {
  const known: (Known | undefined)[] = Array.from({ length: NAMES });
  return (c) => {
    const end = endOfText(c);
    if (end === LOST) return '';
    const { bytes, at: from } = c;
    c.at = end;
    const length = end - from;
    if (length === 0) return '';
    const place = (length * 31 + (bytes[from] ?? 0) * 7 + (bytes[from + (length >> 1)] ?? 0) * 13 + (bytes[end - 1] ?? 0)) & (NAMES - 1);
    const found = known[place];
    if (found !== undefined && found.bytes.length === length) {
      let i = 0;
      while (i < length && found.bytes[i] === bytes[from + i]) i += 1;
      if (i === length) return found.text;
    }
    const name = bytes.toString('utf8', from, end);
    if (length <= MAX_NAME_BYTES) known[place] = { bytes: Uint8Array.prototype.slice.call(bytes, from, end), text: name };
    return name;
  };
}
/** The branch of a union with null: true when there is a value. */
function present(c: Cursor): boolean {
  const branch = long(c);
  if (branch !== 0 && branch !== 1) c.at = LOST;
  return branch === 1;
}
function flag(c: Cursor): boolean {
  const byte = c.bytes[c.at] ?? 2;
  c.at = byte > 1 || c.at >= c.to ? LOST : c.at + 1;
  return byte === 1;
}
const doubles = new Float64Array(1);
const eight = new Uint8Array(doubles.buffer);
/** The schema's doubles are little-endian, and so must the machine be: elsewhere no reader here is used. */
export const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
function double(c: Cursor): number {
  const { bytes, at } = c;
  if (at + 8 > c.to) {
    c.at = LOST;
    return 0;
  }
  for (let i = 0; i < 8; i += 1) eight[i] = bytes[at + i] ?? 0;
  c.at = at + 8;
  return doubles[0] ?? 0;
}

/** Reads the Avro body at bytes[from, to). */
export type QuickReader<E> = (bytes: Buffer, from: number, to: number) => E | undefined;
const readerOf = <E>(read: (c: Cursor) => E): QuickReader<E> => {
  const cursor: Cursor = { bytes: Buffer.alloc(0), at: 0, to: 0 };
  return (bytes, from, to) => {
    cursor.bytes = bytes;
    cursor.at = from;
    cursor.to = to;
    const event = read(cursor);
    cursor.bytes = NOTHING;
    return cursor.at === to ? event : undefined;
  };
};
const NOTHING = Buffer.alloc(0);

export function quickPredictionReader(): QuickReader<Prediction> {
  const name = createNames();
  const list = (c: Cursor): Probability[] => {
    const items: Probability[] = [];
    const count = long(c);
    if (count === 0) return items;
    // Each item takes nine bytes or more.
    if (count < 0 || count * 9 > c.to - c.at) c.at = LOST;
    for (let left = count; left > 0 && c.at !== LOST; left -= 1) items.push({ category: name(c), probability: double(c) });
    if (long(c) !== 0) c.at = LOST;
    return items;
  };
  return readerOf((c) => ({
    prediction_id: text(c), model_name: name(c), model_version: name(c), product_description: text(c), category: name(c), probabilities: list(c), predicted_at: long(c), audit: flag(c),
  }));
}
const skipText = (c: Cursor): void => void (c.at = endOfText(c));
const walked: Cursor = { bytes: NOTHING, at: 0, to: 0 };
/** Where the id of the prediction at bytes[from, to) ends; -1: the bytes are none that the quick reader reads. Makes nothing of them. */
export function endOfPredictionId(bytes: Uint8Array, from: number, to: number): number {
  const c = walked;
  // No text is cut out: any bytes will do.
  [c.bytes, c.at, c.to] = [bytes as Buffer, from, to];
  skipText(c);
  const end = c.at;
  for (let texts = 0; texts < 4; texts += 1) skipText(c);
  const count = long(c);
  if (count < 0 || count * 9 > to - c.at) c.at = LOST;
  for (let left = count; left > 0 && c.at !== LOST; left -= 1) {
    skipText(c);
    c.at += 8;
  }
  if (count !== 0 && long(c) !== 0) c.at = LOST;
  long(c);
  flag(c);
  c.bytes = NOTHING;
  return c.at === to ? end : -1;
}
export function quickProductReader(): QuickReader<Product> {
  const name = createNames();
  return readerOf((c) => ({ product_id: text(c), prediction_id: present(c) ? text(c) : null, model_name: name(c), product_description: text(c), sent_at: long(c) }));
}
export function quickFeedbackReader(): QuickReader<Feedback> {
  const name = createNames();
  return readerOf((c) => ({ prediction_id: text(c), feedback_id: text(c), model_name: name(c), category: present(c) ? name(c) : null, source: name(c), given_at: long(c) }));
}
export function quickLabelledReader(): QuickReader<Labelled> {
  const name = createNames();
  return readerOf((c) => ({
    prediction_id: text(c), model_name: name(c), model_version: name(c), revision: long(c), predicted: name(c), label: present(c) ? name(c) : null, previous_label: present(c) ? name(c) : null,
    labelled_at: long(c), previous_labelled_at: present(c) ? long(c) : null, predicted_at: long(c), audit: flag(c), source: name(c),
  }));
}
