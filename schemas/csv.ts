// The CSV formats: columns product_description,Category (training) and product_description,HUMAN_VERIFIED_Category[,prediction_id] (verified).
import { CsvError, parse } from 'csv-parse/sync';
import { messageOf, poison } from './failure.ts';
import { ID_RULE, isLegalId } from './ids.ts';

export const MAX_DESCRIPTION_CHARS = 2000;
export type CsvRow = { readonly row: number; readonly product_description: string; readonly category: string; readonly prediction_id: string | undefined };
export type CsvRefusal = { readonly row: number; readonly field: string; readonly reason: string };
export type CsvRead = { readonly rows: readonly CsvRow[]; readonly refused: readonly CsvRefusal[] };
export type LabelColumn = 'Category' | 'HUMAN_VERIFIED_Category';
/** What programs write where nothing stood. */
const NOTHING = new Set(['', 'nan', 'null', 'none', 'n/a', '#n/a']);
/** Of the longest of them. */
export const MAX_EMPTY_CHARS = 4;
const isNothing = (text: string): boolean => text.length <= MAX_EMPTY_CHARS && NOTHING.has(text.toLowerCase());
const emptyAs = (text: string): string => (text === '' ? 'is empty' : `is empty ('${text}')`);

const recordsOf = (text: string): string[][] => parse(text, { bom: true, relax_column_count: true });

/** Where a file's columns stand; -1: there is no such column. */
export type CsvColumns = { readonly width: number; readonly text: number; readonly label: number; readonly labelName: LabelColumn; readonly id: number };
/** Finds the columns in the header (row 1). optional: a file without the label column will do. Throws poison `bad_csv` where one is missing or stands twice. */
export function columnsOf(header: readonly string[], column: LabelColumn, optional = false): CsvColumns {
  const at = (name: string): number => header.indexOf(name);
  const missing = ['product_description', ...(optional ? [] : [column])].filter((name) => at(name) < 0);
  if (missing.length > 0) throw poison('bad_csv', `row 1: column ${missing.join(' and ')} missing; the header is '${header.join(',').slice(0, 200)}'`, { fields: { missing } });
  const twice = ['product_description', column, 'prediction_id'].find((name) => header.lastIndexOf(name) !== at(name));
  if (twice !== undefined) throw poison('bad_csv', `row 1: column ${twice} stands twice`);
  return { width: header.length, text: at('product_description'), label: at(column), labelName: column, id: at('prediction_id') };
}
/** A row that can be used. category undefined: it has no label, which only a verified file may leave out. */
export type CsvUsable = { readonly product_description: string; readonly category: string | undefined; readonly prediction_id: string | undefined };
export type CsvUnusable = { readonly field: string; readonly reason: string };
/** What a row below the header is: undefined when it is blank. */
export function checkRecord(record: readonly string[], { width, text, label, labelName, id }: CsvColumns, known: ReadonlySet<string>): CsvUsable | CsvUnusable | undefined {
  if (record.length === 1 && record[0]?.trim() === '') return undefined;
  if (record.length !== width) return { field: '*', reason: `has ${record.length} cells, the header has ${width}` };
  const product_description = (record[text] ?? '').trim();
  if (isNothing(product_description)) return { field: 'product_description', reason: emptyAs(product_description) };
  if (product_description.length > MAX_DESCRIPTION_CHARS) return { field: 'product_description', reason: `is longer than ${MAX_DESCRIPTION_CHARS} characters` };
  if (product_description.includes('\u0000')) return { field: 'product_description', reason: 'is not text' };
  const category = label < 0 ? '' : (record[label] ?? '').trim();
  if (labelName === 'HUMAN_VERIFIED_Category' && isNothing(category)) return { product_description, category: undefined, prediction_id: undefined };
  if (!known.has(category)) return { field: labelName, reason: isNothing(category) ? emptyAs(category) : `'${category.slice(0, 100)}' is not one of ${[...known].join(', ')}` };
  const given = id < 0 ? '' : (record[id] ?? '').trim();
  if (!isNothing(given) && !isLegalId(given)) return { field: 'prediction_id', reason: `'${given.slice(0, 150)}' is not an id: ${ID_RULE}` };
  return { product_description, category, prediction_id: isNothing(given) ? undefined : given };
}

