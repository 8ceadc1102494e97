// Migrations on the real server, in its other database: two at once, an old table without checksums, an edited file, a newer database.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../producers/connections.ts';
import { LoopError } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';
import { migrate, migrationFiles } from './prepare.ts';
import { closeAtEnd, openBench } from './testing.ts';

test('two at once run every file once; without checksums they are taken down; an edited file is refused, a newer database told', async (t) => {
  const settings: Settings = { ...(await openBench(t)).settings, mysqlDatabase: 'mlflow' };
  const db = await mysql.createConnection(mysqlOptions(settings));
  closeAtEnd(t, () => db.end());
  const names = async (): Promise<string[]> => (await db.query<mysql.RowDataPacket[]>("SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mlflow'"))[0].map(({ name }) => String(name));
  const drop = async (): Promise<void> => {
    for (const name of await names()) await db.query(`DROP TABLE ${mysql.escapeId(name)}`);
  };
  await drop();
  closeAtEnd(t, drop);
  const marks = async () => (await db.query<mysql.RowDataPacket[]>('SELECT name, sha256 FROM migrations ORDER BY name'))[0].map((row) => ({ name: String(row['name']), sha256: row['sha256'] as string | null }));
  const files = migrationFiles();
  const expected = files.map(({ name, sha256 }) => ({ name, sha256 })).sort((a, b) => (a.name < b.name ? -1 : 1));

  assert.deepEqual(await Promise.all([migrate({ settings }), migrate({ settings }), migrate({ settings })]), [undefined, undefined, undefined]);
  assert.deepEqual(await marks(), expected);
  assert.ok((await names()).includes('auto_training'));

  await db.query('ALTER TABLE migrations DROP COLUMN sha256');
  await migrate({ settings });
  assert.deepEqual(await marks(), expected);

  const [first, ...rest] = files;
  assert.ok(first !== undefined);
  await assert.rejects(migrate({ settings }, [{ ...first, sha256: 'f'.repeat(64) }, ...rest, { name: '999_new.sql', sql: 'CREATE TABLE never (id INT)', sha256: 'e'.repeat(64) }]), (error) => error instanceof LoopError && error.code === 'migration_edited' && error.message.includes(first.name));
  assert.ok(!(await names()).includes('never'), 'nothing is run beside an edited file');
  assert.match((await migrate({ settings }, rest)) ?? '', new RegExp(`newer than this program: ${first.name} was run`));
});
