// Rows as others ask for them.
import type { Database } from './database.ts';
import type { Row } from './row.ts';

export function lookups({ query }: Database) {
  return {
    /** A later automatic request of the same model that waits, if any. */
    async laterAutomatic(row: Row): Promise<string | undefined> {
      const rows = await query<Row>(`SELECT * FROM auto_training WHERE model_name = ? AND cause IN ('drift', 'schedule') AND status = 'PENDING' AND approval IS NULL AND id <> ? AND (claimed_at > ? OR claimed_at = ? AND request_offset > (SELECT request_offset FROM auto_training WHERE id = ?)) LIMIT 1`, [row.model_name, row.id, row.claimed_at, row.claimed_at, row.id]);
      return rows[0]?.retrain_id;
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
    /** Its row of model_metrics, where it was trained. */
    async metrics(id: string): Promise<object | undefined> {
      return (await query<object>('SELECT * FROM model_metrics WHERE id = ?', [id]))[0];
    },
    /** The number of the last promotion that the ledger knows; 0: none. */
    async highestSeq(modelName: string): Promise<number> {
      return Number((await query<{ seq: number | null }>('SELECT MAX(promotion_seq) AS seq FROM auto_training WHERE model_name = ?', [modelName]))[0]?.seq ?? 0);
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
  };
}
