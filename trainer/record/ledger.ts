// The ledger: table auto_training. Only the trainer writes it. A row is claimed once (UNIQUE retrain_id), worked on under a lease in database time, promoted at most once.
import { randomUUID } from 'node:crypto';
import mysql from 'mysql2/promise';
import type { RetrainRequested } from '../../schemas/events.ts';
import { messageOf, poison, transient } from '../../schemas/failure.ts';
import { mysqlOptions, type Settings } from '../../schemas/settings.ts';
import type { Decision } from '../gate/approval.ts';
import { rowIdOf } from '../jobs/claim.ts';
import type { Offsets } from '../data/dataset.ts';
import type { EpochProgress } from '../model/progress.ts';
import { goneText } from './rollback.ts';
import type { Garbage, Pointing } from './garbage.ts';
import type { Trained } from '../jobs/train.ts';

export type Row = {
  readonly id: string; readonly retrain_id: string; readonly model_name: string; readonly cause: string; readonly status: 'PENDING' | 'RUNNING' | 'FINISHED' | 'FAILED'; readonly outcome: string | null; readonly outcome_reason: string | null;
  readonly model_version: string | null; readonly champion_version: string | null; readonly promotion_seq: number | null; readonly f1: number | null; readonly min_f1: number | null; readonly champion_f1: number | null; readonly champion_min_f1: number | null;
  readonly threshold: number | null; readonly live_f1: number | null; readonly weights_s3: string | null; readonly weights_sha256: string | null; readonly manifest_s3: string | null; readonly manifest_sha256: string | null; readonly dataset_hash: string | null; readonly dataset_path: string | null; readonly dataset_offsets: string | null;
  readonly run_id: string | null; readonly best_checkpoint: string | null; readonly backend: string | null; readonly request: string; readonly report: string | null; /** the report's page in S3 */ readonly report_s3: string | null; /** awaiting | approved | declined | expired */ readonly approval: string | null; readonly approve_until: Date | null; readonly decided_by: string | null; readonly decided_why: string | null; /** row of the champion it was judged against */ readonly judged_against: string | null; /** row whose model won, when it is not this run's own */ readonly promotes: string | null; /** JSON list of EpochProgress */ readonly progress: string | null; readonly duration_ms: number | null; readonly attempts: number; readonly requested_at: Date; readonly claimed_at: Date; readonly started_at: Date | null; readonly finished_at: Date | null; readonly lease_token: string | null; /** its model has been removed, see collect.ts */ readonly collected_at: Date | null;
  readonly cancelled_at: Date | null; readonly cancelled_by: string | null;
};
export type Champion = { readonly id: string; readonly version: string; readonly seq: number; readonly manifestUri: string; readonly manifestSha256: string | undefined; readonly offsets: Offsets; readonly promotedAt: Date; /** rows.csv of its run */ readonly datasetPath: string | null };
export type Outcome = 'promoted' | 'rejected' | 'superseded' | 'stale' | 'error' | 'cancelled';
export type Lease = { readonly id: string; readonly token: string };
/** Trainings one at a time per model; rollbacks beside them, because an admin who needs one cannot wait for a training. */
export type LaneName = 'training' | 'rollback';
export type Promotion = 'promoted' | 'lease lost' | 'champion changed' | 'champion unannounced';

/** What a restored model brings with it to the row that restores it. */
const RESTORED = ['weights_s3', 'weights_sha256', 'manifest_s3', 'manifest_sha256', 'best_checkpoint', 'dataset_hash', 'dataset_path', 'dataset_offsets', 'backend', 'f1', 'min_f1'] as const;
const DUPLICATE = 'ER_DUP_ENTRY';
const codeOf = (error: unknown): unknown => (typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined);

