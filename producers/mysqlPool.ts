// A pool of MySQL connections in which nothing waits for ever: the client's own time limit leaves a silent connection in the pool, and the next one waits behind it. Here such a connection is destroyed.
import mysql from 'mysql2/promise';
import { LoopError, messageOf, transient } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';
import { mysqlOptions } from './connections.ts';
import { within } from './within.ts';

/** A statement that takes longer waits for a lock that its owner's lease no longer covers, or for nobody. */
const STATEMENT_MS = 15_000;
const CONNECT_MS = 10_000;
export type Sql = Pick<mysql.Connection, 'query'>;
type Answer = mysql.RowDataPacket[] | mysql.ResultSetHeader;
/** What it asks by itself fails with transient `mysql_failed`, the cause beside it. */
export type MysqlPool = {
  /** Rejects when there is no answer in time, or a refusal. on: the connection of a transaction; absent: any. */
  ask<T extends Answer>(sql: string, values: readonly unknown[], on?: Sql): Promise<T>;
  /** All that work does on its connection, or nothing. before: statements that come first. after: at the end of one that was committed. */
  transaction<R>(work: (on: Sql) => Promise<R>, wrap?: { readonly before: string; readonly values: readonly unknown[]; readonly after: string }): Promise<R>;
  close(): Promise<void>;
};

export function openPool(settings: Settings, { connections, statementMs = STATEMENT_MS }: { readonly connections: number; readonly statementMs?: number }): MysqlPool {
  function make(): mysql.Pool {
    const made = mysql.createPool({ ...mysqlOptions(settings), connectionLimit: connections, timezone: 'Z', supportBigNumbers: true, connectTimeout: Math.min(statementMs, CONNECT_MS) });
    made.on('connection', (connection) => void connection.query("SET time_zone = '+00:00'"));
    return made;
  }
  let pool = make();
  /** What lost one connection has mostly lost all: those that lie idle would cost a time limit each. */
  function renew(old: mysql.Pool): void {
    if (pool !== old) return;
    pool = make();
    old.end().catch(() => undefined);
  }
  const failed = (cause: unknown): never => {
    throw transient('mysql_failed', `MySQL at ${settings.mysqlHost}:${settings.mysqlPort}: ${messageOf(cause)}`, { cause });
  };
  async function take(): Promise<mysql.PoolConnection> {
    const taking = pool.getConnection();
    // One that comes too late goes back.
    return within(statementMs, 'it', taking, () => void taking.then((late) => late.release(), () => undefined)).catch(failed);
  }
  const on = <T extends Answer>(connection: Sql, sql: string, values: readonly unknown[]): Promise<T> => within(statementMs, 'it', connection.query<T>(sql, [...values]).then(([answer]) => answer)).catch(failed);
  /** Whether a connection may be used again is known only after an answer, be it a refusal. */
  const isAnswer = (error: unknown): boolean => error instanceof Error && error.cause instanceof Error && 'sqlState' in error.cause && Reflect.get(error.cause, 'fatal') !== true;

  const isLate = (error: unknown): boolean => error instanceof Error && error.cause instanceof LoopError && error.cause.code === 'no_answer';

  return {
    async ask<T extends Answer>(sql: string, values: readonly unknown[], given?: Sql) {
      if (given !== undefined) return on<T>(given, sql, values);
      const from = pool;
      const connection = await take();
      try {
        const answer = await on<T>(connection, sql, values);
        connection.release();
        return answer;
      } catch (error) {
        if (isAnswer(error)) connection.release();
        else connection.destroy();
        if (isLate(error)) renew(from);
        throw error;
      }
    },
    async transaction(work, wrap) {
      const from = pool;
      const connection = await take();
      try {
        if (wrap !== undefined) await on(connection, wrap.before, wrap.values);
        await on(connection, 'START TRANSACTION', []);
        const result = await work(connection);
        await on(connection, 'COMMIT', []);
        // Its work stands, whatever becomes of the connection.
        const isWell = wrap === undefined || (await on(connection, wrap.after, []).then(() => true, () => false));
        if (isWell) connection.release();
        else connection.destroy();
        return result;
      } catch (error) {
        // Its end is a rollback; asking for one would be one more question to somebody who may be silent.
        connection.destroy();
        if (isLate(error)) renew(from);
        throw error;
      }
    },
    close: () => within(statementMs, 'it', pool.end()).catch(() => undefined),
  };
}
