// ./loop test --long faultTable: every row of the fault table, on servers of its own; here those where a server is away, in faultTable.servers.long.pure.test.ts those where what the processes stand on breaks.
// Some rows: FAULT_ROWS=kafka ./loop test --long faultTable (those whose name contains one of these, comma separated). Another world: FAULTS_SEED=7.
import { test } from 'node:test';
import { AWAY_ROWS } from './rows.ts';
import { holdTable, wanted } from './whole.ts';

const seed = Number(process.env['FAULTS_SEED'] ?? 5);
const rows = wanted(AWAY_ROWS, process.env['FAULT_ROWS']);
test(`the fault table, a server away: ${rows.length} rows, seed ${seed}`, (t) => holdTable(t, { name: 'table', ports: [24_000, 28_000], seed, rows }));
