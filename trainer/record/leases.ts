// Rows and who works on them: claimed once (UNIQUE retrain_id), worked on under a lease in database time, ended once.
import { randomUUID } from 'node:crypto';
import { sha256 } from '../../consumers/sha256.ts';
import type { RetrainRequested } from '../../schemas/events.ts';
import type { Settings } from '../../schemas/settings.ts';
import { rowIdFrom, rowIdOf } from '../jobs/claim.ts';
import type { Trained } from '../jobs/train.ts';
import type { EpochProgress } from '../model/progress.ts';
import { LIVE, type Database } from './database.ts';
import type { Champion, LaneName, Lease, Outcome, Row } from './row.ts';

export const isMineIn = ({ query }: Pick<Database, 'query'>) => async ({ id, token }: Lease): Promise<boolean> => (await query(`SELECT 1 FROM auto_training WHERE id = ? AND status = 'RUNNING' AND ${LIVE}`, [id, token])).length === 1;

export function leases({ query, change, inTransaction }: Database, { leaseMs, modelName }: Pick<Settings, 'leaseMs' | 'modelName'>) {
  return {
    isMine: isMineIn({ query }),
    /** claimed: a new row; known: this retrain_id has a row. */
    async claim(request: RetrainRequested, partition: number, offset: bigint): Promise<'claimed' | 'known'> {
      const insert = (id: string): Promise<number> => change(
        `INSERT INTO auto_training (id, retrain_id, model_name, cause, status, threshold, live_f1, evidence, request, requested_at, claimed_at, request_partition, request_offset) VALUES (?, ?, ?, ?, 'PENDING', ?, ?, ?, ?, ?, NOW(3), ?, ?)`,
        [id, request.retrain_id, request.model_name, request.cause, request.threshold, request.live_f1, request.evidence_json, JSON.stringify(request), new Date(request.requested_at), partition, Number(offset)],
      );
      if ((await insert(rowIdOf(request, rowIdFrom(sha256(request.retrain_id))))) === 1) return 'claimed';
      if ((await query('SELECT 1 FROM auto_training WHERE retrain_id = ?', [request.retrain_id])).length > 0) return 'known';
      // The id was taken by another request.
      return (await insert(randomUUID())) === 1 ? 'claimed' : 'known';
    },
    /** The next row of our model in a lane to work on, leased to us: what has been decided, PENDING in order, or RUNNING with its lease over. One at a time. */
    async take(lane: LaneName = 'training'): Promise<{ readonly row: Row; readonly lease: Lease } | undefined> {
      return inTransaction(async (on) => {
        const open = await query<Row & { live: number; waits: number | null }>(`SELECT *, (status = 'RUNNING' AND lease_until > NOW(3)) AS live, (approval = 'awaiting' AND approve_until > NOW(3)) AS waits FROM auto_training WHERE model_name = ? AND status IN ('PENDING', 'RUNNING') AND (cause = 'rollback') = ${lane === 'rollback' ? 1 : 0} ORDER BY claimed_at, request_offset FOR UPDATE`, [modelName], on);
        const busy = new Set(open.filter((row) => Number(row.live) === 1).map((row) => row.model_name));
        const row = open.find((one) => !busy.has(one.model_name) && one.status === 'RUNNING') ?? open.find((one) => !busy.has(one.model_name) && one.approval !== null && Number(one.waits) !== 1) ?? open.find((one) => !busy.has(one.model_name) && one.approval === null);
        if (row === undefined) return undefined;
        const token = randomUUID();
        await change(`UPDATE auto_training SET status = 'RUNNING', lease_token = ?, lease_until = NOW(3) + INTERVAL ? MICROSECOND, started_at = COALESCE(started_at, NOW(3)), training_date = COALESCE(training_date, NOW(3)), run_id = id, attempts = attempts + 1 WHERE id = ?`, [token, leaseMs * 1000, row.id], on);
        return { row: { ...row, attempts: row.attempts + 1 }, lease: { id: row.id, token } };
      });
    },
    /** false: the lease is lost. */
    async renew({ id, token }: Lease): Promise<boolean> {
      return (await change(`UPDATE auto_training SET lease_until = NOW(3) + INTERVAL ? MICROSECOND WHERE id = ? AND status = 'RUNNING' AND ${LIVE}`, [leaseMs * 1000, id, token])) === 1;
    },
    /** The epochs of the training so far. */
    async progress({ id, token }: Lease, epochs: readonly EpochProgress[]): Promise<void> {
      await change(`UPDATE auto_training SET progress = ? WHERE id = ? AND status = 'RUNNING' AND ${LIVE}`, [JSON.stringify(epochs), id, token]);
    },
    /** What the training found, kept before anything is decided. false: the lease is lost. */
    async record({ id, token }: Lease, trained: Trained, champion: Champion | undefined, promotes: string | undefined = undefined): Promise<boolean> {
      const { stored } = trained;
      return inTransaction(async (on) => {
        const done = (await change(
        `UPDATE auto_training SET dataset_hash = ?, dataset_path = ?, dataset_offsets = ?, best_checkpoint = ?, weights_s3 = ?, weights_sha256 = ?, manifest_s3 = ?, manifest_sha256 = ?, backend = ?, f1 = ?, min_f1 = ?, champion_f1 = ?, champion_min_f1 = ?, champion_version = ?, report = ?, report_s3 = ?, judged_against = ?, promotes = ? WHERE id = ? AND status = 'RUNNING' AND ${LIVE}`,
        [trained.datasetHash, trained.datasetPath, JSON.stringify(trained.offsets), trained.bestCheckpoint, stored.weightsUri, stored.weightsSha256, stored.manifestUri, stored.manifestSha256, trained.backend, trained.f1 ?? null, trained.worstF1 ?? null, trained.championF1 ?? null, trained.championWorstF1 ?? null, champion?.version ?? null, JSON.stringify(trained.report), trained.reportS3, champion?.id ?? null, promotes ?? null, id, token], on,
        )) === 1;
        // One row per training, whoever finished it.
        if (done) await change(
          'INSERT INTO model_metrics (id, associated_job_id, timestamp, model_name, f1, min_f1, total_predictions, latency_avg_ms) SELECT id, id, NOW(3), model_name, f1, min_f1, ?, ? FROM auto_training WHERE id = ? ON DUPLICATE KEY UPDATE timestamp = VALUES(timestamp), f1 = VALUES(f1), min_f1 = VALUES(min_f1), total_predictions = VALUES(total_predictions), latency_avg_ms = VALUES(latency_avg_ms)',
          [trained.scored, trained.latencyAvgMs ?? null, id], on,
        );
        return done;
      });
    },
    /** Database time: the clock of every column. */
    async now(): Promise<Date> {
      const [row] = await query<{ now: Date }>('SELECT NOW(3) AS now');
      if (row === undefined) throw new RangeError('a SELECT without FROM has one row');
      return row.now;
    },
    /** Ends the row. For 'promoted' the outcome stands already. at: what its file says already; absent: now. */
    async finish({ id, token }: Lease, outcome: Outcome, reason: string, at?: Date): Promise<boolean> {
      const status = outcome === 'error' ? 'FAILED' : 'FINISHED';
      return (await change(`UPDATE auto_training SET status = ?, outcome = COALESCE(outcome, ?), outcome_reason = COALESCE(outcome_reason, ?), finished_at = COALESCE(?, NOW(3)), duration_ms = COALESCE(duration_ms, TIMESTAMPDIFF(MICROSECOND, started_at, finished_at) DIV 1000), lease_token = NULL, lease_until = NULL WHERE id = ? AND status = 'RUNNING' AND lease_token = ?`, [status, outcome, reason, at ?? null, id, token])) === 1;
    },
    /** A promotion that Kafka has passed over: the row ends as an error and gives its number back. */
    async unpromote({ id, token }: Lease, reason: string, at: Date): Promise<boolean> {
      return (await change(`UPDATE auto_training SET status = 'FAILED', outcome = 'error', outcome_reason = ?, promotion_seq = NULL, model_version = NULL, finished_at = ?, duration_ms = COALESCE(duration_ms, TIMESTAMPDIFF(MICROSECOND, started_at, finished_at) DIV 1000), lease_token = NULL, lease_until = NULL WHERE id = ? AND status = 'RUNNING' AND lease_token = ?`, [reason, at, id, token])) === 1;
    },
    /** Back to PENDING, for another try. counts: among the attempts after which a run is given up. */
    async release({ id, token }: Lease, counts: boolean): Promise<void> {
      await change(`UPDATE auto_training SET status = 'PENDING', attempts = attempts - ?, lease_token = NULL, lease_until = NULL WHERE id = ? AND status = 'RUNNING' AND lease_token = ? AND promotion_seq IS NULL`, [counts ? 0 : 1, id, token]);
    },
  };
}