export type Ledger = ReturnType<typeof createLedger>;
export function createLedger(settings: Settings) {
  const pool = mysql.createPool({ ...mysqlOptions(settings), connectionLimit: 4, timezone: 'Z', supportBigNumbers: true });
  pool.on('connection', (connection) => void connection.query("SET time_zone = '+00:00'"));
  const leaseMs = settings.leaseMs;
  type Sql = Pick<mysql.Connection, 'query'>;
  const LIVE = 'lease_token = ? AND lease_until > NOW(3)';

  const away = (cause: unknown): never => {
    throw transient('mysql_failed', `MySQL at ${settings.mysqlHost}:${settings.mysqlPort}: ${messageOf(cause)}`, { cause });
  };
  async function query<T = mysql.RowDataPacket>(sql: string, values: unknown[] = [], on: Sql = pool): Promise<T[]> {
    try {
      const [rows] = await on.query<mysql.RowDataPacket[]>(sql, values);
      return rows as T[];
    } catch (cause) {
      return away(cause);
    }
  }
  async function change(sql: string, values: unknown[], on: Sql = pool): Promise<number> {
    try {
      const [done] = await on.query<mysql.ResultSetHeader>(sql, values);
      return done.affectedRows;
    } catch (cause) {
      if (codeOf(cause) === DUPLICATE) return 0;
      return away(cause);
    }
  }
  async function inTransaction<R>(work: (on: Sql) => Promise<R>): Promise<R> {
    const connection = await pool.getConnection().catch(away);
    let alive = true;
    try {
      // Whoever is suspended inside holds locks that stop every other trainer: the server hangs up on it when its lease would be over.
      await query('SET SESSION wait_timeout = ?', [Math.ceil(leaseMs / 1000)], connection);
      await connection.beginTransaction().catch(away);
      const result = await work(connection);
      await connection.commit().catch(away);
      await query('SET SESSION wait_timeout = DEFAULT', [], connection).catch(() => (alive = false));
      return result;
    } catch (error) {
      alive = false;
      await connection.rollback().catch(() => undefined);
      throw error;
    } finally {
      if (alive) connection.release();
      else connection.destroy();
    }
  }
  const POINTING = 'SELECT id, retrain_id, model_name, model_version, promotion_seq, status, weights_s3, dataset_path, claimed_at, finished_at, collected_at FROM auto_training';
  const CHAMPION = 'SELECT * FROM auto_training WHERE model_name = ? AND promotion_seq IS NOT NULL ORDER BY promotion_seq DESC LIMIT 1';
  const championOf = (row: Row | undefined): Champion | undefined =>
    row === undefined || row.promotion_seq === null || row.model_version === null || row.manifest_s3 === null
      ? undefined
      : { id: row.id, version: row.model_version, seq: Number(row.promotion_seq), manifestUri: row.manifest_s3, manifestSha256: row.manifest_sha256 ?? undefined, offsets: JSON.parse(row.dataset_offsets ?? '{}') as Offsets, promotedAt: row.finished_at ?? row.claimed_at, datasetPath: row.dataset_path };
  const isMine = async ({ id, token }: Lease): Promise<boolean> => (await query(`SELECT 1 FROM auto_training WHERE id = ? AND status = 'RUNNING' AND ${LIVE}`, [id, token])).length === 1;

  return {
    /** claimed: a new row; known: this retrain_id has a row. */
    async claim(request: RetrainRequested, partition: number, offset: bigint): Promise<'claimed' | 'known'> {
      const insert = (id: string): Promise<number> => change(
        `INSERT INTO auto_training (id, retrain_id, model_name, cause, status, threshold, live_f1, evidence, request, requested_at, claimed_at, request_partition, request_offset) VALUES (?, ?, ?, ?, 'PENDING', ?, ?, ?, ?, ?, NOW(3), ?, ?)`,
        [id, request.retrain_id, request.model_name, request.cause, request.threshold, request.live_f1, request.evidence_json, JSON.stringify(request), new Date(request.requested_at), partition, Number(offset)],
      );
      if ((await insert(rowIdOf(request, randomUUID()))) === 1) return 'claimed';
      if ((await query('SELECT 1 FROM auto_training WHERE retrain_id = ?', [request.retrain_id])).length > 0) return 'known';
      // The id was taken by another request.
      return (await insert(randomUUID())) === 1 ? 'claimed' : 'known';
    },
    /** The next row of a lane to work on, leased to us: what has been decided, PENDING in order, or RUNNING with its lease over. One per model at a time. */
    async take(lane: LaneName = 'training'): Promise<{ readonly row: Row; readonly lease: Lease } | undefined> {
      return inTransaction(async (on) => {
        const open = await query<Row & { live: number; waits: number | null }>(`SELECT *, (status = 'RUNNING' AND lease_until > NOW(3)) AS live, (approval = 'awaiting' AND approve_until > NOW(3)) AS waits FROM auto_training WHERE status IN ('PENDING', 'RUNNING') AND (cause = 'rollback') = ${lane === 'rollback' ? 1 : 0} ORDER BY claimed_at, request_offset FOR UPDATE`, [], on);
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
    isMine,
    /** For the test that falls silent inside one. */
    inTransaction,
    async champion(modelName: string): Promise<Champion | undefined> {
      return championOf((await query<Row>(CHAMPION, [modelName]))[0]);
    },
    /** A later automatic request of the same model that waits, if any. */
    async laterAutomatic(row: Row): Promise<string | undefined> {
      const rows = await query<Row>(`SELECT * FROM auto_training WHERE model_name = ? AND cause IN ('drift', 'schedule') AND status = 'PENDING' AND approval IS NULL AND id <> ? AND (claimed_at > ? OR claimed_at = ? AND request_offset > (SELECT request_offset FROM auto_training WHERE id = ?)) LIMIT 1`, [row.model_name, row.id, row.claimed_at, row.claimed_at, row.id]);
      return rows[0]?.retrain_id;
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
    /** What every row points to, for the decision about what may go. */
    async pointing(): Promise<Pointing[]> {
      return query<Pointing>(POINTING);
    },
    /** Marks the rows whose models are about to go, in one transaction with the decision: from then on nobody rolls back to them. */
    async collect(decide: (rows: readonly Pointing[]) => Garbage): Promise<Garbage> {
      return inTransaction(async (on) => {
        const garbage = decide(await query<Pointing>(`${POINTING} FOR UPDATE`, [], on));
        if (garbage.rows.length > 0) await change('UPDATE auto_training SET collected_at = NOW(3) WHERE id IN (?)', [garbage.rows], on);
        return garbage;
      });
    },
    /** All promotions of a model, newest first; the first one serves. */
    async promotions(modelName: string): Promise<Row[]> {
      return query<Row>('SELECT * FROM auto_training WHERE model_name = ? AND promotion_seq IS NOT NULL ORDER BY promotion_seq DESC', [modelName]);
    },
    /** Gives the row the next promotion_seq, if the lease is ours and the champion is the one it was judged against. restored: an earlier promotion whose model is to serve again, under its old version; absent: the model that the row has recorded.
     *  'champion unannounced': the champion's event may not stand yet; numbers are given out one after the other, so that events come in their order. */
    async promote({ id, token }: Lease, modelName: string, judgedAgainst: Pick<Champion, 'id'> | undefined, reason: string, restored?: Row): Promise<Promotion> {
      return inTransaction(async (on) => {
        // Locks the model's rows, so that two promotions cannot both see the same champion.
        const standing = (await query<Row>(`${CHAMPION} FOR UPDATE`, [modelName], on))[0];
        if (standing?.id !== judgedAgainst?.id) return 'champion changed';
        if (standing?.status === 'RUNNING') return (await isMine({ id, token })) ? 'champion unannounced' : 'lease lost';
        if (restored !== undefined && (await query('SELECT 1 FROM auto_training WHERE id = ? AND collected_at IS NULL FOR UPDATE', [restored.id], on)).length === 0) throw poison('collected', goneText(restored));
        const seq = Number(standing?.promotion_seq ?? 0) + 1;
        const takes = restored === undefined ? [] : RESTORED.map((column) => [column, restored[column]] as const);
        const done = await change(
          `UPDATE auto_training SET outcome = 'promoted', outcome_reason = ?, promotion_seq = ?, model_version = ?, champion_version = ?${takes.map(([column]) => `, ${column} = ?`).join('')} WHERE id = ? AND status = 'RUNNING' AND promotion_seq IS NULL AND cancelled_at IS NULL AND ${LIVE}`,
          [reason, seq, restored?.model_version ?? `v${seq}`, standing?.model_version ?? null, ...takes.map(([, value]) => value), id, token], on,
        );
        return done === 1 ? 'promoted' : 'lease lost';
      });
    },
    /** Ends the row. For 'promoted' the outcome stands already. */
    async finish({ id, token }: Lease, outcome: Outcome, reason: string): Promise<boolean> {
      const status = outcome === 'error' ? 'FAILED' : 'FINISHED';
      return (await change(`UPDATE auto_training SET status = ?, outcome = COALESCE(outcome, ?), outcome_reason = COALESCE(outcome_reason, ?), finished_at = NOW(3), duration_ms = COALESCE(duration_ms, TIMESTAMPDIFF(MICROSECOND, started_at, NOW(3)) DIV 1000), lease_token = NULL, lease_until = NULL WHERE id = ? AND status = 'RUNNING' AND lease_token = ?`, [status, outcome, reason, id, token])) === 1;
    },
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
    /** Back to PENDING, for another try. */
    async release({ id, token }: Lease): Promise<void> {
      await change(`UPDATE auto_training SET status = 'PENDING', lease_token = NULL, lease_until = NULL WHERE id = ? AND status = 'RUNNING' AND lease_token = ? AND promotion_seq IS NULL`, [id, token]);
    },
    /** Marks a job that is to stop: never one that is being promoted already. */
    async cancel(id: string, by: string): Promise<'marked' | 'not open'> {
      return (await change(`UPDATE auto_training SET cancelled_at = NOW(3), cancelled_by = ? WHERE id = ? AND status IN ('PENDING', 'RUNNING') AND cause <> 'rollback' AND promotion_seq IS NULL AND cancelled_at IS NULL`, [by.slice(0, 100), id])) === 1 ? 'marked' : 'not open';
    },
    /** Ends a cancelled row nobody works on. */
    async endPending(id: string, reason: string): Promise<boolean> {
      return (await change(`UPDATE auto_training SET status = 'FINISHED', outcome = 'cancelled', outcome_reason = ?, finished_at = NOW(3) WHERE id = ? AND status = 'PENDING' AND cancelled_at IS NOT NULL`, [reason, id])) === 1;
    },
    /** Newest first. Absent: any. */
    async jobs({ status, cause, limit }: { readonly status?: string | undefined; readonly cause?: string | undefined; readonly limit: number }): Promise<Row[]> {
      const wanted = Object.entries({ status, cause }).filter(([, value]) => value !== undefined);
      return query<Row>(`SELECT * FROM auto_training ${wanted.length === 0 ? '' : `WHERE ${wanted.map(([name]) => `${name} = ?`).join(' AND ')} `}ORDER BY claimed_at DESC, request_offset DESC LIMIT ?`, [...wanted.map(([, value]) => value), limit]);
    },
    /** By row id, retrain id, or model version (its newest row). */
    async find(name: string): Promise<Row | undefined> {
      return (await query<Row>("SELECT * FROM auto_training WHERE id = ? OR retrain_id = ? OR model_version = ? ORDER BY cause = 'rollback', claimed_at DESC LIMIT 1", [name, name, name]))[0];
    },
    /** The last training of a model that saw its data to the end. */
    async lastTrained(modelName: string): Promise<Row | undefined> {
      return (await query<Row>("SELECT * FROM auto_training WHERE model_name = ? AND cause <> 'rollback' AND status = 'FINISHED' AND dataset_offsets IS NOT NULL ORDER BY finished_at DESC LIMIT 1", [modelName]))[0];
    },
    async known(retrainId: string): Promise<boolean> {
      return (await query('SELECT 1 FROM auto_training WHERE retrain_id = ?', [retrainId])).length > 0;
    },
    async row(id: string): Promise<Row | undefined> {
      return (await query<Row>('SELECT * FROM auto_training WHERE id = ?', [id]))[0];
    },
    async latest(limit: number): Promise<Row[]> {
      return query<Row>('SELECT * FROM auto_training ORDER BY claimed_at DESC, request_offset DESC LIMIT ?', [limit]);
    },
    close: (): Promise<void> => pool.end(),
  };
}
