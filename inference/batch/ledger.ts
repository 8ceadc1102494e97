// The table `jobs`: batch predictions. Any instance writes a row, one at a time works on it: under a lease in database time that every change asks for.
import { randomUUID } from 'node:crypto';
import type { Settings } from '../../schemas/settings.ts';
import { openDatabase } from '../database.ts';
import type { BadRows, BatchResult, BatchTold, PinnedModel } from './work.ts';
import type { Facts, Leftover } from './s3.ts';

export const JOB_STATUSES = ['STATUS_PENDING', 'STATUS_RUNNING', 'STATUS_FINISHED', 'STATUS_FAILED', 'STATUS_CANCELLED'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];
export type BatchRow = {
  readonly job_id: string; readonly start_time: Date | null; readonly end_time: Date | null; readonly job_status: JobStatus; readonly input_file_s3: string | null; readonly output_file_s3: string | null;
  readonly model_name: string | null; readonly requested_at: Date | null; readonly on_bad_rows: BadRows | null; readonly reason: string | null; readonly model_version: string | null; readonly manifest_s3: string | null; readonly manifest_sha256: string | null;
  readonly input_etag: string | null; readonly input_bytes: number | null; readonly rows_total: number | null; readonly rows_done: number | null; readonly rows_bad: number | null; readonly rows_verified: number | null; readonly rows_per_second: number | null;
  readonly set_aside_s3: string | null; readonly verified_subset_s3: string | null; readonly f1: number | null; readonly min_f1: number | null; readonly latency_avg_ms: number | null; readonly attempts: number; readonly uploads: string | null; readonly cancelled_at: Date | null; readonly cancelled_by: string | null;
};
export type BatchLease = { readonly id: string; readonly token: string };
/** What holds for a row of ours: it is as we left it, somebody wants it to stop, or another has it. */
export type Standing = 'ours' | 'cancelled' | 'lost';

const COLUMNS = 'job_id, start_time, end_time, job_status, input_file_s3, output_file_s3, model_name, requested_at, on_bad_rows, reason, model_version, manifest_s3, manifest_sha256, input_etag, input_bytes, rows_total, rows_done, rows_bad, rows_verified, rows_per_second, set_aside_s3, verified_subset_s3, f1, min_f1, latency_avg_ms, attempts, uploads, cancelled_at, cancelled_by';
const MINE = "job_id = ? AND job_status = 'STATUS_RUNNING' AND lease_token = ? AND lease_until > NOW(3)";

/** What attempts of a row may have left behind. */
export const leftoversOf = ({ uploads }: Pick<BatchRow, 'uploads'>): Leftover[] => (uploads ?? '').split('\n').filter((line) => line !== '').map((line) => ({ uri: line.slice(0, line.indexOf(' ')), uploadId: line.slice(line.indexOf(' ') + 1) }));

