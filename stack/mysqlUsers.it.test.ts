// The rights of each MySQL user on the real server: what GRANTS allows is allowed, everything else is refused.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../producers/connections.ts';
import { GRANTS, type Privilege } from '../schemas/grants.ts';
import { LOCAL_USERS, passwordOf } from './mysqlUsers.ts';
import { closeAtEnd, openBench } from './testing.ts';

/** Each asks for one right and changes no row. */
const ASK: Readonly<Record<Privilege, (table: string, column: string) => string>> = {
  SELECT: (table) => `SELECT 1 FROM ${table} LIMIT 1`,
  INSERT: (table) => `INSERT INTO ${table} SELECT * FROM ${table} WHERE 1 = 0`,
  UPDATE: (table, column) => `UPDATE ${table} SET ${column} = 'x' WHERE 1 = 0`,
  DELETE: (table) => `DELETE FROM ${table} WHERE 1 = 0`,
};
const COLUMN: Readonly<Record<string, string>> = { jobs: 'job_id', label_leases: 'prediction_id', migrations: 'name' };
const NEVER = ['DROP TABLE jobs', 'ALTER TABLE jobs ADD COLUMN x INT', 'CREATE TABLE x (a INT)', 'CREATE USER x', "GRANT SELECT ON jobs TO 'loop'@'127.0.0.1'", 'TRUNCATE TABLE auto_training', 'SELECT 1 FROM mysql.user LIMIT 1', 'SHUTDOWN'];
const REFUSED = new Set(['ER_TABLEACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR', 'ER_SPECIFIC_ACCESS_DENIED_ERROR', 'ER_ACCESS_DENIED_ERROR', 'ER_NONEXISTING_TABLE_GRANT', 'ER_COLUMNACCESS_DENIED_ERROR']);

test('each process may do what its statements do, table by table, and nothing else', async (t) => {
  const { settings } = await openBench(t);
  for (const user of LOCAL_USERS) {
    const db = await mysql.createConnection({ ...mysqlOptions(settings), user: `${settings.mysqlUser}_${user}`, password: passwordOf(settings, user) });
    closeAtEnd(t, () => db.end());
    const may = (sql: string): Promise<boolean> => db.query(sql).then(() => true, (error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      assert.ok(REFUSED.has(code), `${user}: ${sql}: ${code}`);
      return false;
    });
    for (const [table, users] of Object.entries(GRANTS)) {
      const given = users[user] ?? [];
      for (const [right, ask] of Object.entries(ASK)) {
        assert.equal(await may(ask(table, COLUMN[table] ?? 'id')), given.includes(right as Privilege), `${user}: ${right} on ${table}`);
      }
    }
    for (const sql of NEVER) assert.equal(await may(sql), false, `${user}: ${sql}`);
  }
  await assert.rejects(mysql.createConnection({ ...mysqlOptions(settings), user: `${settings.mysqlUser}_inference`, password: randomUUID() }), { code: 'ER_ACCESS_DENIED_ERROR' });
});
