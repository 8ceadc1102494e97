// The written pages are those of the code; and nothing of the code can be left out unseen.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from '../paths.ts';
import { typeIn } from './events.ts';
import { withSnippets } from './snippets.ts';
import { tablesIn } from './sql.ts';
import { writtenPages } from './write.testing.ts';

const pages = await writtenPages();
for (const [file, text] of Object.entries(pages)) {
  test(`${file} is what the code says (node stack/docs/write.testing.ts writes it)`, () => {
    assert.equal(existsSync(join(PROJECT_DIR, file)) ? readFileSync(join(PROJECT_DIR, file), 'utf8') : 'there is no such page', text);
  });
}
test('types of Avro in words', () => {
  assert.equal(typeIn(['null', 'string']), 'string or null');
  assert.equal(typeIn(['null', { type: 'long', logicalType: 'timestamp-millis' }]), 'long (timestamp-millis) or null');
  assert.equal(typeIn({ type: 'array', items: { type: 'record', name: 'Cell', fields: [{ name: 'label', type: 'string' }, { name: 'count', type: 'long' }] } }), 'list of Cell {label: string, count: long}');
});
test('tables are read from their migrations; a statement that is not understood is an error, not a gap', () => {
  const made = tablesIn([{ file: '001_a.sql', sql: '-- A; b\nCREATE TABLE t (\n  id CHAR(36) NOT NULL PRIMARY KEY,\n  f DECIMAL(3,1) NULL,\n  KEY t_f (f, id)\n) CHARACTER SET utf8mb4;' }, { file: '002_b.sql', sql: 'ALTER TABLE t ADD COLUMN g INT NULL,\n  ADD KEY t_g (g);' }]).get('t');
  assert.deepEqual(made, { columns: [{ name: 'id', type: 'CHAR(36) NOT NULL PRIMARY KEY', file: '001_a.sql' }, { name: 'f', type: 'DECIMAL(3,1) NULL', file: '001_a.sql' }, { name: 'g', type: 'INT NULL', file: '002_b.sql' }], keys: ['KEY t_f (f, id)', 'KEY t_g (g)'] });
  for (const sql of ['DROP TABLE t', 'ALTER TABLE unknown ADD COLUMN a INT', 'CREATE TABLE t (id INT); ALTER TABLE t RENAME COLUMN a TO b']) assert.throws(() => tablesIn([{ file: 'x.sql', sql }]), /x\.sql: '/);
});
test('files of examples/ stand in pages as they are, whatever stood there', () => {
  const page = 'a\n<!-- examples/x/y.py:begin -->\nold\n<!-- examples/x/y.py:end -->\nb';
  const made = withSnippets(page, (file) => `# ${file}\n`);
  assert.equal(made, 'a\n<!-- examples/x/y.py:begin -->\n```python\n# examples/x/y.py\n```\n<!-- examples/x/y.py:end -->\nb');
  assert.equal(withSnippets(made, (file) => `# ${file}\n`), made);
  assert.throws(() => withSnippets('<!-- examples/x/y.py:begin -->\nno end', () => ''), /does not end/);
});
