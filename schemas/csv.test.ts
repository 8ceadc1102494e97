// Every way a file can be malformed: refused with row and column; the good rows beside the bad ones are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCsv, readRecords, refusalText, writeCsv, type LabelColumn } from './csv.ts';
import { LoopError } from './failure.ts';

const HEAD = 'product_description,Category\n';
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const read = (file: string | Buffer, column: LabelColumn = 'Category') => readCsv(Buffer.from(file), column, ['X', 'Y']);

const WHOLE: { name: string; file: string | Buffer; says: RegExp }[] = [
  { name: 'nothing at all', file: '', says: /row 1: column product_description and Category missing/ },
  { name: 'a missing column', file: 'product_description,Kategorie\na,X\n', says: /row 1: column Category missing; the header is 'product_description,Kategorie'/ },
  { name: 'a column twice', file: 'product_description,Category,Category\na,X,Y\n', says: /row 1: column Category stands twice/ },
  { name: 'Latin-1', file: latin1(`${HEAD}plain,X\nCr\u00e8me,X\n`), says: /row 3: column product_description is not UTF-8/ },
  { name: 'Latin-1 in the label', file: latin1(`${HEAD}plain,X\nplain two,\u00e9\n`), says: /row 3: column Category is not UTF-8/ },
  { name: 'UTF-16', file: Buffer.from(`\ufeff${HEAD}a,X\n`, 'utf16le'), says: /row 1: the file is UTF-16/ },
  { name: 'a quote never closed', file: `${HEAD}a,X\n"b,X\nc,X\n`, says: /row \d+.*not CSV.*Quote Not Closed/ },
  { name: 'a quote in the middle', file: `${HEAD}a,X\nb "c" d"e",X\n`, says: /row 3, column 1: the file is not CSV/ },
];
for (const { name, file, says } of WHOLE) {
  test(`unusable as a whole: ${name}`, () => {
    assert.throws(() => read(file), (error: unknown) => error instanceof LoopError && error.code === 'bad_csv' && says.test(error.message));
  });
}
const SINGLE: { name: string; line: string; field: string; says: RegExp }[] = [
  { name: 'an empty description', line: ',X', field: 'product_description', says: /is empty/ },
  { name: 'blanks only', line: '"  ",X', field: 'product_description', says: /is empty/ },
  { name: 'NaN as description', line: 'NaN,X', field: 'product_description', says: /is empty \('NaN'\)/ },
  { name: 'no category', line: 'a,', field: 'Category', says: /is empty/ },
  { name: 'NaN as category', line: 'a,nan', field: 'Category', says: /is empty \('nan'\)/ },
  { name: 'an unknown category', line: 'a,Z', field: 'Category', says: /'Z' is not one of X, Y/ },
  { name: 'a cell too many', line: 'a,X,1', field: '*', says: /has 3 cells, the header has 2/ },
  { name: 'too long', line: `${'a'.repeat(2001)},X`, field: 'product_description', says: /longer than 2000/ },
  { name: 'bytes that are no text', line: 'a\u0000b,X', field: 'product_description', says: /not text/ },
];
for (const { name, line, field, says } of SINGLE) {
  test(`one row refused: ${name}; the rows around it are kept`, () => {
    const { rows, refused } = read(`${HEAD}good,X\n\n${line}\n1664,Y\n`);
    assert.deepEqual(rows.map((row) => [row.row, row.product_description]), [[2, 'good'], [5, '1664']]);
    assert.deepEqual(refused.map((one) => [one.row, one.field]), [[4, field]]);
    assert.match(refused[0]?.reason ?? '', says);
  });
}
test('a verified file: rows without a label are not verified, ids are checked', () => {
  const { rows, refused } = read('prediction_id,product_description,HUMAN_VERIFIED_Category\np1,a,X\np2,b,\n,c,Y\np 4,d,Y\np5,e,nan\n', 'HUMAN_VERIFIED_Category');
  assert.deepEqual(rows.map((row) => [row.row, row.prediction_id]), [[2, 'p1'], [4, undefined]]);
  assert.deepEqual(refused.map((one) => [one.row, one.field]), [[5, 'prediction_id']]);
});
test('refusals in words: how many, and the first three', () => {
  const refused = [2, 4, 5, 9].map((row) => ({ row, field: 'Category', reason: 'is empty' }));
  assert.equal(refusalText([], 5), '');
  assert.equal(refusalText(refused, 20), '4 of 20 rows: row 2, Category is empty; row 4, Category is empty; row 5, Category is empty; …');
});
test('what is written reads back', () => {
  const rows = [['a, "b"\nc', '1'], ['', '2']];
  assert.deepEqual(readRecords(Buffer.from(writeCsv(['x', 'y'], rows))), [{ x: 'a, "b"\nc', y: '1' }, { x: '', y: '2' }]);
  assert.equal(read('\ufeffproduct_description,Category\na,X\n').rows.length, 1);
});
