// The file of a run in S3: its whole row, so that the table can be made again from the bucket. Pure. Written when the run has been judged, waits for an approval, has ended, or its model has been removed.
import { poison } from '../../schemas/failure.ts';
import type { Outcome, Row } from './row.ts';

export type Plain = string | number | boolean | null;
export type PlainRow = Readonly<Record<string, Plain>>;
/** metrics: its row of model_metrics, where it was trained. */
export type RunFile = { readonly row: PlainRow; readonly metrics: PlainRow | undefined };

/** Who works on a row is nobody's business once it lies in a file. */
const NOT_KEPT = new Set(['lease_token', 'lease_until']);
const METRICS = 'model_metrics';
const isPlain = (value: unknown): value is Plain => value === null || ['string', 'number', 'boolean'].includes(typeof value);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Times as ISO 8601, as JSON writes them. Throws RangeError on what no table of ours holds. */
export function plainRow(row: object): PlainRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !NOT_KEPT.has(name)).map(([name, value]: [string, unknown]) => {
    const plain = value instanceof Object && 'toISOString' in value && typeof value.toISOString === 'function' ? (value.toISOString() as unknown) : (value ?? null);
    if (!isPlain(plain)) throw new RangeError(`column ${name} holds no plain value`);
    return [name, plain];
  }));
}
export const runFileText = (row: object, metrics: object | undefined): string => JSON.stringify({ ...plainRow(row), [METRICS]: metrics === undefined ? null : plainRow(metrics) }, null, 2);

/** The row as it will stand once it has ended: the outcome that stands already wins. */
export function endedRow(row: Row, outcome: Outcome, reason: string, at: Date): Row {
  return {
    ...row, status: outcome === 'error' ? 'FAILED' : 'FINISHED', outcome: row.outcome ?? outcome, outcome_reason: row.outcome_reason ?? reason, finished_at: at,
    duration_ms: row.duration_ms ?? (row.started_at === null ? null : at.getTime() - row.started_at.getTime()),
  };
}

const NEEDED = ['id', 'retrain_id', 'model_name', 'cause', 'status', 'request', 'requested_at', 'claimed_at'] as const;
/** Throws poison `bad_run_file` naming what is wrong. */
export function readRunFile(uri: string, text: string): RunFile {
  const bad = (why: string): never => {
    throw poison('bad_run_file', `${uri} is no file of a run: ${why}`);
  };
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return bad('it is not JSON');
  }
  if (!isObject(read)) return bad('it is not an object');
  const plain = (of: object): PlainRow => Object.fromEntries(Object.entries(of).filter(([name]) => name !== METRICS && !NOT_KEPT.has(name)).map(([name, value]: [string, unknown]) => [name, isPlain(value) ? value : bad(`${name} is not a plain value`)]));
  const row = plain(read);
  for (const name of NEEDED) if (typeof row[name] !== 'string' || row[name] === '') bad(`${name} is missing`);
  const metrics: unknown = Reflect.get(read, METRICS);
  return { row, metrics: isObject(metrics) ? plain(metrics) : undefined };
}