/** Reads a whole file. `row` is the row as a spreadsheet counts (header = 1; blank rows count). A verified file may leave the label empty: those rows are simply not verified.
 *  Throws poison `bad_csv` when the file as a whole is unusable (encoding, syntax, missing column); single bad rows come back in `refused`. */
export function readCsv(bytes: Uint8Array, column: LabelColumn, categories: readonly string[]): CsvRead {
  const [header = [], ...body] = parsed(bytes);
  const columns = columnsOf(header, column);
  const known = new Set(categories);
  const rows: CsvRow[] = [];
  const refused: CsvRefusal[] = [];
  body.forEach((record, i) => {
    const read = checkRecord(record, columns, known);
    if (read === undefined) return;
    if ('reason' in read) refused.push({ row: i + 2, ...read });
    else if (read.category !== undefined) rows.push({ row: i + 2, product_description: read.product_description, category: read.category, prediction_id: read.prediction_id });
  });
  return { rows, refused };
}

/** Throws poison `bad_csv` with row and column. */
function parsed(bytes: Uint8Array): string[][] {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw poison('bad_csv', 'row 1: the file is UTF-16; save it as UTF-8 CSV');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw poison('bad_csv', `${whereNotUtf8(bytes)} is not UTF-8; save the file as UTF-8 CSV`);
  }
  try {
    return recordsOf(text);
  } catch (cause) {
    const at = cause instanceof CsvError ? [cause['lines'], cause['column']] : [];
    const [row, column] = at;
    throw poison('bad_csv', `${typeof row === 'number' ? `row ${row}${typeof column === 'number' ? `, column ${column + 1}` : ''}: ` : ''}the file is not CSV: ${messageOf(cause)}`, { cause });
  }
}
/** Row and column of the first bytes that are no UTF-8. */
function whereNotUtf8(bytes: Uint8Array): string {
  const REPLACED = '\uFFFD';
  try {
    const records = recordsOf(new TextDecoder('utf-8').decode(bytes));
    const row = records.findIndex((record) => record.some((cell) => cell.includes(REPLACED)));
    const column = records[row]?.findIndex((cell) => cell.includes(REPLACED)) ?? -1;
    if (row >= 0) return `row ${row + 1}: column ${records[0]?.[column] ?? column + 1}`;
  } catch {
    // No CSV either: the encoding is told first.
  }
  return 'the file';
}

export const SHOWN = 3;
/** In words: how many of `total` rows, and the first few with row and column. '' when nothing is refused. count: when `refused` holds only the first ones. */
export function refusalText(refused: readonly CsvRefusal[], total: number, count = refused.length): string {
  if (count === 0) return '';
  const shown = refused.slice(0, SHOWN).map(({ row, field, reason }) => (field === '*' ? `row ${row} ${reason}` : `row ${row}, ${field} ${reason}`)).join('; ');
  return `${count} of ${total} rows: ${shown}${count > SHOWN ? '; …' : ''}`;
}

/** A text as one cell. */
export const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
/** One line per row, the header first. */
export const writeCsv = (header: readonly string[], rows: readonly (readonly string[])[]): string => [header, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');
/** Training rows as a CSV file. */
export const writeTrainingCsv = (rows: readonly { readonly product_description: string; readonly category: string }[]): string =>
  writeCsv(['product_description', 'Category'], rows.map((row) => [row.product_description, row.category]));
/** Rows of a file we wrote ourselves, by column name. Throws poison `bad_csv`. */
export function readRecords(bytes: Uint8Array): Readonly<Record<string, string>>[] {
  const [header = [], ...body] = parsed(bytes);
  return body.map((record) => Object.fromEntries(header.map((name, i) => [name, record[i] ?? ''])));
}
