// What people say about a row: approve, decline, cancel. The first word counts.
import type { Decision } from '../gate/approval.ts';
import { LIVE, type Database } from './database.ts';
import type { Lease, Row } from './row.ts';

export function decisions({ query, change }: Database) {
  return {
    /** The passed run waits for an admin, for so long at most; no later training is blocked. Its duration is that of the training. */
    async await({ id, token }: Lease, withinMs: number): Promise<void> {
      await change(`UPDATE auto_training SET status = 'PENDING', approval = 'awaiting', approve_until = NOW(3) + INTERVAL ? MICROSECOND, duration_ms = TIMESTAMPDIFF(MICROSECOND, started_at, NOW(3)) DIV 1000, attempts = 0, lease_token = NULL, lease_until = NULL WHERE id = ? AND status = 'RUNNING' AND ${LIVE}`, [withinMs * 1000, id, token]);
    },
    /** What an admin says, once: the first word within the deadline counts. decided: now; otherwise what stands, undefined without such a run. */
    async decide({ kind, modelName, runId, by, why }: Decision): Promise<'decided' | Row | undefined> {
      const done = await change(`UPDATE auto_training SET approval = ?, decided_at = NOW(3), decided_by = ?, decided_why = ? WHERE id = ? AND model_name = ? AND status = 'PENDING' AND approval = 'awaiting' AND approve_until > NOW(3)`, [kind === 'approve' ? 'approved' : 'declined', by, why ?? null, runId, modelName]);
      return done === 1 ? 'decided' : (await query<Row>('SELECT * FROM auto_training WHERE id = ? AND model_name = ?', [runId, modelName]))[0];
    },
    /** A run taken after its deadline is declined by it. */
    async expire({ id, token }: Lease): Promise<void> {
      await change(`UPDATE auto_training SET approval = 'expired', decided_at = NOW(3) WHERE id = ? AND approval = 'awaiting' AND status = 'RUNNING' AND ${LIVE}`, [id, token]);
    },
    /** Runs that wait for an admin, the oldest first. */
    async awaiting(modelName: string): Promise<Row[]> {
      return query<Row>("SELECT * FROM auto_training WHERE model_name = ? AND status = 'PENDING' AND approval = 'awaiting' ORDER BY claimed_at, request_offset", [modelName]);
    },
    /** Marks a job that is to stop: never one that is being promoted already. */
    async cancel(id: string, by: string): Promise<'marked' | 'not open'> {
      return (await change(`UPDATE auto_training SET cancelled_at = NOW(3), cancelled_by = ? WHERE id = ? AND status IN ('PENDING', 'RUNNING') AND cause <> 'rollback' AND promotion_seq IS NULL AND cancelled_at IS NULL`, [by.slice(0, 100), id])) === 1 ? 'marked' : 'not open';
    },
    /** Ends a cancelled row nobody works on. */
    async endPending(id: string, reason: string, at: Date): Promise<boolean> {
      return (await change(`UPDATE auto_training SET status = 'FINISHED', outcome = 'cancelled', outcome_reason = ?, finished_at = ? WHERE id = ? AND status = 'PENDING' AND cancelled_at IS NOT NULL`, [reason, at, id])) === 1;
    },
  };
}
