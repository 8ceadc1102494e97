// Rows of the fault table from beginning to end: a place with what they need, every row, the table printed as it grows.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { closeAtEnd } from '../../testing.ts';
import { canMount, unmountDisk } from './acts.ts';
import { openTablePlace } from './open.ts';
import type { PlaceOptions } from './place.ts';
import type { Row } from './rows.ts';
import { openTable } from './run.ts';
import { complaintsOf, tableLines } from './seen.ts';

/** Those whose name contains one of these words, comma separated; undefined: all. Every name contains the empty one. */
export const wanted = <R extends Row>(rows: readonly R[], words: string | undefined): readonly R[] => rows.filter(({ name }) => (words ?? '').split(',').some((one) => name.includes(one)));

/** The test fails when a row does not hold. Rows that need a small file system are left out where none can be made. */
export async function holdTable(t: TestContext, { name, ports, seed, rows }: Pick<PlaceOptions, 'name' | 'ports'> & { readonly seed: number; readonly rows: readonly Row[] }): Promise<void> {
  const ours = rows.filter((row) => row.kind === 'away' || !row.mounts || canMount());
  if (ours.length === 0) return t.skip('no row of it is wanted');
  const place = await openTablePlace(t, { name, ports, seed, rows: ours });
  if (ours.some((row) => row.kind === 'broken' && row.mounts)) closeAtEnd(t, () => unmountDisk(place));
  const table = await openTable(t, place, `${name}${seed}`);
  const seen = await table.rows(ours, (one) => {
    for (const line of tableLines([one])) console.log(line);
    for (const complaint of complaintsOf(one)) console.log(`    ${complaint}`);
  });
  const total = (count: 'lost' | 'doubled' | 'restarts'): string => `${seen.reduce((sum, one) => sum + one[count], 0)} ${count}`;
  console.log(`the fault table, seed ${seed}: ${seen.length} rows, ${total('lost')}, ${total('doubled')}, ${total('restarts')}`);
  for (const line of tableLines(seen)) console.log(line);
  assert.deepEqual(seen.filter((one) => complaintsOf(one).length > 0).map((one) => `${one.row.name}: ${complaintsOf(one).join('; ')}`), []);
}
