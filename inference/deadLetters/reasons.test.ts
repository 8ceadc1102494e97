// Every reason that the code can give a dead letter is explained, in the table and on the page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { meaningOf, REASONS } from './reasons.ts';

/** Where reasons are written, and how. */
const SOURCES: readonly (readonly [file: string, written: RegExp])[] = [
  ['consumers/inputs.ts', /deadOf\(ask, record, '(\w+)'/g], ['inference/stream.ts', /dead\('(\w+)'/g], ['schemas/registry.ts', /poison\('(\w+)'/g], ['schemas/codec.ts', /poison\('(incompatible_schema|not_avro)'/g],
  ['consumers/join/join.ts', /setAside\('(\w+)'/g], ['consumers/join/join.ts', /reason: '(\w+)'/g], ['trainer/jobs/intake.ts', /LoopError\('poison', '(\w+)'/g], ['trainer/jobs/cancel.ts', /poison\('(\w+)'/g],
];
const read = (file: string): string => readFileSync(join(PROJECT_DIR, file), 'utf8');

test('every reason the code can give has a meaning and a way to mend it, and no other has', () => {
  const given = new Set(SOURCES.flatMap(([file, written]) => {
    const found = [...read(file).matchAll(written)].map(([, reason = '']) => reason);
    assert.ok(found.length > 0, `${file} has no ${written.source}`);
    return found;
  }));
  assert.deepEqual([...given].sort(), Object.keys(REASONS).sort());
  for (const [reason, { means, fix }] of Object.entries(REASONS)) assert.ok(means.endsWith('.') && fix.endsWith('.'), reason);
});
test('the page on dead letters has every reason, with the same words', () => {
  const page = read('docs/how-to/dead-letters.md');
  for (const [reason, { means, fix }] of Object.entries(REASONS)) assert.ok(page.includes(`| \`${reason}\` | ${means} | ${fix} |`), reason);
});
test('a reason of a later release is told as unknown, be it called as it likes', () => {
  for (const reason of ['brand_new', 'toString', '__proto__']) assert.match(meaningOf(reason).means, /does not know/);
});
