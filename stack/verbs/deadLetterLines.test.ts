import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageOf, idOf, inspectLines, listLines, numberOf, purgeLines, type Inspected } from './deadLetterLines.ts';

const letter: Inspected = {
  id: 'dead-letters:0:17', topic: 'feedback', partition: 2, offset: 9, reason: 'unknown_category', error: 'an \u001b[31merror', consumer: 'join', process_version: '0.1.0', at_ms: 0, length: 40, resent: true,
  key: 'k', text: '{"secret":"text of a user"}', whole: true, means: 'It means.', fix: 'Mend.', headers: { process: 'join', 'process-version': '0.1.0' }, resent_by: 'me', resent_at_ms: 60_000,
};
test('a list: where from, why, how large; no text of users, nothing that steers a terminal', () => {
  assert.deepEqual(listLines([letter], '12', 120_000), [
    'N   ago    from        reason            by    bytes  resent  error',
    '17  2 min  feedback-2@9  unknown_category  join  40     yes     an \uFFFD[31merror',
    'older ones: --before 12',
  ].map((line, i) => (i === 0 ? line.replace('from        reason', 'from          reason') : line)));
  assert.ok(!listLines([letter], null, 0).join('').includes('secret'));
  assert.match(listLines([], null, 0)[0] ?? '', /no dead letters/);
  assert.match(listLines([], '5', 0)[0] ?? '', /--before 5/);
});
test('one of them: reason, fix, who, text and bytes', () => {
  const lines = inspectLines(letter, Uint8Array.from([0x7b, 0x22, 1]), 120_000, (ms) => `t${ms}`).join('\n');
  for (const part of ['t0 (2 min ago) by join 0.1.0', 'It means.', 'Mend.', 't60000 by me', 'text of a user', '0000  7b 22 01', '{"·', 'process-version=0.1.0', '…']) assert.ok(lines.includes(part), part);
  assert.match(inspectLines({ ...letter, whole: false }, undefined, 0, String).join('\n'), /it had no value/);
  assert.match(inspectLines({ ...letter, whole: false }, new Uint8Array(3), 0, String).join('\n'), /only the beginning is kept/);
});
test('numbers, ids and ages', () => {
  assert.deepEqual(['17', 'dead-letters:0:17', 'x', '-1', 'products:0:1'].map(idOf), ['dead-letters:0:17', 'dead-letters:0:17', undefined, undefined, undefined]);
  assert.deepEqual(['dead-letters:0:17', 'dead-letters:1:17'].map(numberOf), ['17', 'dead-letters:1:17']);
  assert.deepEqual(['90m', '12h', '7d', '7', '0d', '-1d', '7w'].map(ageOf), [5_400_000, 43_200_000, 604_800_000, undefined, undefined, undefined, undefined]);
});
test('a purge says what remains', () => {
  assert.deepEqual(purgeLines({ status: 'purged', purged: 3, in_log: 0, kept: 0, complete: true }, 30), ['3 purged, 0 stay']);
  assert.match(purgeLines({ status: 'purged', purged: 3, in_log: 2, kept: 1, complete: true }, 30).join('\n'), /2 purged ones Kafka still holds.*30 days/);
  assert.match(purgeLines({ status: 'counted', purged: 3, in_log: 0, kept: 1, complete: false }, 30).join('\n'), /3 would be purged.*purge again/);
});