export type BatchLedger = ReturnType<typeof createBatchLedger>;
export function createBatchLedger(settings: Settings) {
  const database = openDatabase(settings, { connections: 3 });
  const { rows: query, change } = database;
  const { leaseMs, modelName } = settings;
  async function standing({ id, token }: BatchLease, changed: number): Promise<Standing> {
    if (changed === 0) return 'lost';
    const [row] = await query<{ cancelled_at: Date | null }>(`SELECT cancelled_at FROM jobs WHERE ${MINE}`, [id, token]);
    return row === undefined ? 'lost' : row.cancelled_at === null ? 'ours' : 'cancelled';
  }
  const ENDED = 'end_time = NOW(3), lease_token = NULL, lease_until = NULL';

  return {
    /** A new row; nothing when this id has one. */
    async order(id: string, inputUri: string, badRows: BadRows): Promise<void> {
      await change("INSERT INTO jobs (job_id, job_status, input_file_s3, model_name, requested_at, on_bad_rows) VALUES (?, 'STATUS_PENDING', ?, ?, NOW(3), ?) ON DUPLICATE KEY UPDATE job_id = job_id", [id, inputUri, modelName, badRows]);
    },
    /** The next row to work on, leased to us: the oldest that waits, or that a worker has left. One statement: of two instances one gets it. */
    async take(): Promise<{ readonly row: BatchRow; readonly lease: BatchLease } | undefined> {
      const token = randomUUID();
      const taken = await change(
        "UPDATE jobs SET job_status = 'STATUS_RUNNING', lease_token = ?, lease_until = NOW(3) + INTERVAL ? MICROSECOND, start_time = COALESCE(start_time, NOW(3)), attempts = attempts + 1 WHERE model_name = ? AND (job_status = 'STATUS_PENDING' OR (job_status = 'STATUS_RUNNING' AND lease_until <= NOW(3))) ORDER BY requested_at, job_id LIMIT 1",
        [token, leaseMs * 1000, modelName],
      );
      if (taken === 0) return undefined;
      const [row] = await query<BatchRow>(`SELECT ${COLUMNS} FROM jobs WHERE lease_token = ?`, [token]);
      return row === undefined ? undefined : { row, lease: { id: row.job_id, token } };
    },
    /** What every attempt is to use, written by the first one; the row as it stands then, undefined when it is no longer ours. */
    async pin({ id, token }: BatchLease, model: PinnedModel, input: Facts): Promise<BatchRow | undefined> {
      await change(`UPDATE jobs SET model_version = ?, manifest_s3 = ?, manifest_sha256 = ?, input_etag = ?, input_bytes = ? WHERE ${MINE} AND manifest_s3 IS NULL`, [model.version, model.manifestUri, model.manifestSha256, input.etag, input.bytes, id, token]);
      return (await query<BatchRow>(`SELECT ${COLUMNS} FROM jobs WHERE ${MINE}`, [id, token]))[0];
    },
    async renew(lease: BatchLease): Promise<Standing> {
      return standing(lease, await change(`UPDATE jobs SET lease_until = NOW(3) + INTERVAL ? MICROSECOND WHERE ${MINE}`, [leaseMs * 1000, lease.id, lease.token]));
    },
    /** Writes how far it has come and renews the lease. */
    async progress(lease: BatchLease, told: BatchTold): Promise<Standing> {
      const note = async (columns: string, values: unknown[]): Promise<Standing> => standing(lease, await change(`UPDATE jobs SET ${columns}, lease_until = NOW(3) + INTERVAL ? MICROSECOND WHERE ${MINE}`, [...values, leaseMs * 1000, lease.id, lease.token]));
      switch (told.kind) {
        case 'counted': return note('rows_total = ?, rows_bad = ?, rows_done = 0', [told.rows, told.bad]);
        case 'progress': return note('rows_done = ?, rows_per_second = ?', [told.rows + told.bad, told.perSecond]);
        case 'uploading': return note("uploads = CONCAT_WS('\\n', uploads, ?)", [`${told.leftover.uri} ${told.leftover.uploadId}`]);
      }
    },
    /** Ends the row and writes its model_metrics, both or neither. false: it is no longer ours, or has been cancelled. */
    async finish({ id, token }: BatchLease, result: BatchResult): Promise<boolean> {
      return database.transaction(async (on) => {
        const done = (await on.change(
          `UPDATE jobs SET job_status = 'STATUS_FINISHED', output_file_s3 = ?, set_aside_s3 = ?, verified_subset_s3 = ?, rows_done = ?, rows_total = ?, rows_bad = ?, rows_verified = ?, f1 = ?, min_f1 = ?, latency_avg_ms = ?, ${ENDED} WHERE ${MINE} AND cancelled_at IS NULL`,
          [result.output, result.setAside, result.subset, result.rows + result.bad, result.rows + result.bad, result.bad, result.verified, result.f1 ?? null, result.minF1 ?? null, result.latencyAvgMs, id, token],
        )) === 1;
        if (done) await on.change('INSERT INTO model_metrics (id, associated_job_id, timestamp, model_name, f1, min_f1, total_predictions, latency_avg_ms) VALUES (?, ?, NOW(3), ?, ?, ?, ?, ?)', [id, id, modelName, result.f1 ?? null, result.minF1 ?? null, result.rows, result.latencyAvgMs]);
        return done;
      });
    },
    async fail({ id, token }: BatchLease, reason: string): Promise<void> {
      await change(`UPDATE jobs SET job_status = 'STATUS_FAILED', reason = ?, ${ENDED} WHERE ${MINE}`, [reason, id, token]);
    },
    async endCancelled({ id, token }: BatchLease): Promise<void> {
      await change(`UPDATE jobs SET job_status = 'STATUS_CANCELLED', reason = CONCAT('cancelled by ', COALESCE(cancelled_by, 'somebody')), ${ENDED} WHERE ${MINE} AND cancelled_at IS NOT NULL`, [id, token]);
    },
    /** Back to those that wait, for another try. counts: whether this attempt is one of the few a job has. */
    async release({ id, token }: BatchLease, counts: boolean): Promise<void> {
      await change("UPDATE jobs SET job_status = 'STATUS_PENDING', attempts = attempts - ?, lease_token = NULL, lease_until = NULL WHERE job_id = ? AND job_status = 'STATUS_RUNNING' AND lease_token = ?", [counts ? 0 : 1, id, token]);
    },
    /** A person's wish to stop it, once: one that waits ends now, one that runs is ended by whoever works on it. */
    async cancel(id: string, by: string): Promise<'cancelled' | 'cancelling' | 'not open'> {
      const who = by.slice(0, 100);
      if ((await change("UPDATE jobs SET job_status = 'STATUS_CANCELLED', cancelled_at = NOW(3), cancelled_by = ?, reason = CONCAT('cancelled by ', ?), end_time = NOW(3) WHERE job_id = ? AND job_status = 'STATUS_PENDING'", [who, who, id])) === 1) return 'cancelled';
      return (await change("UPDATE jobs SET cancelled_at = COALESCE(cancelled_at, NOW(3)), cancelled_by = COALESCE(cancelled_by, ?) WHERE job_id = ? AND job_status = 'STATUS_RUNNING'", [who, id])) > 0 || (await query<object>("SELECT 1 FROM jobs WHERE job_id = ? AND job_status = 'STATUS_RUNNING'", [id])).length > 0 ? 'cancelling' : 'not open';
    },
    async find(id: string): Promise<BatchRow | undefined> {
      return (await query<BatchRow>(`SELECT ${COLUMNS} FROM jobs WHERE job_id = ?`, [id]))[0];
    },
    /** Its row of model_metrics, once it is over. */
    async metrics(id: string): Promise<object | undefined> {
      return (await query<object>('SELECT * FROM model_metrics WHERE id = ?', [id]))[0];
    },
    /** Newest first; statuses empty: any. */
    async list(statuses: readonly JobStatus[], limit: number): Promise<BatchRow[]> {
      return query<BatchRow>(`SELECT ${COLUMNS} FROM jobs ${statuses.length === 0 ? '' : 'WHERE job_status IN (?) '}ORDER BY COALESCE(requested_at, start_time) DESC, job_id DESC LIMIT ?`, [...(statuses.length === 0 ? [] : [statuses]), limit]);
    },
    close: (): Promise<void> => database.close(),
  };
}
