// ./loop test --long faultTable: every row of the fault table on servers of its own. Some rows: FAULT_ROWS=kafka ./loop test --long faultTable (those whose name contains one of these, comma separated). Another world: FAULTS_SEED=7.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTablePlace } from './open.ts';
import { ROWS } from './rows.ts';
import { openTable } from './run.ts';
import { complaintsOf, tableLines } from './seen.ts';

const SEED = Number(process.env['FAULTS_SEED'] ?? 5);
/** Every name contains the empty one. */
const WANTED = (process.env['FAULT_ROWS'] ?? '').split(',');
const rows = ROWS.filter(({ name }) => WANTED.some((one) => name.includes(one)));

test(`the fault table: ${rows.length} rows, seed ${SEED}`, async (t) => {
  const place = await openTablePlace(t, { name: 'table', seed: SEED, mlflow: rows.some(({ part }) => part === 'mlflow') });
  const table = await openTable(t, place, `ft${SEED}`);
  const seen = await table.rows(rows, (one) => {
    for (const line of tableLines([one])) console.log(line);
    for (const complaint of complaintsOf(one)) console.log(`    ${complaint}`);
  });
  console.log(`the fault table, seed ${SEED}: ${seen.length} rows, ${seen.reduce((sum, one) => sum + one.lost, 0)} lost, ${seen.reduce((sum, one) => sum + one.doubled, 0)} doubled, ${seen.reduce((sum, one) => sum + one.restarts, 0)} restarts`);
  for (const line of tableLines(seen)) console.log(line);
  assert.deepEqual(seen.filter((one) => complaintsOf(one).length > 0).map((one) => `${one.row.name}: ${complaintsOf(one).join('; ')}`), []);
});
