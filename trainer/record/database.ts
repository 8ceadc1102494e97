// MySQL as the trainer's tables are spoken to: what fails is transient and named, a transaction holds its locks no longer than a lease.
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../../producers/connections.ts';
import { messageOf, transient } from '../../schemas/failure.ts';
import type { Settings } from '../../schemas/settings.ts';

const DUPLICATE = 'ER_DUP_ENTRY';
const codeOf = (error: unknown): unknown => (typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined);
/** The pool, or the connection of a transaction. */
export type Sql = Pick<mysql.Connection, 'query'>;
/** Holds for a row of `auto_training` while the lease with this token lasts, in database time. Parameter: the token. */
export const LIVE = 'lease_token = ? AND lease_until > NOW(3)';

export type Database = ReturnType<typeof openDatabase>;
/** query: rows. change: how many rows were changed; 0 also where a unique key stood in the way. All throw transient `mysql_failed`. */
export function openDatabase(settings: Settings) {
  const pool = mysql.createPool({ ...mysqlOptions(settings), connectionLimit: 4, timezone: 'Z', supportBigNumbers: true });
  pool.on('connection', (connection) => void connection.query("SET time_zone = '+00:00'"));

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
      await query('SET SESSION wait_timeout = ?', [Math.ceil(settings.leaseMs / 1000)], connection);
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

  return { query, change, inTransaction, close: (): Promise<void> => pool.end() };
}
