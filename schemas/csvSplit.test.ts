import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { createSplitter, type CsvRecord } from './csvSplit.ts';
import { LoopError } from './failure.ts';

/** All records of a text that comes in pieces of these lengths, again and again. */
function splitIn(text: string, lengths: readonly number[], maxChars?: number): CsvRecord[] {
  const splitter = createSplitter(maxChars);
  const records: CsvRecord[] = [];
  for (let at = 0, i = 0; at < text.length; i += 1) {
    const length = lengths[i % lengths.length] ?? 1;
    records.push(...splitter.push(text.slice(at, at + length)));
    at += length;
  }
  records.push(...splitter.end());
  assert.equal(splitter.rows(), records.length);
  return records;
}
const cellsOf = (records: readonly CsvRecord[]): string[][] => records.map(({ cells }) => [...cells]);
const oracle = (text: string): string[][] => parse(text, { relax_column_count: true });

const plain = fc.string({ unit: fc.constantFrom('a', 'B', ' ', 'é', '€', '😀', '\t'), maxLength: 6 });
const odd = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', 'ö'), maxLength: 6 }).map((text) => `"${text.replaceAll('"', '""')}"`);
const row = fc.array(fc.oneof({ weight: 3, arbitrary: plain }, odd), { minLength: 1, maxLength: 4 }).map((cells) => cells.join(','));

test('law: whatever the pieces, the records are those of csv-parse, and each raw text read alone is its record', () => {
  fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }), (rows, end, isEnded, lengths) => {
    // The first line is a header without quotes, as ours are: it tells the line end.
    const text = `head,er${end}${rows.join(end)}${isEnded ? end : ''}`;
    const records = splitIn(text, lengths);
    assert.deepEqual(cellsOf(records), oracle(text));
    for (const { cells, raw } of records.slice(1)) if (raw !== '') assert.deepEqual(cellsOf(splitIn(`h${end}${raw}${end}`, [7])).slice(1), [[...cells]]);
  }), { numRuns: 2000 });
});
test('line ends: CR LF, LF, a lone CR; blank lines are records, so that rows count as a spreadsheet counts them', () => {
  for (const end of ['\n', '\r\n', '\r']) for (const length of [1, 2, 3, 100]) assert.deepEqual(cellsOf(splitIn(`a,b${end}c,"d"${end}${end}e,`, [length])), [['a', 'b'], ['c', 'd'], [''], ['e', '']], JSON.stringify([end, length]));
});
test('one line without an end, and nothing at all', () => {
  assert.deepEqual(cellsOf(splitIn('a,b', [1])), [['a', 'b']]);
  assert.deepEqual(splitIn('', [1]), []);
});

const WRONG: { name: string; text: string; says: RegExp }[] = [
  { name: 'a quote in the middle', text: 'a,b\n1,5" pipe\n', says: /row 2, column 2: the file is not CSV: a quote stands within a cell/ },
  { name: 'text behind a closing quote', text: 'a,b\n1,2\n"x"y,3\n', says: /row 3, column 1: .* between a closing quote and the next comma/ },
  { name: 'never closed', text: 'a,b\n1,"x\n2,3\n', says: /row 2, column 2: .* opened and never closed/ },
];
for (const { name, text, says } of WRONG) {
  test(`refused with row and column: ${name}`, () => {
    for (const length of [1, 4, 100]) assert.throws(() => splitIn(text, [length]), (error) => error instanceof LoopError && error.code === 'bad_csv' && says.test(error.message));
    assert.throws(() => oracle(text), 'csv-parse refuses it too');
  });
}
test('a quote that is never closed is refused long before the file is in memory', () => {
  assert.throws(() => splitIn(`a,b\n"${'x'.repeat(5000)}`, [100], 1000), /row 2, column 1: .* no end within 1000 characters/);
});
