// What the rows of a file become: checked in a first pass, scored in a second. Pure; both passes see the same rows in the same way.
import { isAudited } from '../../schemas/audit.ts';
import { cell, checkRecord, columnsOf, SHOWN, type CsvColumns, type CsvRefusal } from '../../schemas/csv.ts';
import type { CsvRecord } from '../../schemas/csvSplit.ts';
import type { Feedback, Prediction, Probability } from '../../schemas/events.ts';
import type { Scorer } from '../../schemas/scorer.ts';
import { feedbackIdOf, predictionIdOf, VERIFIED_SOURCE } from './layout.ts';

/** The header of a file to predict; our own id takes the place of a prediction_id column. Throws poison `bad_csv`. */
export const headerOf = (record: CsvRecord): CsvColumns => ({ ...columnsOf(record.cells, 'HUMAN_VERIFIED_Category', true), id: -1 });

/** What the first pass finds. */
export type Census = { readonly rows: number; readonly bad: number; /** of the bad ones, for the reason */ readonly first: readonly CsvRefusal[] };
export const EMPTY_CENSUS: Census = { rows: 0, bad: 0, first: [] };
/** census with these records counted; firstRow: the number of the first one. */
export function count(census: Census, records: readonly CsvRecord[], firstRow: number, columns: CsvColumns, known: ReadonlySet<string>): Census {
  let { rows, bad } = census;
  const first = [...census.first];
  for (let i = 0; i < records.length; i += 1) {
    const read = checkRecord(records[i]?.cells ?? [], columns, known);
    if (read === undefined) continue;
    rows += 1;
    if (!('reason' in read)) continue;
    bad += 1;
    if (first.length <= SHOWN) first.push({ row: firstRow + i, ...read });
  }
  return { rows, bad, first };
}

export type Scoring = {
  readonly jobId: string; readonly inputUri: string; readonly columns: CsvColumns; readonly known: ReadonlySet<string>; readonly modelName: string; readonly modelVersion: string; readonly categories: readonly string[]; readonly score: Scorer; readonly auditRate: number;
  /** when the job was ordered: what a verified row says was said then, in every attempt */
  readonly saidAtMs: number;
};
export type Block = {
  readonly predictions: readonly Prediction[]; readonly feedback: readonly Feedback[]; readonly bad: number;
  /** of the verified rows */ readonly pairs: readonly (readonly [label: string, predicted: string])[];
  /** lines for predictions.csv, for the verified subset, and for the list of what was set aside */
  readonly lines: string; readonly subset: string; readonly setAside: string;
};
const DIGITS = 6;

/** Predictions, feedback and lines of these records; nowMs: when they were predicted. */
export function scoreRows(records: readonly CsvRecord[], firstRow: number, scoring: Scoring, nowMs: number): Block {
  const { jobId, inputUri, columns, known, modelName, modelVersion, categories, score, auditRate, saidAtMs } = scoring;
  const predictions: Prediction[] = [];
  const feedback: Feedback[] = [];
  const pairs: (readonly [string, string])[] = [];
  let [lines, subset, setAside, bad] = ['', '', '', 0];
  for (let i = 0; i < records.length; i += 1) {
    const record = records[i];
    const read = record === undefined ? undefined : checkRecord(record.cells, columns, known);
    if (record === undefined || read === undefined) continue;
    const row = firstRow + i;
    if ('reason' in read) {
      bad += 1;
      setAside += `${cell(inputUri)},${row},${cell(read.field)},${cell(read.reason)}\n`;
      continue;
    }
    const id = predictionIdOf(jobId, row);
    const { category, probabilities } = score(read.product_description);
    const list: Probability[] = [];
    let top = 0;
    for (let c = 0; c < categories.length; c += 1) {
      const probability = probabilities[c] ?? 0;
      if (probability > top) top = probability;
      list.push({ category: categories[c] ?? '', probability });
    }
    predictions.push({ prediction_id: id, model_name: modelName, model_version: modelVersion, product_description: read.product_description, category, probabilities: list, predicted_at: nowMs, audit: isAudited(id, auditRate) });
    lines += `${record.raw},${id},${cell(category)},${top.toFixed(DIGITS)}\n`;
    if (read.category === undefined) continue;
    feedback.push({ prediction_id: id, feedback_id: feedbackIdOf(jobId, row), model_name: modelName, category: read.category, source: VERIFIED_SOURCE, given_at: saidAtMs });
    pairs.push([read.category, category]);
    subset += `${cell(read.product_description)},${cell(read.category)},${id}\n`;
  }
  return { predictions, feedback, bad, pairs, lines, subset, setAside };
}
