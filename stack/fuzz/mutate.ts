// Bytes that were good, changed: what a torn file, a flipped bit, a careless program or a clever one would send. Seeded, so that an input has a name: (seed, decoder, number).
import type { Random } from '../../schemas/random.ts';

/** Of an input: long texts and many rows are reached by repetition, megabytes would only cost time. */
const MAX_BYTES = 64 * 1024;
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x2c, 0x0a, 0x0d, 0x5b, 0x7b] as const;
const NUMBERS = [0, 1, -1, 2 ** 7, 2 ** 15, 2 ** 26, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 40, 2 ** 53, -(2 ** 31), -(2 ** 40)] as const;

/** Zigzag, as Avro and record batches write numbers. */
export function varintOf(value: number): number[] {
  const out: number[] = [];
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}
function fourBytes(value: number, isBig: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value >>> 0, !isBig);
  return new Uint8Array(view.buffer);
}
function put(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length - removed + added.length);
  out.set(bytes.subarray(0, at));
  out.set(added, at);
  out.set(bytes.subarray(at + removed), at + added.length);
  return out;
}

type Change = (random: Random, bytes: Uint8Array, seeds: readonly Uint8Array[], tokens: readonly Uint8Array[]) => Uint8Array;
const place = (random: Random, bytes: Uint8Array): number => random.below(bytes.length + 1);
const range = (random: Random, bytes: Uint8Array): readonly [from: number, to: number] => {
  const from = place(random, bytes);
  return [from, Math.min(bytes.length, from + 1 + random.below(random.pick([4, 32, bytes.length + 1])))];
};
const over = (bytes: Uint8Array, at: number, byte: number): Uint8Array => put(bytes, at, Math.min(1, bytes.length - at), Uint8Array.of(byte));
const CHANGES: readonly Change[] = [
  (random, bytes) => {
    const at = random.below(bytes.length);
    return over(bytes, at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
  },
  (random, bytes) => over(bytes, place(random, bytes), random.pick(EXTREMES)),
  (random, bytes) => over(bytes, place(random, bytes), random.below(256)),
  (random, bytes) => put(bytes, place(random, bytes), 0, random.bytes(1 + random.below(8))),
  (random, bytes) => {
    const [from, to] = range(random, bytes);
    return put(bytes, from, to - from, new Uint8Array());
  },
  (random, bytes) => {
    const [from, to] = range(random, bytes);
    return put(bytes, place(random, bytes), 0, bytes.slice(from, to));
  },
  (random, bytes) => bytes.slice(0, place(random, bytes)),
  (random, bytes, seeds) => {
    const other = random.pick(seeds);
    return join([bytes.slice(0, place(random, bytes)), other.slice(place(random, other))]);
  },
  (random, bytes, _seeds, tokens) => (tokens.length === 0 ? bytes : put(bytes, place(random, bytes), 0, random.pick(tokens))),
  (random, bytes) => {
    const at = place(random, bytes);
    return put(bytes, at, Math.min(random.below(3), bytes.length - at), Uint8Array.from(varintOf(random.pick(NUMBERS))));
  },
  (random, bytes) => {
    const at = place(random, bytes);
    return put(bytes, at, Math.min(4, bytes.length - at), fourBytes(random.pick(NUMBERS), random.below(2) === 0));
  },
  // Again and again, but rarely for long: quadratic work shows itself, and the run stays quick.
  (random, bytes) => {
    const [from, to] = range(random, bytes);
    const one = bytes.slice(from, Math.max(to, from + 1));
    const times = 2 + random.below(random.below(20) === 0 ? 20_000 : 40);
    return one.length === 0 ? bytes : put(bytes, from, 0, join(Array.from({ length: Math.min(times, Math.ceil(MAX_BYTES / one.length)) }, () => one)));
  },
];
export function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    out.set(one, at);
    at += one.length;
  }
  return out;
}

/** One of the seeds, changed one to five times. tokens: words that mean something to the decoder. */
export function mutate(random: Random, seeds: readonly Uint8Array[], tokens: readonly Uint8Array[]): Uint8Array {
  let bytes = random.pick(seeds);
  for (let left = 1 + random.below(5); left > 0; left -= 1) bytes = random.pick(CHANGES)(random, bytes, seeds, tokens).subarray(0, MAX_BYTES);
  return bytes;
}

/** What a disk does: bits flip, blocks are zero or old, the end is torn. */
export function damage(random: Random, bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const at = random.below(out.length);
    if (random.below(2) === 0) out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
    else out.fill(0, at, at + random.pick([1, 8, 512]));
  }
  return random.below(2) === 0 ? out : out.slice(0, random.below(out.length + 1));
}

const LEAVES: readonly unknown[] = [null, true, false, 0, -1, 0.5, 1e21, 1e308, -(2 ** 31), 2 ** 53, 24, 25, '', ' ', '__proto__', 'constructor', '../..', 's3://', '\ud800', '\u0000', 'x'.repeat(3000), [], {}, [[]], [null], { toString: 1 }];
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Another value of JSON: one place of it replaced, left out, doubled or buried. */
export function mutateJson(random: Random, value: unknown): unknown {
  if ((Array.isArray(value) && value.length > 0) || (isObject(value) && Object.keys(value).length > 0)) {
    const entries: [string, unknown][] = Object.entries(value);
    const at = random.below(entries.length);
    const [name, one] = entries[at] as [string, unknown];
    switch (random.below(12)) {
      case 0: entries.splice(at, 1); break;
      case 1: entries.push([Array.isArray(value) ? String(entries.length) : random.pick(['x', '__proto__', 'length', name.toUpperCase()]), one]); break;
      case 2: entries[at] = [random.pick(['x', 'constructor', ` ${name}`]), one]; break;
      case 3: return random.pick(LEAVES);
      default: entries[at] = [name, mutateJson(random, one)];
    }
    return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
  }
  if (random.below(10) === 0) {
    let buried = value;
    for (let depth = random.pick([1, 31, 40, 2000]); depth > 0; depth -= 1) buried = depth % 2 === 0 ? [buried] : { a: buried };
    return buried;
  }
  if (typeof value === 'number' && random.below(2) === 0) return random.pick([value + 1, value - 1, -value, value * 1e6, value / 3, ...NUMBERS]);
  if (typeof value === 'string' && random.below(2) === 0) return random.pick([value + value, value.slice(1), value.toUpperCase(), `${value}\n`, value.repeat(100).slice(0, 5000)]);
  return random.pick(LEAVES);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** JSON in bytes, changed as JSON; undefined where it is none. */
export function mutateJsonText(random: Random, bytes: Uint8Array): Uint8Array | undefined {
  try {
    return encoder.encode(JSON.stringify(mutateJson(random, JSON.parse(decoder.decode(bytes)))) ?? '');
  } catch {
    return undefined;
  }
}
/** One of the seeds, which are JSON, changed as JSON or as bytes. */
export const mutateEither = (random: Random, seeds: readonly Uint8Array[], tokens: readonly Uint8Array[]): Uint8Array =>
  (random.below(3) > 0 ? mutateJsonText(random, random.pick(seeds)) : undefined) ?? mutate(random, seeds, tokens);
