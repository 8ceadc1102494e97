// Verified rows: which become feedback on a prediction, and what the subset to train on is. Pure; the ids are a function of what was verified, so that doing a file twice is doing it once.
import { writeCsv, type CsvRow } from '../../schemas/csv.ts';
import { VERIFIED_SUBSET_COLUMNS } from '../../schemas/verified.ts';
import type { Feedback } from '../../schemas/events.ts';

export type VerifiedFile = { readonly uri: string; readonly rows: readonly CsvRow[] };
/** Hex SHA-256; an argument, because hashing is not pure here. */
type Sha256 = (text: string) => string;
export const VERIFIED_SOURCE = 'human_feedback';

/** The same row of the same file gives the same id: verified again, it is no second label. Another file, or another category, is another word. */
export const feedbackIdOf = (uri: string, predictionId: string, category: string, sha256: Sha256): string => `verified-${sha256(JSON.stringify([uri, predictionId, category])).slice(0, 32)}`;

/** One event per row that names its prediction, in the order of the files. */
export const feedbackOf = (files: readonly VerifiedFile[], modelName: string, givenAtMs: number, sha256: Sha256): Feedback[] =>
  files.flatMap(({ uri, rows }) => rows.flatMap(({ prediction_id, category }): Feedback[] =>
    prediction_id === undefined ? [] : [{ prediction_id, feedback_id: feedbackIdOf(uri, prediction_id, category, sha256), model_name: modelName, category, source: VERIFIED_SOURCE, given_at: givenAtMs }]));

/** The verified rows as one training file; train/csv takes it too. */
export const subsetCsv = (files: readonly VerifiedFile[]): string =>
  writeCsv(VERIFIED_SUBSET_COLUMNS, files.flatMap(({ rows }) => rows.map((row) => [row.product_description, row.category, row.prediction_id ?? ''])));
