// MySQL as inference uses it: few connections, UTC, and every failure told as one that may pass.
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../producers/connections.ts';
import { messageOf, transient } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';

/** Both throw transient `mysql_failed` with the cause. */
export type Statements = {
  rows<T>(sql: string, values: readonly unknown[]): Promise<T[]>;
  /** How many rows it changed, as MySQL counts them. */
  change(sql: string, values: readonly unknown[]): Promise<number>;
};
export type Database = Statements & {
  /** All that work does on its statements, or nothing of it when it or the commit fails. */
  transaction<T>(work: (on: Statements) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};
/** withinMs: for what a request waits on, an answer or a refusal within a moment; without it, as long as it takes. */
export function openDatabase(settings: Settings, { connections, withinMs }: { readonly connections: number; readonly withinMs?: number }): Database {
  const pool = mysql.createPool({ ...mysqlOptions(settings), connectionLimit: connections, timezone: 'Z', ...(withinMs === undefined ? {} : { connectTimeout: withinMs }) });
  pool.on('connection', (connection) => void connection.query("SET time_zone = '+00:00'"));
  const failed = (cause: unknown): never => {
    throw transient('mysql_failed', `MySQL at ${settings.mysqlHost}:${settings.mysqlPort}: ${messageOf(cause)}`, { cause });
  };
  function statementsOn(on: Pick<mysql.Connection, 'query'>): Statements {
    async function query<T extends mysql.RowDataPacket[] | mysql.ResultSetHeader>(sql: string, values: readonly unknown[]): Promise<T> {
      const [answer] = await on.query<T>({ sql, values: [...values], ...(withinMs === undefined ? {} : { timeout: withinMs }) }).catch(failed);
      return answer;
    }
    return {
      rows: async <T>(sql: string, values: readonly unknown[]) => (await query<mysql.RowDataPacket[]>(sql, values)) as T[],
      change: async (sql, values) => (await query<mysql.ResultSetHeader>(sql, values)).affectedRows,
    };
  }
  return {
    ...statementsOn(pool),
    async transaction(work) {
      const connection = await pool.getConnection().catch(failed);
      try {
        await connection.beginTransaction().catch(failed);
        const done = await work(statementsOn(connection));
        await connection.commit().catch(failed);
        connection.release();
        return done;
      } catch (error) {
        connection.destroy();
        throw error;
      }
    },
    close: () => pool.end(),
  };
}
/** Two statements over the same rows may stand in each other's way: one of them is to come again. */
export const isDeadlock = (error: unknown): boolean => error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ER_LOCK_DEADLOCK';
