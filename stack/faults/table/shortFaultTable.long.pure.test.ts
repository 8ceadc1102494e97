// ./loop test --long shortFaultTable. Two rows of the fault table, one that makes everybody hold and one that only the children meet; the whole table is faultTable.long.pure.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTablePlace } from './open.ts';
import { SHORT_ROWS } from './rows.ts';
import { openTable } from './run.ts';
import { complaintsOf, tableLines } from './seen.ts';

const SEED = 3;
test('while Kafka or S3 is away everybody does what the table says; back again, nothing is lost, doubled or started anew', async (t) => {
  const table = await openTable(t, await openTablePlace(t, { name: 'short', seed: SEED, mlflow: false }), 'short');
  const seen = await table.rows(SHORT_ROWS, () => undefined);
  for (const line of tableLines(seen)) console.log(line);
  assert.deepEqual(seen.map((one) => `${one.row.name}: ${complaintsOf(one).join('; ')}`), SHORT_ROWS.map(({ name }) => `${name}: `));
});
