// ./loop test --long faultTable.servers: the rows of the fault table where what the processes stand on breaks, on servers of its own. FAULT_ROWS and FAULTS_SEED: see faultTable.long.pure.test.ts.
import { test } from 'node:test';
import { BROKEN_ROWS } from './rows.ts';
import { holdTable, wanted } from './whole.ts';

const seed = Number(process.env['FAULTS_SEED'] ?? 5);
const rows = wanted(BROKEN_ROWS, process.env['FAULT_ROWS']);
test(`the fault table, what the processes stand on: ${rows.length} rows, seed ${seed}`, (t) => holdTable(t, { name: 'servers', ports: [30_000, 32_700], seed, rows }));
