// How a row will stand once it has ended: its file in S3 says so before the table does, with the same words and times. Pure.
import type { Outcome, Row } from './row.ts';

/** The outcome that stands already wins. */
export function endedRow(row: Row, outcome: Outcome, reason: string, at: Date): Row {
  return {
    ...row, status: outcome === 'error' ? 'FAILED' : 'FINISHED', outcome: row.outcome ?? outcome, outcome_reason: row.outcome_reason ?? reason, finished_at: at,
    duration_ms: row.duration_ms ?? (row.started_at === null ? null : at.getTime() - row.started_at.getTime()),
  };
}
