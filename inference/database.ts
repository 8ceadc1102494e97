// MySQL for what a request waits on: few connections, UTC, and an answer or a refusal within a moment.
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../producers/connections.ts';
import { messageOf, transient } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';

export type Database = {
  rows<T>(sql: string, values: readonly unknown[]): Promise<T[]>;
  /** How many rows it changed, as MySQL counts them. */
  change(sql: string, values: readonly unknown[]): Promise<number>;
  close(): Promise<void>;
};
/** Both throw transient `mysql_failed` with the cause. */
export function openDatabase(settings: Settings, { connections, withinMs }: { readonly connections: number; readonly withinMs: number }): Database {
  const pool = mysql.createPool({ ...mysqlOptions(settings), connectionLimit: connections, connectTimeout: withinMs, timezone: 'Z' });
  pool.on('connection', (connection) => void connection.query("SET time_zone = '+00:00'"));
  async function query<T extends mysql.RowDataPacket[] | mysql.ResultSetHeader>(sql: string, values: readonly unknown[]): Promise<T> {
    const [answer] = await pool.query<T>({ sql, values: [...values], timeout: withinMs }).catch((cause: unknown): never => {
      throw transient('mysql_failed', `MySQL at ${settings.mysqlHost}:${settings.mysqlPort}: ${messageOf(cause)}`, { cause });
    });
    return answer;
  }
  return {
    rows: async <T>(sql: string, values: readonly unknown[]) => (await query<mysql.RowDataPacket[]>(sql, values)) as T[],
    change: async (sql, values) => (await query<mysql.ResultSetHeader>(sql, values)).affectedRows,
    close: () => pool.end(),
  };
}
/** Two statements over the same rows may stand in each other's way: one of them is to come again. */
export const isDeadlock = (error: unknown): boolean => error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ER_LOCK_DEADLOCK';
