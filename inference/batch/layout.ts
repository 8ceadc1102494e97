// Where a batch job's things lie and what they are called. Pure.
import { cell, writeCsv } from '../../schemas/csv.ts';
import { VERIFIED_SUBSET_COLUMNS } from '../../schemas/verified.ts';

/** Of the row as a spreadsheet counts it (the header is row 1): the same row has the same id in every attempt, so that readers drop what a repeated attempt sends again. */
export const predictionIdOf = (jobId: string, row: number): string => `${jobId}:${row}`;
/** A row is verified once per job. */
export const feedbackIdOf = (jobId: string, row: number): string => `${jobId}:${row}:verified`;
export const VERIFIED_SOURCE = 'verified_csv';

export const outputUriOf = (jobId: string): string => `s3://inference/${jobId}/predictions.csv`;
/** Rows that were left out, as file,row,field,reason. */
export const setAsideUriOf = (jobId: string): string => `s3://inference/${jobId}/set_aside.csv`;

export const ADDED = ['prediction_id', 'category', 'probability'] as const;
/** The header of predictions.csv: the input's columns as they are, then ours. An input column that bears one of our names comes back as input_<name>. */
export function outputHeader(header: readonly string[]): string {
  const taken = new Set<string>([...header, ...ADDED]);
  const renamed = header.map((name) => {
    if (!ADDED.some((ours) => ours === name)) return name;
    let other = `input_${name}`;
    while (taken.has(other)) other = `input_${other}`;
    taken.add(other);
    return other;
  });
  return `${[...renamed, ...ADDED].map(cell).join(',')}\n`;
}
export const SUBSET_HEADER = writeCsv(VERIFIED_SUBSET_COLUMNS, []);
export const SET_ASIDE_HEADER = writeCsv(['file', 'row', 'field', 'reason'], []);
