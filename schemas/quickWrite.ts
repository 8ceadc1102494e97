// Hand-written writers of what inference and the join send: the same bytes as the general writer (for well-formed text), several times as quickly. A writer that meets a value of another type gives
// undefined; the general writer decides then, and names the field.
import type { Example, Feedback, Labelled, Prediction } from './events.ts';

/** Where events are written one after the other; what was given out stays untouched. */
type Slab = { bytes: Buffer; at: number; odd: boolean };
const SLAB_BYTES = 256 * 1024;
const HEADER_BYTES = 5;

function long(s: Slab, value: number): void {
  if (!Number.isSafeInteger(value) || value >= 2 ** 52 || value < -(2 ** 52)) {
    s.odd = true;
    return;
  }
  const { bytes } = s;
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  while (rest >= 2 ** 31) {
    bytes[s.at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 128) {
    bytes[s.at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[s.at++] = rest;
}
function text(s: Slab, value: string): void {
  if (typeof value !== 'string') {
    s.odd = true;
    return;
  }
  const start = s.at;
  const { length } = value;
  long(s, length);
  const { bytes } = s;
  const from = s.at;
  for (let i = 0; i < length; i += 1) {
    const unit = value.charCodeAt(i);
    if (unit >= 128) {
      s.at = start;
      long(s, Buffer.byteLength(value));
      s.at += bytes.write(value, s.at);
      return;
    }
    bytes[from + i] = unit;
  }
  s.at = from + length;
}
function maybeText(s: Slab, value: string | null): void {
  if (value === null) return long(s, 0);
  long(s, 1);
  text(s, value);
}
function maybeLong(s: Slab, value: number | null): void {
  if (value === null) return long(s, 0);
  long(s, 1);
  long(s, value);
}
function flag(s: Slab, value: boolean): void {
  if (typeof value !== 'boolean') s.odd = true;
  s.bytes[s.at++] = value ? 1 : 0;
}
function double(s: Slab, value: number): void {
  if (typeof value !== 'number') {
    s.odd = true;
    return;
  }
  s.at = s.bytes.writeDoubleLE(value, s.at);
}
function int(s: Slab, value: number): void {
  if ((value | 0) !== value) s.odd = true;
  long(s, value);
}

/** The event in wire format under a schema id. */
export type QuickWriter<E> = (event: E, schemaId: number) => Buffer | undefined;
/** bound: bytes the event takes at most. */
const writerOf = <E>(bound: (event: E) => number, write: (s: Slab, event: E) => void): QuickWriter<E> => {
  const slab: Slab = { bytes: Buffer.alloc(0), at: 0, odd: false };
  return (event, schemaId) => {
    const room = bound(event) + HEADER_BYTES;
    // NaN: something that is no text.
    if (!(room >= 0)) return undefined;
    if (slab.at + room > slab.bytes.length) {
      slab.bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, room));
      slab.at = 0;
    }
    const from = slab.at;
    const { bytes } = slab;
    bytes[from] = 0;
    bytes.writeUInt32BE(schemaId, from + 1);
    slab.at += HEADER_BYTES;
    slab.odd = false;
    write(slab, event);
    if (!slab.odd) return bytes.subarray(from, slab.at);
    slab.at = from;
    return undefined;
  };
};
/** Of a UTF-16 unit; and of the numbers, flags and lengths beside the texts. */
const BYTES_PER_UNIT = 3;
const REST_BYTES = 128;
/** NaN for what is no text: the types promise otherwise, the wire does not. */
const units = (value: string | null): number => (value === null ? 0 : typeof value === 'string' ? value.length : Number.NaN);

export const quickLabelledWriter = (): QuickWriter<Labelled> => writerOf(
  (e) => REST_BYTES + BYTES_PER_UNIT * (units(e.prediction_id) + units(e.model_name) + units(e.model_version) + units(e.predicted) + units(e.label) + units(e.previous_label) + units(e.source)),
  (s, e) => {
    text(s, e.prediction_id);
    text(s, e.model_name);
    text(s, e.model_version);
    int(s, e.revision);
    text(s, e.predicted);
    maybeText(s, e.label);
    maybeText(s, e.previous_label);
    long(s, e.labelled_at);
    maybeLong(s, e.previous_labelled_at);
    long(s, e.predicted_at);
    flag(s, e.audit);
    text(s, e.source);
  },
);
export const quickExampleWriter = (): QuickWriter<Example> => writerOf(
  (e) => REST_BYTES + BYTES_PER_UNIT * (units(e.prediction_id) + units(e.model_name) + units(e.model_version) + units(e.product_description) + units(e.label) + units(e.predicted) + units(e.source)),
  (s, e) => {
    text(s, e.prediction_id);
    text(s, e.model_name);
    text(s, e.model_version);
    text(s, e.product_description);
    text(s, e.label);
    text(s, e.predicted);
    int(s, e.revision);
    long(s, e.labelled_at);
    long(s, e.predicted_at);
    text(s, e.source);
  },
);

/** Of one category: the length of its name, and its probability. */
const PROBABILITY_BYTES = 18;
/** The list of probabilities as bytes. One model's events name the same categories in the same order, so the names of the last list are kept as they were written and only the numbers change. */
function createProbabilities(): { most(list: Prediction['probabilities']): number; write(s: Slab, list: Prediction['probabilities']): void } {
  let names: readonly string[] = [];
  /** The list with its count, and where in it each number goes. */
  let written: Buffer = Buffer.alloc(0);
  let numbersAt: readonly number[] = [];
  const isKnown = (list: Prediction['probabilities']): boolean => {
    if (list.length !== names.length) return false;
    for (let i = 0; i < names.length; i += 1) if (list[i]?.category !== names[i]) return false;
    return true;
  };
  function learn(s: Slab, list: Prediction['probabilities']): void {
    const start = s.at;
    const found: number[] = [];
    if (list.length > 0) long(s, list.length);
    for (const { category, probability } of list) {
      text(s, category);
      found.push(s.at - start);
      double(s, probability);
    }
    // What is no text or no number is nobody's pattern.
    if (s.odd) return;
    names = list.map(({ category }) => category);
    written = Buffer.from(s.bytes.subarray(start, s.at));
    numbersAt = found;
  }
  return {
    most: (list) => {
      if (!Array.isArray(list)) return Number.NaN;
      if (isKnown(list)) return written.length;
      let most = 0;
      for (const one of list) most += PROBABILITY_BYTES + BYTES_PER_UNIT * units(one.category);
      return most;
    },
    write(s, list) {
      if (!isKnown(list)) return learn(s, list);
      const { at, bytes } = s;
      bytes.set(written, at);
      for (let i = 0; i < numbersAt.length; i += 1) {
        s.at = at + (numbersAt[i] ?? 0);
        double(s, (list[i] as Prediction['probabilities'][number]).probability);
      }
      s.at = at + written.length;
    },
  };
}
export const quickPredictionWriter = (): QuickWriter<Prediction> => {
  const probabilities = createProbabilities();
  return writerOf(
    (e) => REST_BYTES + BYTES_PER_UNIT * (units(e.prediction_id) + units(e.model_name) + units(e.model_version) + units(e.product_description) + units(e.category)) + probabilities.most(e.probabilities),
    (s, e) => {
      text(s, e.prediction_id);
      text(s, e.model_name);
      text(s, e.model_version);
      text(s, e.product_description);
      text(s, e.category);
      probabilities.write(s, e.probabilities);
      long(s, 0);
      long(s, e.predicted_at);
      flag(s, e.audit);
    },
  );
};
export const quickFeedbackWriter = (): QuickWriter<Feedback> => writerOf(
  (e) => REST_BYTES + BYTES_PER_UNIT * (units(e.prediction_id) + units(e.feedback_id) + units(e.model_name) + units(e.category) + units(e.source)),
  (s, e) => {
    text(s, e.prediction_id);
    text(s, e.feedback_id);
    text(s, e.model_name);
    maybeText(s, e.category);
    text(s, e.source);
    long(s, e.given_at);
  },
);
