// What the rows of a file become: checked in a first pass, scored in a second. Pure; both passes see the same rows in the same way.
import { isAudited } from '../../schemas/audit.ts';
import { cell, checkRecord, columnsOf, SHOWN, type CsvColumns, type CsvRefusal } from '../../schemas/csv.ts';
import type { CsvRecord } from '../../schemas/csvSplit.ts';
import type { Feedback, Prediction } from '../../schemas/events.ts';
import type { Scorer } from '../../schemas/scorer.ts';
import { feedbackIdOf, predictionIdOf, VERIFIED_SOURCE } from './layout.ts';

/** The header of a file to predict; our own id takes the place of a prediction_id column. Throws poison `bad_csv`. */
export const headerOf = (record: CsvRecord): CsvColumns => ({ ...columnsOf(record.cells, 'HUMAN_VERIFIED_Category', true), id: -1 });

/** What the first pass finds. */
export type Census = { readonly rows: number; readonly bad: number; /** of the bad ones, for the reason */ readonly first: readonly CsvRefusal[] };
export const EMPTY_CENSUS: Census = { rows: 0, bad: 0, first: [] };
/** firstRow: the number of the first record. */
export function count(records: readonly CsvRecord[], firstRow: number, columns: CsvColumns, known: ReadonlySet<string>): Census {
  let [rows, bad] = [0, 0];
  const first: CsvRefusal[] = [];
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
export const sumOf = (a: Census, b: Census): Census => ({ rows: a.rows + b.rows, bad: a.bad + b.bad, first: b.bad === 0 ? a.first : [...a.first, ...b.first].slice(0, SHOWN + 1) });

export type Scoring = {
  readonly jobId: string; readonly inputUri: string; readonly columns: CsvColumns; readonly known: ReadonlySet<string>; readonly modelName: string; readonly modelVersion: string; readonly categories: readonly string[]; readonly score: Scorer; readonly auditRate: number;
  /** when the job was ordered: what a verified row says was said then, in every attempt */
  readonly saidAtMs: number;
};
/** Hears of each event in the order of the rows; a prediction is written over by the next one. */
export type Sink = { prediction(event: Prediction): void; feedback(event: Feedback): void };
/** How often people said `label` where the model said `predicted`. */
export type Pairs = readonly (readonly [label: string, predicted: string, count: number])[];
export type Scored = {
  readonly rows: number; readonly bad: number;
  /** of the verified rows */ readonly pairs: Pairs;
  /** lines for predictions.csv, for the verified subset, and for the list of what was set aside */
  readonly lines: string; readonly subset: string; readonly setAside: string;
};
const DIGITS = 6;

/** Events and lines of these records; nowMs: when they were predicted. */
export function scoreRows(records: readonly CsvRecord[], firstRow: number, scoring: Scoring, nowMs: number, sink: Sink): Scored {
  const { jobId, inputUri, columns, known, modelName, modelVersion, categories, score, auditRate, saidAtMs } = scoring;
  const list = categories.map((category): { category: string; probability: number } => ({ category, probability: 0 }));
  const cells = new Map(categories.map((category) => [category, cell(category)]));
  const pairs = new Map<string, [label: string, predicted: string, count: number]>();
  let [lines, subset, setAside, rows, bad] = ['', '', '', 0, 0];
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
    rows += 1;
    const id = predictionIdOf(jobId, row);
    const { category, probabilities } = score(read.product_description);
    let top = 0;
    for (let c = 0; c < list.length; c += 1) {
      const probability = probabilities[c] ?? 0;
      if (probability > top) top = probability;
      const one = list[c];
      if (one !== undefined) one.probability = probability;
    }
    sink.prediction({ prediction_id: id, model_name: modelName, model_version: modelVersion, product_description: read.product_description, category, probabilities: list, predicted_at: nowMs, audit: isAudited(id, auditRate) });
    lines += `${record.raw},${id},${cells.get(category) ?? ''},${top.toFixed(DIGITS)}\n`;
    if (read.category === undefined) continue;
    sink.feedback({ prediction_id: id, feedback_id: feedbackIdOf(jobId, row), model_name: modelName, category: read.category, source: VERIFIED_SOURCE, given_at: saidAtMs });
    const key = `${read.category}\n${category}`;
    pairs.set(key, [read.category, category, (pairs.get(key)?.[2] ?? 0) + 1]);
    subset += `${cell(read.product_description)},${cell(read.category)},${id}\n`;
  }
  return { rows, bad, pairs: [...pairs.values()], lines, subset, setAside };
}
