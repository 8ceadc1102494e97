import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopError } from '../schemas/failure.ts';
import { foreignLine, hashedText, planMigrations, type Mark, type MigrationFile } from './migrations.ts';

const file = (name: string, sha256 = `hash of ${name}`): MigrationFile => ({ name, sql: `-- ${name}`, sha256 });
const mark = (name: string, sha256: string | null = `hash of ${name}`): Mark => ({ name, sha256 });
const brief = (files: readonly MigrationFile[], marks: readonly Mark[]) => {
  const { run, adopt, foreign } = planMigrations(files, marks);
  return [run.map(({ name }) => name), adopt.map(({ name }) => name), foreign];
};

test('what is run, by what is there and what has been run', () => {
  const [a, b, c] = [file('001_a.sql'), file('002_b.sql'), file('010_c.sql')];
  const TABLE: [what: string, files: MigrationFile[], marks: Mark[], expected: unknown][] = [
    ['an empty database: all, in the order of their names', [c, a, b], [], [['001_a.sql', '002_b.sql', '010_c.sql'], [], []]],
    ['all have been run', [a, b], [mark('001_a.sql'), mark('002_b.sql')], [[], [], []]],
    ['a new one', [a, b, c], [mark('001_a.sql'), mark('002_b.sql')], [['010_c.sql'], [], []]],
    ['one between two that were run (two branches met)', [a, b, c], [mark('001_a.sql'), mark('010_c.sql')], [['002_b.sql'], [], []]],
    ['run before checksums were kept', [a, b], [mark('001_a.sql', null), mark('002_b.sql')], [[], ['001_a.sql'], []]],
    ['a database newer than the program', [a], [mark('001_a.sql'), mark('099_z.sql')], [[], [], ['099_z.sql']]],
  ];
  for (const [what, files, marks, expected] of TABLE) assert.deepEqual(brief(files, marks), expected, what);
});
test('a file that was run and then edited is refused with its name and the fix, before anything is run', () => {
  assert.throws(() => planMigrations([file('001_a.sql', 'other'), file('002_b.sql')], [mark('001_a.sql')]), (error) => error instanceof LoopError && error.kind === 'fatal' && error.code === 'migration_edited' && /^schemas\/sql\/001_a\.sql is not .*Put the old text back.*new file/.test(error.message));
});
test('other ends of lines are the same text; a database that is not newer is not spoken of', () => {
  assert.equal(hashedText('a\r\nb\n'), 'a\nb\n');
  assert.equal(foreignLine([]), undefined);
  assert.match(foreignLine(['099_z.sql']) ?? '', /newer than this program: 099_z\.sql was run/);
});
