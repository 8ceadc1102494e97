// MySQL as inference uses it: few connections, UTC, and every failure told as one that may pass.
import type mysql from 'mysql2/promise';
import { openPool, type Sql } from '../producers/mysqlPool.ts';
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
/** withinMs: for what a request waits on, an answer or a refusal within a moment. */
export function openDatabase(settings: Settings, { connections, withinMs }: { readonly connections: number; readonly withinMs?: number }): Database {
  const pool = openPool(settings, { connections, ...(withinMs === undefined ? {} : { statementMs: withinMs }) });
  const statementsOn = (on?: Sql): Statements => ({
    rows: async <T>(sql: string, values: readonly unknown[]) => (await pool.ask<mysql.RowDataPacket[]>(sql, values, on)) as T[],
    change: async (sql, values) => (await pool.ask<mysql.ResultSetHeader>(sql, values, on)).affectedRows,
  });
  return {
    ...statementsOn(),
    transaction: (work) => pool.transaction((on) => work(statementsOn(on))),
    close: () => pool.close(),
  };
}
/** Two statements over the same rows may stand in each other's way: one of them is to come again. */
export const isDeadlock = (error: unknown): boolean => error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ER_LOCK_DEADLOCK';
