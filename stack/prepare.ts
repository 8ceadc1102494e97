// What must stand before our processes start: topics, schemas, tables, buckets.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { mysqlOptions, s3Options } from '../producers/connections.ts';
import { fatal, kindOf, transient } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import { movedIn, standingIn, standingText, withRelease, type Registered } from '../schemas/standing.ts';
import { TOPIC_NAMES, type TopicName } from '../schemas/topics.ts';
import { registeredAs } from '../consumers/agreement.ts';
import type { Context } from './context.ts';
import { foreignLine, hashedText, planMigrations, type Mark, type MigrationFile } from './migrations.ts';
import { PROJECT_DIR } from './paths.ts';
import { writeJson } from './pids.ts';

const BUCKETS = ['dataset', 'inference', 'models', 'mlflow'];

const PATIENCE = 4;
/** The registry stores in Kafka: when that has just come back, its first answers may be time-outs. */
async function patiently<R>(ask: () => Promise<R>): Promise<R> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === PATIENCE || kindOf(error) !== 'transient') throw error;
    }
  }
}

/** Registers every schema in one fixed order and adds them to the file in which processes look them up. Fatal `schemas_differ` when the registry has forgotten the ids of before. */
export async function registerSchemas({ paths, settings }: Pick<Context, 'paths' | 'settings'>, registry: Registry): Promise<void> {
  const ids = new Map<TopicName, number>();
  for (const topic of TOPIC_NAMES) ids.set(topic, await patiently(() => registry.register(topic)));
  const now = registeredAs(ids);
  const before = existsSync(paths.schemas) ? standingIn(readFileSync(paths.schemas, 'utf8')) : new Map<TopicName, readonly Registered[]>();
  const moved = movedIn(before, now);
  if (moved.length > 0) throw fatal('schemas_differ', `the registry at ${settings.registryUrl} gives other ids than before to the schemas of ${moved.join(', ')}: it was wiped or belongs to another stack. Bring back its data, or start over with ./loop reset`);
  writeJson(paths.schemas, standingText(withRelease(before, now)));
}

/** The SQL files of this program. */
export function migrationFiles(dir = join(PROJECT_DIR, 'schemas/sql')): MigrationFile[] {
  return readdirSync(dir).filter((file) => file.endsWith('.sql')).map((name) => {
    const sql = hashedText(readFileSync(join(dir, name), 'utf8'));
    return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
  });
}
const LOCK_SECONDS = 60;
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
const unless = (code: string) => (error: unknown): void => {
  if (codeOf(error) !== code) throw error;
};
/** Runs the SQL files that have not been run, one program at a time. Returns what a person should know. Fatal `migration_edited`, transient `migrations_locked`.
 *  DDL commits by itself, so a file is marked only after all its statements. */
export async function migrate({ settings }: Pick<Context, 'settings'>, files: readonly MigrationFile[] = migrationFiles()): Promise<string | undefined> {
  const db = await mysql.createConnection({ ...mysqlOptions(settings), multipleStatements: true });
  try {
    // Held by the connection: it goes with it, whatever happens.
    const [locked] = await db.query<mysql.RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS got', [`loop migrations ${settings.mysqlDatabase}`.slice(0, 64), LOCK_SECONDS]);
    if (Number(locked[0]?.['got']) !== 1) throw transient('migrations_locked', `another program has been migrating ${settings.mysqlDatabase} at ${settings.mysqlHost}:${settings.mysqlPort} for ${LOCK_SECONDS} s; wait for it, or see SHOW PROCESSLIST`);
    await db.query('CREATE TABLE IF NOT EXISTS migrations (name VARCHAR(128) NOT NULL PRIMARY KEY, run_at DATETIME(3) NOT NULL)');
    await db.query('ALTER TABLE migrations ADD COLUMN sha256 CHAR(64) NULL').catch(unless('ER_DUP_FIELDNAME'));
    const [marks] = await db.query<mysql.RowDataPacket[]>('SELECT name, sha256 FROM migrations');
    const { run, adopt, foreign } = planMigrations(files, marks as unknown as Mark[]);
    for (const { name, sha256 } of adopt) await db.query('UPDATE migrations SET sha256 = ? WHERE name = ?', [sha256, name]);
    for (const { name, sql, sha256 } of run) {
      // A file that alters is one statement: a column that stands means it was run and not marked.
      await db.query(sql.replaceAll('CREATE TABLE ', 'CREATE TABLE IF NOT EXISTS ')).catch(unless('ER_DUP_FIELDNAME'));
      await db.query('INSERT INTO migrations (name, run_at, sha256) VALUES (?, NOW(3), ?)', [name, sha256]);
    }
    return foreignLine(foreign);
  } finally {
    await db.end();
  }
}

export async function makeBuckets({ settings }: Pick<Context, 'settings'>): Promise<void> {
  const s3 = new Minio(s3Options(settings));
  for (const bucket of BUCKETS) if (!(await s3.bucketExists(bucket))) await s3.makeBucket(bucket);
}
