// A row of a table as a file in S3, so that the table can be made again from the bucket: all its columns, times as ISO 8601, beside its row of model_metrics. Pure.
import { poison } from './failure.ts';
import { isObject, objectIn } from './objectIn.ts';

export type Plain = string | number | boolean | null;
export type PlainRow = Readonly<Record<string, Plain>>;
/** metrics: its row of model_metrics, where it has one. */
export type RowFile = { readonly row: PlainRow; readonly metrics: PlainRow | undefined };

/** Who works on a row is nobody's business once it lies in a file. */
const NOT_KEPT = new Set(['lease_token', 'lease_until']);
const METRICS = 'model_metrics';
const isPlain = (value: unknown): value is Plain => value === null || ['string', 'number', 'boolean'].includes(typeof value);
const isTime = (value: unknown): value is { toISOString(): string } => isObject(value) && typeof Reflect.get(value, 'toISOString') === 'function';

/** Throws RangeError on what no table of ours holds. */
export function plainRow(row: object): PlainRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !NOT_KEPT.has(name)).map(([name, value]: [string, unknown]) => {
    const plain = isTime(value) ? value.toISOString() : (value ?? null);
    if (!isPlain(plain)) throw new RangeError(`column ${name} holds no plain value`);
    return [name, plain];
  }));
}
export const rowFileText = (row: object, metrics: object | undefined): string => JSON.stringify({ ...plainRow(row), [METRICS]: metrics === undefined ? null : plainRow(metrics) }, null, 2);

const RUN = ['id', 'retrain_id', 'model_name', 'cause', 'status', 'request', 'requested_at', 'claimed_at'];
const JOB = ['job_id', 'job_status'];
function read(uri: string, text: string, kind: string, needed: readonly string[]): RowFile {
  const bad = (why: string): never => {
    throw poison('bad_row_file', `${uri} is no file of ${kind}: ${why}`);
  };
  const parsed = objectIn(text, bad);
  const plain = (of: object): PlainRow => Object.fromEntries(Object.entries(of).filter(([name]) => name !== METRICS && !NOT_KEPT.has(name)).map(([name, value]: [string, unknown]) => [name, isPlain(value) ? value : bad(`${name} is not a plain value`)]));
  const row = plain(parsed);
  for (const name of needed) if (!Object.hasOwn(row, name) || typeof row[name] !== 'string' || row[name] === '') bad(`${name} is missing`);
  const metrics: unknown = Reflect.get(parsed, METRICS);
  return { row, metrics: isObject(metrics) ? plain(metrics) : undefined };
}
/** Both throw poison `bad_row_file` naming the object and what is wrong. */
export const readRunFile = (uri: string, text: string): RowFile => read(uri, text, 'a run', RUN);
export const readJobFile = (uri: string, text: string): RowFile => read(uri, text, 'a batch job', JOB);
