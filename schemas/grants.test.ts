import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accountOf, GRANTS, grantStatements, MYSQL_USERS } from './grants.ts';

const sql = readdirSync(join(import.meta.dirname, 'sql')).filter((file) => file.endsWith('.sql')).map((file) => readFileSync(join(import.meta.dirname, 'sql', file), 'utf8')).join('\n');

test('every table says who may do what with it, and no other is told', () => {
  const tables = [...sql.matchAll(/^CREATE TABLE (?:IF NOT EXISTS )?`?(\w+)`?/gm)].map(([, name = '']) => name);
  assert.deepEqual(Object.keys(GRANTS).sort(), [...new Set([...tables, 'migrations'])].sort(), 'a new table belongs into GRANTS in schemas/grants.ts');
});
test('each table that trains or predicts has one writer among the processes, and Grafana writes nothing', () => {
  for (const [table, users] of Object.entries(GRANTS)) {
    const writers = MYSQL_USERS.filter((user) => users[user]?.some((right) => right !== 'SELECT'));
    assert.ok(writers.length <= (table === 'model_metrics' ? 2 : 1), `${table}: ${writers.join(', ')}`);
    assert.ok(!writers.includes('grafana'), table);
  }
});
test('the statements', () => {
  assert.deepEqual(grantStatements('job_db', 'grafana', accountOf("g'", '%')), [
    "GRANT SELECT ON `job_db`.`jobs` TO 'g'''@'%'", "GRANT SELECT ON `job_db`.`auto_training` TO 'g'''@'%'", "GRANT SELECT ON `job_db`.`model_metrics` TO 'g'''@'%'",
  ]);
});
