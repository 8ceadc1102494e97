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

/** UUIDv7 (RFC 9562) from milliseconds since 1970 and 10 random bytes: ids sort by time. Throws RangeError on fewer bytes. */
export function uuidv7(nowMs: number, random: Uint8Array): string {
  if (random.length < 10) throw new RangeError(`uuidv7 needs 10 random bytes, got ${random.length}`);
  const bytes = new Uint8Array(16);
  let rest = Math.floor(nowMs);
  for (let i = 5; i >= 0; i -= 1) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Where the whole row of a run lies once it has been judged or has ended, as JSON. */
export const runUriOf = (modelName: string, runId: string): string => `s3://models/${modelName}/runs/${runId}.json`;
