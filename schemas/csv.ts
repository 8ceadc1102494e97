// The CSV formats: columns product_description,Category (training) and product_description,HUMAN_VERIFIED_Category[,prediction_id] (verified).
import { parse } from 'csv-parse/sync';
import { messageOf, poison } from './failure.ts';

export const MAX_DESCRIPTION_CHARS = 2000;
export type CsvRow = { readonly row: number; readonly product_description: string; readonly category: string; readonly prediction_id: string | undefined };
export type CsvRefusal = { readonly row: number; readonly field: string; readonly reason: string };
export type CsvRead = { readonly rows: readonly CsvRow[]; readonly refused: readonly CsvRefusal[] };
export type LabelColumn = 'Category' | 'HUMAN_VERIFIED_Category';

/** Reads a whole file. `row` is the line's number as a person sees it (header = 1, one per record). A verified file may leave the label empty: those rows are simply not verified.
 *  Throws poison `bad_csv` when the file as a whole is unusable (encoding, syntax, missing column); single bad rows come back in `refused`. */
export function readCsv(bytes: Uint8Array, column: LabelColumn, categories: readonly string[]): CsvRead {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw poison('bad_csv', 'the file is not UTF-8; save it as UTF-8 CSV');
  }
  let records: string[][];
  try {
    records = parse(text, { bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (cause) {
    throw poison('bad_csv', `the file is not CSV: ${messageOf(cause)}`, { cause });
  }
  const [header = [], ...body] = records;
  const at = (name: string): number => header.indexOf(name);
  const missing = ['product_description', column].filter((name) => at(name) < 0);
  if (missing.length > 0) throw poison('bad_csv', `row 1: column ${missing.join(' and ')} missing; the header is '${header.join(',')}'`, { fields: { missing } });
  const known = new Set(categories);
  const rows: CsvRow[] = [];
  const refused: CsvRefusal[] = [];
  body.forEach((record, i) => {
    const row = i + 2;
    const product_description = (record[at('product_description')] ?? '').trim();
    const category = (record[at(column)] ?? '').trim();
    const id = at('prediction_id') < 0 ? '' : (record[at('prediction_id')] ?? '').trim();
    const refuse = (field: string, reason: string): void => void refused.push({ row, field, reason });
    if (record.length !== header.length) refuse('*', `has ${record.length} cells, the header has ${header.length}`);
    else if (product_description === '') refuse('product_description', 'is empty');
    else if (product_description.length > MAX_DESCRIPTION_CHARS) refuse('product_description', `is longer than ${MAX_DESCRIPTION_CHARS} characters`);
    else if (product_description.includes('\u0000')) refuse('product_description', 'is not text');
    else if (category === '' && column === 'HUMAN_VERIFIED_Category') return;
    else if (!known.has(category)) refuse(column, category === '' ? 'is empty' : `'${category}' is not one of ${categories.join(', ')}`);
    else rows.push({ row, product_description, category, prediction_id: id === '' ? undefined : id });
  });
  return { rows, refused };
}

const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
/** Training rows as a CSV file. */
export const writeTrainingCsv = (rows: readonly { readonly product_description: string; readonly category: string }[]): string =>
  `product_description,Category\n${rows.map((row) => `${cell(row.product_description)},${cell(row.category)}\n`).join('')}`;
