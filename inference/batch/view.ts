// A row of `jobs` as the outside sees it. Pure. `status` and `outcome` speak the words of all jobs; `job_status` those of the table.
import type { BatchRow } from './ledger.ts';

export type Status = 'PENDING' | 'RUNNING' | 'FINISHED' | 'FAILED';
const WORDS: Readonly<Record<string, { readonly status: Status; readonly outcome: 'predicted' | 'error' | 'cancelled' | null }>> = {
  STATUS_PENDING: { status: 'PENDING', outcome: null }, STATUS_RUNNING: { status: 'RUNNING', outcome: null }, STATUS_FINISHED: { status: 'FINISHED', outcome: 'predicted' },
  STATUS_FAILED: { status: 'FAILED', outcome: 'error' }, STATUS_CANCELLED: { status: 'FINISHED', outcome: 'cancelled' },
};
/** The table's words for a status of all jobs. */
export const jobStatusesOf = (status: string): BatchRow['job_status'][] => (Object.keys(WORDS) as BatchRow['job_status'][]).filter((word) => WORDS[word]?.status === status);
const time = (value: Date | null): string | null => value?.toISOString() ?? null;
const number = (value: number | null): number | null => (value === null ? null : Number(value));

export function batchView(row: BatchRow) {
  return {
    id: row.job_id, kind: 'batch' as const, job_id: row.job_id, ...(WORDS[row.job_status] ?? { status: 'FAILED' as const, outcome: null }), job_status: row.job_status, outcome_reason: row.reason,
    model_name: row.model_name, model_version: row.model_version, input_file_s3: row.input_file_s3, output_file_s3: row.output_file_s3, set_aside_s3: row.set_aside_s3, verified_subset_s3: row.verified_subset_s3, on_bad_rows: row.on_bad_rows,
    rows_done: number(row.rows_done), rows_total: number(row.rows_total), rows_bad: number(row.rows_bad), rows_verified: number(row.rows_verified), rows_per_second: row.rows_per_second,
    f1: row.f1, min_f1: row.min_f1, latency_avg_ms: row.latency_avg_ms, attempts: row.attempts,
    requested_at: time(row.requested_at ?? row.start_time), started_at: time(row.start_time), finished_at: time(row.end_time), cancelled_at: time(row.cancelled_at), cancelled_by: row.cancelled_by,
    duration_ms: row.start_time === null || row.end_time === null ? null : row.end_time.getTime() - row.start_time.getTime(),
  };
}
export type BatchView = ReturnType<typeof batchView>;
