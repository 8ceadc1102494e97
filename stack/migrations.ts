// Which SQL files are still to be run on a database, and whether it fits the program at all. Pure. They only go forward: a file that has been run is never changed, what comes later is another file.
import { fatal } from '../schemas/failure.ts';

export type MigrationFile = { readonly name: string; readonly sql: string; readonly sha256: string };
/** A row of the table `migrations`; sha256 null: run before checksums were kept. */
export type Mark = { readonly name: string; readonly sha256: string | null };
export type MigrationPlan = {
  /** to be run, in this order */ readonly run: readonly MigrationFile[];
  /** run before checksums were kept: theirs are taken down now */ readonly adopt: readonly MigrationFile[];
  /** run by a newer program */ readonly foreign: readonly string[];
};

/** What the checksum is made of: an editor that changes the ends of lines changes nothing. */
export const hashedText = (sql: string): string => sql.replaceAll('\r\n', '\n');

/** Throws fatal `migration_edited` naming the files. */
export function planMigrations(files: readonly MigrationFile[], marks: readonly Mark[]): MigrationPlan {
  const marked = new Map(marks.map(({ name, sha256 }) => [name, sha256]));
  const edited = files.filter(({ name, sha256 }) => (marked.get(name) ?? sha256) !== sha256).map(({ name }) => `schemas/sql/${name}`);
  if (edited.length > 0) throw fatal('migration_edited', `${edited.join(', ')} ${edited.length === 1 ? 'is' : 'are'} not what was run on this database: its SHA-256 differs from the one in the table migrations. Put the old text back (git checkout) and write the change as a new file; migrations only go forward`);
  const known = new Set(files.map(({ name }) => name));
  return {
    run: files.filter(({ name }) => !marked.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1)),
    adopt: files.filter(({ name }) => marked.get(name) === null),
    foreign: marks.filter(({ name }) => !known.has(name)).map(({ name }) => name).sort(),
  };
}
/** undefined: nothing to tell. */
export const foreignLine = (foreign: readonly string[]): string | undefined =>
  foreign.length === 0 ? undefined : `the database is newer than this program: ${foreign.join(', ')} ${foreign.length === 1 ? 'was' : 'were'} run by another version. What ${foreign.length === 1 ? 'it adds' : 'they add'} is left alone; to be sure, start the newer version`;
