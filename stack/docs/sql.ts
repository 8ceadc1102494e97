// docs/reference/sql.md: the tables as the migrations in schemas/sql make them, one after the other.
import { code, madeFrom, tableOf } from './table.ts';

export type Migration = { readonly file: string; readonly sql: string };
type Column = { readonly name: string; readonly type: string; readonly file: string };
type Table = { readonly columns: Column[]; readonly keys: string[] };

const KEY = /^(?:ADD )?((?:UNIQUE )?KEY \w+ \(.*\)|PRIMARY KEY \(.*\))$/;
/** Parts between commas that stand in no bracket. */
const partsOf = (text: string): string[] => text.split(/,(?![^(]*\))/).map((part) => part.trim().replaceAll(/\s+/g, ' '));

/** Every table with its columns in order. Throws on a statement it cannot read, for a page must not leave anything out. */
export function tablesIn(migrations: readonly Migration[]): ReadonlyMap<string, Table> {
  const tables = new Map<string, Table>();
  for (const { file, sql } of migrations) {
    for (const statement of sql.replaceAll(/^--.*$/gm, '').split(';').map((one) => one.trim()).filter((one) => one !== '')) {
      const [, create, body = ''] = /^CREATE TABLE (\w+) \((.*)\)[^)]*$/s.exec(statement) ?? [];
      const [, alter, changes = ''] = /^ALTER TABLE (\w+) (.*)$/s.exec(statement) ?? [];
      const name = create ?? alter;
      const table = create === undefined ? tables.get(alter ?? '') : { columns: [], keys: [] };
      if (name === undefined || table === undefined) throw new Error(`${file}: '${statement.slice(0, 60)}' is no CREATE TABLE or ALTER TABLE of a known table`);
      tables.set(name, table);
      for (const part of partsOf(create === undefined ? changes : body)) {
        const key = KEY.exec(part)?.[1];
        const [, column, type = ''] = (create === undefined ? /^ADD COLUMN (\w+) (.*)$/ : /^(\w+) (.*)$/).exec(part) ?? [];
        if (key !== undefined) table.keys.push(key);
        else if (column === undefined) throw new Error(`${file}: '${part}' is neither a column nor a key`);
        else table.columns.push({ name: column, type, file });
      }
    }
  }
  return tables;
}
const commentOf = (sql: string): string => [...sql.matchAll(/^-- (.*)$/gm)].map(([, text = '']) => text).join(' ');

export function sqlPage(migrations: readonly Migration[]): string {
  const sections = [...tablesIn(migrations)].map(([name, { columns, keys }]) => {
    const rows = columns.map(({ name: column, type, file }) => [code(column), type, file.slice(0, 3)]);
    return `## ${name}\n\n${tableOf(['column', 'type', 'since'], rows)}${keys.length === 0 ? '' : `\n\nKeys: ${keys.map(code).join(', ')}.`}`;
  });
  return `# SQL

${madeFrom('schemas/sql/*.sql')}

Tables of the database \`job_db\` (\`MYSQL_DATABASE\`), in the common subset of MySQL 8.4 and MariaDB 11.4. \`./loop up\` applies the migrations in order, each once, and remembers them with their SHA-256 in the table \`migrations\`; they only go forward. A file that was run and then edited is refused; a database that a newer version has migrated is told and left alone; of two programs that migrate at once one waits. Times are the database's.
Only inference writes \`jobs\` and \`label_leases\`, only the trainer writes \`auto_training\` and \`mlflow_mirror\`. Anybody may read. What the columns of the old service mean, and which are new: [move from the old service](../how-to/migrate.md#tables-job_db).

${sections.join('\n\n')}

## Migrations

${tableOf(['file', ''], migrations.map(({ file, sql }) => [code(file), commentOf(sql)]))}
`;
}
