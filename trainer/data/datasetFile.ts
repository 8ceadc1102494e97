// A dataset as a file: rows.csv holds every row with its part, source, time and weight, so that the file alone trains the same model again.
import { readRecords, writeCsv } from '../../schemas/csv.ts';
import { poison } from '../../schemas/failure.ts';
import type { DatasetRow, Part, Source } from './split.ts';

const COLUMNS = ['product_description', 'Category', 'part', 'source', 'said_at_ms', 'weight', 'recent'] as const;
const PARTS: readonly Part[] = ['training', 'hold_out', 'evidence'];
const SOURCES: readonly Source[] = ['base', 'given', 'label'];

export const writeDataset = (rows: readonly DatasetRow[]): string =>
  writeCsv(COLUMNS, rows.map((row) => [row.product_description, row.category, row.part, row.source, String(row.atMs), String(row.weight), row.isRecent ? '1' : '0']));

/** Throws poison `bad_dataset` when a column is missing or a row does not fit. */
export function readDataset(bytes: Uint8Array): DatasetRow[] {
  return readRecords(bytes).map((record, i) => {
    const part = PARTS.find((one) => one === record['part']);
    const source = SOURCES.find((one) => one === record['source']);
    const { product_description, Category: category, said_at_ms: at, weight, recent } = record;
    if (part === undefined || source === undefined || product_description === undefined || category === undefined || at === undefined || weight === undefined || recent === undefined) throw poison('bad_dataset', `row ${i + 2} of the dataset does not fit; its columns are ${COLUMNS.join(', ')}`);
    return { product_description, category, part, source, atMs: Number(at), weight: Number(weight), isRecent: recent === '1' };
  });
}

export type PerCategory = Readonly<Record<string, Readonly<Record<Part | 'recent', number>>>>;
/** Rows per category and part, in the order of `categories`. */
export function countPerCategory(rows: readonly DatasetRow[], categories: readonly string[]): PerCategory {
  const counts = new Map(categories.map((category) => [category, { training: 0, hold_out: 0, evidence: 0, recent: 0 }]));
  for (const { category, part, isRecent } of rows) {
    const one = counts.get(category);
    if (one === undefined) continue;
    one[part] += 1;
    if (isRecent) one.recent += 1;
  }
  return Object.fromEntries(counts);
}
