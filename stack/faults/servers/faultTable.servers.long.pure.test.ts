// ./loop test --long faultTable.servers: disks, clocks, schemas, connections and bytes, on servers of its own; each row a test. Some rows: FAULT_ROWS=clock,mysql (part or fault contains one of these).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { stateDirOf } from '../../../consumers/join/worker.ts';
import { closeAtEnd } from '../../testing.ts';
import { table } from '../../verbs/terminal.ts';
import { canMount, DISK_ROWS, SERVER_ROWS } from './rows.testing.ts';
import { openWorld } from './world.testing.ts';

const WANTED = process.env['FAULT_ROWS']?.split(',');
test('what the processes stand on fails in every way we know: nothing lost, nothing doubled, nobody restarted by hand', async (t) => {
  const world = await openWorld(t);
  const rows = [...(canMount() ? DISK_ROWS : []), ...SERVER_ROWS].filter(({ part, fault }) => WANTED === undefined || WANTED.some((one) => `${part}: ${fault}`.includes(one)));
  if (canMount()) closeAtEnd(t, () => spawnSync('umount', ['-l', dirname(stateDirOf(world.context.settings, 0))]));
  const seen: string[][] = [];
  for (const [i, row] of rows.entries()) {
    await t.test(`${row.part}: ${row.fault}`, async () => {
      let said = '';
      const before = world.starts();
      const differences = await world.under(`row${i}`, async () => {
        said = await row.run(world).catch((error: unknown) => `NOT AS EXPECTED: ${error instanceof Error ? error.message : String(error)}`);
      }).catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
      seen.push([row.part, row.fault, row.expected, said, `${world.starts() - before - row.kills} other restarts`, `${differences.length} differences`]);
      for (const line of table(['part', 'fault', 'expected', 'seen', '', 'verify'], seen.slice(-1))) console.log(line);
      assert.deepEqual(differences, []);
      assert.ok(!said.startsWith('NOT'), said);
    });
  }
  for (const line of table(['part', 'fault', 'expected', 'seen', '', 'verify'], seen)) console.log(line);
});
