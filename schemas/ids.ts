// Ids: what a legal one looks like and how ours are made. Brands keep one kind from standing where another belongs.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };
export type PredictionId = Branded<'PredictionId'>;
export type FeedbackId = Branded<'FeedbackId'>;
export type RetrainId = Branded<'RetrainId'>;

export const ID_PATTERN = '^[A-Za-z0-9._:-]{1,128}$';
const legal = new RegExp(ID_PATTERN);
export const ID_RULE = '1 to 128 characters of A-Z a-z 0-9 . _ : -';

export const isLegalId = (text: string): boolean => legal.test(text);

/** The text as an id of the named kind, or undefined when it breaks ID_RULE. The casts are the codec of the brand. */
export const predictionIdOf = (text: string): PredictionId | undefined => (isLegalId(text) ? (text as PredictionId) : undefined);
export const feedbackIdOf = (text: string): FeedbackId | undefined => (isLegalId(text) ? (text as FeedbackId) : undefined);

/** What an episode of one model version is called: `<model>/<version>/<episode>`, episodes from 1. */
export const driftRetrainId = (modelName: string, modelVersion: string, episode: number): RetrainId => `${modelName}/${modelVersion}/${episode}` as RetrainId;
export const scheduleRetrainId = (modelName: string, slot: number): RetrainId => `${modelName}/schedule/${slot}` as RetrainId;
/** For bootstrap, human_feedback, train_csv and manual. */
export const retrainIdOf = (modelName: string, cause: string, id: string): RetrainId => `${modelName}/${cause}/${id}` as RetrainId;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const UUID_BYTES = 10;

/** UUIDv7 (RFC 9562) from milliseconds since 1970 and 10 random bytes from `at` on: ids sort by time. Throws RangeError on fewer bytes. */
export function uuidv7(nowMs: number, random: Uint8Array, at = 0): string {
  if (random.length < at + UUID_BYTES) throw new RangeError(`uuidv7 needs ${UUID_BYTES} random bytes, got ${random.length - at}`);
  const hex = (byte: number): string => HEX[byte & 0xff] ?? '';
  const r = (i: number): number => random[at + i] ?? 0;
  const ms = Math.floor(nowMs);
  const [high, low] = [Math.floor(ms / 65_536), ms & 0xffff];
  return `${hex(high >>> 24)}${hex(high >>> 16)}${hex(high >>> 8)}${hex(high)}-${hex(low >>> 8)}${hex(low)}-${hex((r(0) & 0x0f) | 0x70)}${hex(r(1))}-${hex((r(2) & 0x3f) | 0x80)}${hex(r(3))}-${hex(r(4))}${hex(r(5))}${hex(r(6))}${hex(r(7))}${hex(r(8))}${hex(r(9))}`;
}
/** Makes UUIDv7s; randomness is fetched for many at a time, each byte is used once. */
export function idSource(nowMs: () => number, fill: (bytes: Uint8Array) => void): () => string {
  const pool = new Uint8Array(UUID_BYTES * 512);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      fill(pool);
      at = 0;
    }
    at += UUID_BYTES;
    return uuidv7(nowMs(), pool, at - UUID_BYTES);
  };
}

/** Where the whole row of a run lies once it has been judged or has ended, as JSON. */
export const runUriOf = (modelName: string, runId: string): string => `s3://models/${modelName}/runs/${runId}.json`;
/** Where the whole row of a batch job lies once it has ended, as JSON. */
export const jobFileUriOf = (jobId: string): string => `s3://inference/${jobId}/job.json`;
