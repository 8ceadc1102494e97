// Which ended rows of auto_training stand in MLflow (table mlflow_mirror), on a connection of its own that also holds the right to tell them.
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../../producers/connections.ts';
import { within } from '../../producers/within.ts';
import { messageOf, transient } from '../../schemas/failure.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { MirroredRow } from './mapping.ts';
import type { Standing } from './mirror.ts';

export type Mirrored = {
  /** Whether this process is the one that tells MLflow: one does, however many trainers run. */
  hold(): Promise<boolean>;
  /** Ended rows that are not mirrored yet, oldest first. */
  behind(limit: number, without: readonly string[]): Promise<readonly MirroredRow[]>;
  count(): Promise<number>;
  mark(id: string, runId: string): Promise<void>;
  /** The run of the row that was mirrored last. */
  newest(): Promise<string | undefined>;
  /** Another MLflow, or an emptied one: all is to be told again. */
  forget(): Promise<void>;
  champions(): Promise<readonly Standing[]>;
  close(): Promise<void>;
};
const QUERY_MS = 10_000;
/** After so long without a word the server ends the connection, and frees the right to tell: of one that was lost on the way it would hear nothing for hours. */
const IDLE_S = 60;
const ENDED = "a.status IN ('FINISHED', 'FAILED')";

export function createMirrored(settings: Settings): Mirrored {
  const lock = `${settings.mysqlDatabase}.mlflow_mirror`.slice(-64);
  let open: Promise<mysql.Connection> | undefined;
  async function connect(): Promise<mysql.Connection> {
    const connection = await mysql.createConnection({ ...mysqlOptions(settings), timezone: 'Z', supportBigNumbers: true, connectTimeout: QUERY_MS });
    connection.on('error', () => (open = undefined));
    await connection.query(`SET time_zone = '+00:00', wait_timeout = ${IDLE_S}`);
    return connection;
  }
  /** A broken connection is thrown away, and the lock with it. */
  async function ask<T>(sql: string, values: readonly unknown[] = []): Promise<T> {
    const mine = (open ??= connect());
    try {
      const [answer] = await within(QUERY_MS, 'it', mine.then((connection) => connection.query({ sql, values: [...values] })));
      return answer as T;
    } catch (cause) {
      if (open === mine) open = undefined;
      mine.then((connection) => connection.destroy(), () => undefined);
      throw transient('mysql_failed', `MySQL at ${settings.mysqlHost}:${settings.mysqlPort}: ${messageOf(cause)}`, { cause });
    }
  }
  return {
    async hold() {
      const [row] = await ask<{ held: number | null }[]>('SELECT IF(IS_USED_LOCK(?) = CONNECTION_ID(), 1, GET_LOCK(?, 0)) AS held', [lock, lock]);
      return Number(row?.held) === 1;
    },
    behind: (limit, without) => ask(`SELECT a.* FROM auto_training a WHERE ${ENDED} AND NOT EXISTS (SELECT 1 FROM mlflow_mirror m WHERE m.id = a.id) AND a.id NOT IN (?) ORDER BY a.finished_at, a.promotion_seq LIMIT ?`, [without.length === 0 ? [''] : without, limit]),
    async count() {
      const [row] = await ask<{ n: number }[]>(`SELECT COUNT(*) AS n FROM auto_training a WHERE ${ENDED} AND NOT EXISTS (SELECT 1 FROM mlflow_mirror m WHERE m.id = a.id)`);
      return Number(row?.n ?? 0);
    },
    mark: (id, runId) => ask('INSERT INTO mlflow_mirror (id, mlflow_run_id, mirrored_at) VALUES (?, ?, NOW(3)) ON DUPLICATE KEY UPDATE mlflow_run_id = VALUES(mlflow_run_id)', [id, runId]),
    async newest() {
      const [row] = await ask<{ mlflow_run_id: string }[]>('SELECT mlflow_run_id FROM mlflow_mirror ORDER BY mirrored_at DESC LIMIT 1');
      return row?.mlflow_run_id;
    },
    forget: () => ask('DELETE FROM mlflow_mirror'),
    async champions() {
      const rows = await ask<{ model_name: string; manifest_s3: string }[]>(
        `SELECT a.model_name, a.manifest_s3 FROM auto_training a WHERE ${ENDED} AND a.manifest_s3 IS NOT NULL AND a.promotion_seq = (SELECT MAX(b.promotion_seq) FROM auto_training b WHERE b.model_name = a.model_name AND b.status IN ('FINISHED', 'FAILED'))`);
      return rows.map((row) => ({ modelName: row.model_name, manifestUri: row.manifest_s3 }));
    },
    async close() {
      const mine = open;
      open = undefined;
      await mine?.then((connection) => connection.destroy(), () => undefined);
    },
  };
}
