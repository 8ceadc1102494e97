// The tables as they stand, and rows put into them: whole rows, all or none.
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../../producers/connections.ts';
import type { Settings } from '../../schemas/settings.ts';
import { plainRow, type Plain, type PlainRow } from '../../schemas/rowFile.ts';

export const KEYS = { auto_training: 'id', model_metrics: 'id', jobs: 'job_id' } as const;
export type TableName = keyof typeof KEYS;
export type Tables = {
  /** Its columns: name → whether it holds a time. */
  columns(table: TableName): Promise<ReadonlyMap<string, boolean>>;
  rows(table: TableName): Promise<PlainRow[]>;
  /** go: rows that are deleted first. In one transaction over all tables. */
  change(changes: readonly { readonly table: TableName; readonly go: readonly PlainRow[]; readonly come: readonly PlainRow[] }[]): Promise<void>;
  close(): Promise<void>;
};

export async function openTables(settings: Settings): Promise<Tables> {
  const db = await mysql.createConnection({ ...mysqlOptions(settings), timezone: 'Z', supportBigNumbers: true });
  await db.query("SET time_zone = '+00:00'");
  const known = new Map<TableName, ReadonlyMap<string, boolean>>();
  async function columns(table: TableName): Promise<ReadonlyMap<string, boolean>> {
    const standing = known.get(table);
    if (standing !== undefined) return standing;
    const [rows] = await db.query<mysql.RowDataPacket[]>('SELECT COLUMN_NAME AS name, DATA_TYPE AS type FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?', [table]);
    const read = new Map(rows.map((row): [string, boolean] => [String(row['name']), row['type'] === 'datetime']));
    known.set(table, read);
    return read;
  }
  async function insert(table: TableName, row: PlainRow): Promise<void> {
    const kinds = await columns(table);
    const held = Object.entries(row).filter(([name, value]) => kinds.has(name) && value !== null);
    const values = held.map(([name, value]: [string, Plain]) => (kinds.get(name) && typeof value === 'string' ? new Date(value) : value));
    await db.query(`INSERT INTO ${table} (${held.map(([name]) => mysql.escapeId(name)).join(', ')}) VALUES (?)`, [values]);
  }
  return {
    columns,
    async rows(table) {
      const [rows] = await db.query<mysql.RowDataPacket[]>(`SELECT * FROM ${table}`);
      return rows.map(plainRow);
    },
    async change(changes) {
      await db.beginTransaction();
      try {
        for (const { table, go, come } of changes) {
          if (go.length > 0) await db.query(`DELETE FROM ${table} WHERE ${KEYS[table]} IN (?)`, [go.map((row) => row[KEYS[table]])]);
          for (const row of come) await insert(table, row);
        }
        await db.commit();
      } catch (error) {
        await db.rollback();
        throw error;
      }
    },
    close: () => db.end(),
  };
}
