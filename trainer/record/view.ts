// A row of the ledger as the outside sees it: in a list (brief) or alone (whole). Leases are our own business.
import type { Row } from './row.ts';

/** What only the process that trains knows. */
export type Running = { readonly retrainId: string | undefined; readonly stage: string };
const JSON_COLUMNS = new Set(['evidence', 'request', 'report', 'dataset_offsets', 'progress']);
const HIDDEN = new Set(['lease_token', 'lease_until']);

function plain(name: string, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (name === 'promotion_seq' && value !== null) return Number(value);
  if (!JSON_COLUMNS.has(name) || typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
/** What the request asked for, e.g. {epoch_num, train_file_s3}. */
const paramsOf = (request: unknown): unknown => plain('request', typeof request === 'object' && request !== null ? Reflect.get(request, 'params_json') : undefined) ?? {};

/** The whole row: columns that hold JSON are read, times are ISO 8601. stage: of a running training, while it is ours. */
export function wholeJob(row: Row, running: Running): Readonly<Record<string, unknown>> {
  const fields = Object.fromEntries(Object.entries(row).filter(([name]) => !HIDDEN.has(name)).map(([name, value]) => [name, plain(name, value)]));
  return { ...fields, kind: row.cause === 'rollback' ? 'rollback' : 'training', stage: row.status === 'RUNNING' && running.retrainId === row.retrain_id ? running.stage : null, params: paramsOf(fields['request']) };
}
const BRIEF = ['id', 'kind', 'retrain_id', 'cause', 'model_name', 'status', 'stage', 'outcome', 'outcome_reason', 'model_version', 'champion_version', 'promotion_seq', 'f1', 'min_f1', 'champion_f1', 'champion_min_f1', 'threshold', 'live_f1', 'params', 'progress', 'attempts', 'requested_at', 'claimed_at', 'started_at', 'finished_at', 'duration_ms', 'cancelled_at', 'approval', 'approve_until', 'report_s3'] as const;
export function briefJob(row: Row, running: Running): Readonly<Record<string, unknown>> {
  const whole = wholeJob(row, running);
  return Object.fromEntries(BRIEF.map((name) => [name, whole[name] ?? null]));
}
