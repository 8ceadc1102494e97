// MySQL as the trainer's tables are spoken to: what fails is transient and named, a transaction holds its locks no longer than a lease.
import type mysql from 'mysql2/promise';
import { openPool, type Sql } from '../../producers/mysqlPool.ts';
import type { Settings } from '../../schemas/settings.ts';

const DUPLICATE = 'ER_DUP_ENTRY';
const codeOf = (error: unknown): unknown => (error instanceof Error && error.cause instanceof Error ? Reflect.get(error.cause, 'code') : undefined);
export type { Sql };
/** Holds for a row of `auto_training` while the lease with this token lasts, in database time. Parameter: the token. */
export const LIVE = 'lease_token = ? AND lease_until > NOW(3)';

export type Database = ReturnType<typeof openDatabase>;
/** query: rows. change: how many rows were changed; 0 also where a unique key stood in the way. All throw transient `mysql_failed`. */
export function openDatabase(settings: Settings) {
  const pool = openPool(settings, { connections: 4 });
  async function query<T = mysql.RowDataPacket>(sql: string, values: unknown[] = [], on?: Sql): Promise<T[]> {
    return (await pool.ask<mysql.RowDataPacket[]>(sql, values, on)) as T[];
  }
  async function change(sql: string, values: unknown[], on?: Sql): Promise<number> {
    try {
      return (await pool.ask<mysql.ResultSetHeader>(sql, values, on)).affectedRows;
    } catch (error) {
      if (codeOf(error) === DUPLICATE) return 0;
      throw error;
    }
  }
  // Whoever is suspended inside holds locks that stop every other trainer: the server hangs up on it when its lease would be over.
  const wrap = { before: 'SET SESSION wait_timeout = ?', values: [Math.ceil(settings.leaseMs / 1000)], after: 'SET SESSION wait_timeout = DEFAULT' };
  const inTransaction = <R>(work: (on: Sql) => Promise<R>): Promise<R> => pool.transaction(work, wrap);
  return { query, change, inTransaction, close: (): Promise<void> => pool.close() };
}
