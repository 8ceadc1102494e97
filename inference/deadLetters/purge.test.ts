import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aboutThisLog, isPurged, matches, sweepFrom, swept, type PurgeRule } from './purge.ts';

const letter = { topic: 'feedback', reason: 'orphan', died_at: 50 };
const rule = (change: Partial<PurgeRule> = {}): PurgeRule => ({ from: 0n, upto: 100n, ...change });

test('a rule matches what it names, and what it leaves out matches any', () => {
  const table: readonly (readonly [Partial<PurgeRule>, boolean])[] = [
    [{}, true], [{ topic: 'feedback' }, true], [{ topic: 'products' }, false], [{ reason: 'orphan' }, true], [{ reason: 'late' }, false], [{ beforeMs: 51 }, true], [{ beforeMs: 50 }, false],
    [{ topic: 'feedback', reason: 'late' }, false], [{ from: 7n, upto: 8n }, true], [{ from: 8n, upto: 9n }, false], [{ upto: 7n }, false],
  ];
  for (const [change, want] of table) assert.equal(matches(rule(change), 7n, letter), want, JSON.stringify(change, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
  assert.deepEqual([{}, { topic: 'feedback' }, { beforeMs: 99 }].map((change) => matches(rule(change), 7n, undefined)), [true, false, false]);
});
test('a rule that reaches beyond the end is about a topic that was made anew', () => {
  assert.deepEqual(aboutThisLog([rule({ upto: 10n }), rule({ upto: 11n })], 10n), [rule({ upto: 10n })]);
});

const aLetter = fc.record({ topic: fc.constantFrom('feedback', 'products'), reason: fc.constantFrom('orphan', 'not_avro'), died_at: fc.nat(20) });
const aRule = (size: number) => fc.record({ from: fc.bigInt(0n, BigInt(size)), upto: fc.bigInt(0n, BigInt(size)), topic: fc.option(fc.constantFrom('feedback', 'products'), { nil: undefined }), reason: fc.option(fc.constantFrom('orphan', 'not_avro'), { nil: undefined }), beforeMs: fc.option(fc.nat(20), { nil: undefined }) });
test('law: the log is never cut beyond a letter that stays, and every letter is counted once', () => {
  const size = 30;
  fc.assert(fc.property(fc.array(fc.option(aLetter, { nil: undefined }), { maxLength: size }), fc.array(aRule(size), { maxLength: 4 }), fc.array(aRule(size), { maxLength: 4 }), (letters, standing, fresh) => {
    const sweep = letters.reduce((so, one, i) => swept(so, standing, fresh, BigInt(i), one), sweepFrom(0n));
    const stays = letters.map((one, i) => !isPurged([...standing, ...fresh], BigInt(i), one));
    const first = stays.indexOf(true);
    assert.equal(Number(sweep.cutTo), first === -1 ? letters.length : first);
    assert.equal(sweep.kept, stays.filter(Boolean).length);
    assert.equal(sweep.newly, letters.filter((one, i) => isPurged(fresh, BigInt(i), one) && !isPurged(standing, BigInt(i), one)).length);
    assert.equal(sweep.front, Number(sweep.cutTo));
    assert.equal(sweep.hidden + sweep.kept + sweep.front, letters.length);
  }));
});
