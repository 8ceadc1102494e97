// What ./loop rebuild says. Pure.
import type { PlainRow } from '../../schemas/rowFile.ts';
import type { Step } from './steps.ts';

export type Found = { readonly table: string; readonly steps: readonly Step[]; /** rows of MySQL that neither S3 nor Kafka tells of */ readonly extra: number };
const WORDS: Readonly<Record<Step['how'], string>> = { insert: 'to be put in', same: 'stand as they were', replace: 'wait in MySQL and are over in S3', ahead: 'are further in MySQL', differs: 'differ' };
const SHOWN = 20;
const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '-');
const nameOf = (row: PlainRow): string => text(row['retrain_id'] ?? row['job_id'] ?? row['id']);

export const countsOf = (steps: readonly Step[]): Readonly<Partial<Record<Step['how'], number>>> => Object.fromEntries([...Map.groupBy(steps, ({ how }) => how)].map(([how, list]) => [how, list.length]));
function stepLine({ how, row, columns }: Step): string {
  const seq = row['promotion_seq'];
  const what = [text(row['status'] ?? row['job_status']), text(row['outcome'] ?? row['reason']), seq == null ? '' : `promotion ${text(seq)}, ${text(row['model_version'])}`, row['f1'] == null ? '' : `F1 ${Number(row['f1']).toFixed(4)}`].filter((one) => one !== '' && one !== '-').join('  ');
  return `  ${how.padEnd(7)}  ${nameOf(row)}  ${what}${how === 'differs' ? `  differs in ${columns.join(', ')}` : ''}`;
}
/** Every table with its counts; rows that are not simply as they were, up to a few. */
export function foundLines(found: readonly Found[]): string[] {
  return found.flatMap(({ table, steps, extra }) => {
    const counts = Object.entries(countsOf(steps)).map(([how, n]) => `${n} ${WORDS[how as Step['how']]}`);
    const shown = steps.filter(({ how }) => how !== 'same');
    return [
      `${table}: ${steps.length === 0 ? 'nothing in S3 or Kafka' : counts.join(', ')}${extra === 0 ? '' : `; ${extra} only in MySQL, left alone`}`,
      ...shown.slice(0, SHOWN).map(stepLine), ...(shown.length > SHOWN ? [`  ... and ${shown.length - SHOWN} more`] : []),
    ];
  });
}
/** The champions: what Kafka says serves, and what the table will say. */
export function championLines(rows: readonly PlainRow[], kafka: ReadonlyMap<string, { readonly promotion_seq: number; readonly model_version: string }>): string[] {
  return [...kafka].map(([model, event]) => {
    const last = rows.filter((row) => row['model_name'] === model && row['promotion_seq'] != null).reduce<PlainRow | undefined>((best, row) => (best === undefined || Number(row['promotion_seq']) > Number(best['promotion_seq']) ? row : best), undefined);
    return `champion of '${model}': ${event.model_version} is promotion ${event.promotion_seq} in Kafka, ${last === undefined ? 'none' : `${text(last['model_version'])} promotion ${text(last['promotion_seq'])}`} in the table; the next one is number ${Math.max(event.promotion_seq, Number(last?.['promotion_seq'] ?? 0)) + 1}`;
  });
}
