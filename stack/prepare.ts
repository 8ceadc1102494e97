// What must stand before our processes start: topics, schemas, tables, buckets.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKafka } from '../producers/kafka.ts';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { mysqlOptions, s3Options } from '../producers/connections.ts';
import { schemaText } from '../schemas/codec.ts';
import { fatal, kindOf, transient } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import { TOPIC_NAMES, topicSpecs } from '../schemas/topics.ts';
import type { Context } from './context.ts';
import { PROJECT_DIR } from './paths.ts';
import { writeJson } from './pids.ts';

const BUCKETS = ['dataset', 'inference', 'models', 'mlflow'];

/** Creates the topics; whenMissing 'refuse': somebody else does (an operator, with replicas of its own), and it is transient `topics_missing` until they stand. Fatal `partitions_differ` when a topic stands with another width than the settings ask for. */
export async function createTopics({ settings }: Pick<Context, 'settings'>, whenMissing: 'create' | 'refuse' = 'create'): Promise<void> {
  const admin = createKafka(settings, 'stack').admin();
  await admin.connect();
  try {
    const standing = new Set(await admin.listTopics());
    const specs = topicSpecs(settings);
    const missing = specs.filter((spec) => !standing.has(spec.name));
    if (missing.length > 0) {
      if (whenMissing === 'refuse') throw transient('topics_missing', `there is no topic ${missing.map((spec) => spec.name).join(', ')} yet; whoever makes them has to come first`);
      await admin.createTopics({ waitForLeaders: true, topics: missing.map((spec) => ({ topic: spec.name, numPartitions: spec.partitions, replicationFactor: 1, configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })) })) });
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: specs.map((spec) => spec.name) });
    for (const spec of specs) {
      const found = topics.find((topic) => topic.name === spec.name)?.partitions.length;
      if (found !== spec.partitions) throw fatal('partitions_differ', `topic ${spec.name} has ${found} partitions, the settings ask for ${spec.partitions}; the number is fixed at creation (PARTITIONS, LABELLED_PARTITIONS)`);
    }
  } finally {
    await admin.disconnect();
  }
}

type Standing = Readonly<Record<string, { readonly id: number; readonly hash: string }>>;
/** Topics whose schema is the same text as before under another id: what stands on them could be read with a foreign schema. */
export const movedSchemas = (before: Standing, now: Standing): string[] => Object.keys(now).filter((topic) => before[topic]?.hash === now[topic]?.hash && before[topic]?.id !== now[topic]?.id);

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

/** Registers every schema in one fixed order and writes topic → {id, hash} where processes find it. Fatal `schemas_differ` when the registry has forgotten the ids of before. */
export async function registerSchemas({ paths, settings }: Pick<Context, 'paths' | 'settings'>, registry: Registry): Promise<void> {
  const now: Record<string, { id: number; hash: string }> = {};
  for (const topic of TOPIC_NAMES) now[topic] = { id: await patiently(() => registry.register(topic)), hash: createHash('sha256').update(schemaText(topic)).digest('hex') };
  const before = existsSync(paths.schemas) ? (JSON.parse(readFileSync(paths.schemas, 'utf8')) as Standing) : {};
  const moved = movedSchemas(before, now);
  if (moved.length > 0) throw fatal('schemas_differ', `the registry at ${settings.registryUrl} gives other ids than before to the schemas of ${moved.join(', ')}: it was wiped or belongs to another stack. Bring back its data, or start over with ./loop reset`);
  writeJson(paths.schemas, now);
}

/** Runs the SQL files that have not been run. DDL commits by itself, so a file is marked only after all its statements. */
export async function migrate({ settings }: Pick<Context, 'settings'>): Promise<void> {
  const db = await mysql.createConnection({ ...mysqlOptions(settings), multipleStatements: true });
  try {
    await db.query('CREATE TABLE IF NOT EXISTS migrations (name VARCHAR(128) NOT NULL PRIMARY KEY, run_at DATETIME(3) NOT NULL)');
    const dir = join(PROJECT_DIR, 'schemas/sql');
    for (const name of readdirSync(dir).filter((file) => file.endsWith('.sql')).sort()) {
      const [rows] = await db.query<mysql.RowDataPacket[]>('SELECT 1 FROM migrations WHERE name = ?', [name]);
      if (rows.length > 0) continue;
      // A file that alters is one statement: a column that stands means it was run and not marked.
      await db.query(readFileSync(join(dir, name), 'utf8').replaceAll('CREATE TABLE ', 'CREATE TABLE IF NOT EXISTS ')).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'ER_DUP_FIELDNAME')) throw error;
      });
      await db.query('INSERT INTO migrations (name, run_at) VALUES (?, NOW(3))', [name]);
    }
  } finally {
    await db.end();
  }
}

export async function makeBuckets({ settings }: Pick<Context, 'settings'>): Promise<void> {
  const s3 = new Minio(s3Options(settings));
  for (const bucket of BUCKETS) if (!(await s3.bucketExists(bucket))) await s3.makeBucket(bucket);
}
