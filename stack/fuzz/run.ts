// The law of every decoder that meets foreign bytes: it gives something back, or a LoopError (poison or fatal) whose message names what is wrong. Never another error, never far more memory than the input.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LoopError } from '../../schemas/failure.ts';
import { createRandom, type Random } from '../../schemas/random.ts';
import { mutate } from './mutate.ts';

export type Decoder = {
  readonly name: string;
  /** Of the inputs of a long run: this many to one of the others. */
  readonly share: number;
  /** Words that mean something to it. */
  readonly tokens?: readonly string[];
  /** Valid examples that are made here, beside those of the corpus. */
  readonly seeds?: readonly Uint8Array[];
  /** How one input is made, where changing bytes is not all of it. */
  readonly make?: (random: Random, seeds: readonly Uint8Array[], tokens: readonly Uint8Array[]) => Uint8Array;
  /** What it makes of the input; throws what the decoder throws. It may throw a Broken law of its own. */
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly close?: () => void;
};
/** A law of one decoder alone does not hold. */
export class Broken extends Error {}

const CORPUS = join(import.meta.dirname, 'corpus');
export type Kept = { readonly file: string; readonly bytes: Uint8Array };
/** Files of a decoder: `valid-…` are read without an error, `found-…` were findings and are refused. */
export const corpusOf = (name: string): Kept[] => (existsSync(join(CORPUS, name)) ? readdirSync(join(CORPUS, name)).sort().map((file) => ({ file, bytes: new Uint8Array(readFileSync(join(CORPUS, name, file))) })) : []);
export const foldersOfCorpus = (): string[] => readdirSync(CORPUS).sort();

const utf8 = new TextEncoder();
export const bytesOf = (text: string): Uint8Array => utf8.encode(text);
function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
/** Inputs of a decoder by their numbers. */
export function inputsOf(decoder: Decoder, seed: number): (index: number) => Uint8Array {
  const seeds = [...corpusOf(decoder.name).map(({ bytes }) => bytes), ...(decoder.seeds ?? [])];
  const tokens = (decoder.tokens ?? []).map(bytesOf);
  const make = decoder.make ?? mutate;
  return (index) => make(createRandom(hashOf(`${seed} ${decoder.name} ${index}`)), seeds, tokens);
}

/** Beside what an input's own bytes explain. */
const ROOM_BYTES = 1_000_000;
const PER_BYTE = 200;
/** About how much a value holds; stops when it is beyond `most`. */
function sizeOf(value: unknown, most: number): number {
  let size = 0;
  const open: unknown[] = [value];
  while (open.length > 0 && size <= most) {
    const one = open.pop();
    size += 16;
    if (typeof one === 'string') size += one.length;
    else if (ArrayBuffer.isView(one)) size += one.byteLength;
    else if (one instanceof Map || one instanceof Set) open.push(...one);
    else if (Array.isArray(one)) {
      size += 8 * one.length;
      if (size <= most) open.push(...one);
    } else if (typeof one === 'object' && one !== null) open.push(...Object.values(one));
  }
  return size;
}

export type Judged = { readonly status: 'read' | 'refused' } | { readonly status: 'broken'; readonly what: string };
const brokenBy = (what: string): Judged => ({ status: 'broken', what });
export async function judge(decoder: Decoder, input: Uint8Array): Promise<Judged> {
  try {
    const most = ROOM_BYTES + PER_BYTE * input.length;
    const size = sizeOf(await decoder.decode(input), most);
    return size > most ? brokenBy(`makes more than ${most} bytes of ${input.length}`) : { status: 'read' };
  } catch (error) {
    if (error instanceof Broken) return brokenBy(error.message);
    if (!(error instanceof LoopError)) return brokenBy(`throws ${error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 4).join(' | ') : String(error)}`);
    if (error.kind === 'transient') return brokenBy(`throws a transient ${error.code}: it would be tried again for ever`);
    return error.message.length < 10 ? brokenBy(`says only '${error.message}'`) : { status: 'refused' };
  }
}

export type Finding = { readonly index: number; readonly bytes: number; readonly what: string };
/** read: of the inputs, those that were something; the others were refused, or are findings. */
export type Outcome = { readonly inputs: number; readonly read: number; readonly findings: readonly Finding[] };
/** Judges the inputs from..to. onInput: told before each one. Ends at the tenth finding. */
export async function fuzz(decoder: Decoder, { seed, from, to, onInput = () => undefined }: { readonly seed: number; readonly from: number; readonly to: number; readonly onInput?: (index: number) => void }): Promise<Outcome> {
  const inputOf = inputsOf(decoder, seed);
  const findings: Finding[] = [];
  let [index, read] = [from, 0];
  for (; index < to && findings.length < 10; index += 1) {
    onInput(index);
    const input = inputOf(index);
    const judged = await judge(decoder, input);
    if (judged.status === 'broken') findings.push({ index, bytes: input.length, what: judged.what });
    if (judged.status === 'read') read += 1;
  }
  return { inputs: index - from, read, findings };
}
