// ./loop test --long shortFaultTable. Two rows of the fault table, one that makes everybody hold and one that only the children meet; the whole table is faultTable.long.pure.test.ts.
import { test } from 'node:test';
import { SHORT_ROWS } from './rows.ts';
import { holdTable } from './whole.ts';

test('while Kafka or S3 is away everybody does what the table says; back again, nothing is lost, doubled or started anew', (t) => holdTable(t, { name: 'short', ports: [28_000, 30_000], seed: 3, rows: SHORT_ROWS }));
