import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COUNTED } from '../consumers/join/join.ts';
import { PROJECT_DIR } from './paths.ts';

const readme = readFileSync(join(PROJECT_DIR, 'README.md'), 'utf8');

test('README.md has a line for every kind the join counts, and for no other', () => {
  const [, table = ''] = readme.split('Counted in `loop_join_events_total{kind}`:');
  const rows = table.trimStart().split('\n\n')[0]?.split('\n').slice(2) ?? [];
  const kinds = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z_]+)`/g)].map((found) => found[1] ?? ''));
  assert.deepEqual(kinds.sort(), [...COUNTED].sort());
});
