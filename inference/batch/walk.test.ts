import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkRecord } from '../../schemas/csv.ts';
import { LoopError } from '../../schemas/failure.ts';
import { createCutter, type Block } from './cut.ts';
import { createCount, headerOf } from './rows.ts';
import { headIn, piecesOf, textBytesOf } from './text.ts';
import { walk } from './walk.ts';

const KNOWN = new Set(['Beverages']);
type Row = { readonly row: number; readonly raw: string; readonly read: unknown };
function blocksOf(file: string): Block[] {
  const cutter = createCutter({ bytes: 60, rows: 4 });
  return [...cutter.push(Buffer.from(file)), ...cutter.end()];
}
function outcome<R>(read: () => R): R | string {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof LoopError && error.code === 'bad_csv');
    return error.message;
  }
}
/** What the walk tells of a file, every row checked, and how many rows were plain. */
function walked(file: string): { readonly rows: Row[] | string; readonly plain: number } {
  let plain = 0;
  const rows = outcome(() => {
    const blocks = blocksOf(file);
    const head = blocks[0] === undefined ? undefined : headIn(blocks[0]);
    if (head === undefined) return [];
    const columns = headerOf(head);
    const found: Row[] = [];
    for (const block of blocks) {
      const bytes = textBytesOf(block, head.cells);
      walk(block, bytes, columns, {
        plain(row, from, to, textFrom, textTo) {
          plain += 1;
          found.push({ row, raw: bytes.toString('latin1', from, to), read: { product_description: bytes.toString('latin1', textFrom, textTo), category: undefined, prediction_id: undefined } });
        },
        record: (row, { cells, raw }) => void found.push({ row, raw, read: checkRecord(cells, columns, KNOWN) }),
      });
    }
    return found;
  });
  return { rows, plain };
}
/** The same by reading everything as CSV. */
const asCsv = (file: string): Row[] | string => outcome(() => {
  const blocks = blocksOf(file);
  const head = blocks[0] === undefined ? undefined : headIn(blocks[0]);
  if (head === undefined) return [];
  const columns = headerOf(head);
  return blocks.flatMap((block) => [...piecesOf(block, textBytesOf(block, head.cells))].flatMap(({ records, firstRow }) => records.map(({ cells, raw }, i) => ({ row: firstRow + i, raw, read: checkRecord(cells, columns, KNOWN) })))).filter(({ row }) => row > 1);
});

const CELL = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('apple pie 3', ' Crackers 200 g ', 'x'.repeat(2000)) }, fc.constantFrom('', ' ', 'nan', 'null ', 'pear', 'abcde', 'Beverages', '"a, b"', '"a ""q"""', '"two\nlines"', 'caf\u00e9 noir', 'tab\there', 'a\u0000bcdef', '5" pipe', '"x"y', '"never closed', 'y'.repeat(2001), 'a\rb'));
const HEADS = ['product_description', 'product_description,HUMAN_VERIFIED_Category', 'sku,product_description', 'HUMAN_VERIFIED_Category,sku,product_description', 'product_description,sku'];
const file = fc.tuple(fc.constantFrom(...HEADS), fc.array(fc.array(CELL, { minLength: 1, maxLength: 3 }).map((cells) => cells.join(',')), { maxLength: 12 }), fc.constantFrom('\n', '\n', '\r\n', '\r'), fc.boolean())
  .map(([head, rows, end, isEnded]) => `${[head, ...rows].join(end)}${isEnded ? end : ''}`);

test('law: the walk tells the rows of the file as CSV has them, checked alike, and of what is no CSV the same first fault', () => {
  let plain = 0;
  fc.assert(fc.property(file, (one) => {
    const found = walked(one);
    plain += found.plain;
    assert.deepEqual(found.rows, asCsv(one));
  }), { numRuns: 4000 });
  assert.ok(plain > 1000, `only ${plain} rows were plain: the law says little`);
});
const PLAIN: readonly (readonly [rows: string, plain: number, why: string])[] = [
  ['apple pie\n', 1, 'printable ASCII'], ['  apple pie  \r\n', 1, 'trimmed, CR LF'], ['nan\n', 0, 'may stand for nothing'], ['caf\u00e9 noir\n', 0, 'not ASCII'], ['"apple pie"\n', 0, 'quoted'], ['apple pie,x\n', 0, 'a cell too many'], ['apple pie', 0, 'no line end'],
];
for (const [rows, plain, why] of PLAIN) test(`plain or not: ${why}`, () => assert.equal(walked(`product_description\n${rows}`).plain, plain));
test('a verified row is never plain, one that is not verified is', () => assert.equal(walked('product_description,HUMAN_VERIFIED_Category\napple pie,Beverages\napple pie,\n').plain, 1));
test('plain rows count as usable', () => {
  const [block = assert.fail()] = blocksOf('product_description\napple pie\nnan\n');
  const counting = createCount(headerOf({ cells: ['product_description'], raw: '' }), KNOWN);
  walk(block, textBytesOf(block, undefined), headerOf({ cells: ['product_description'], raw: '' }), counting);
  assert.deepEqual(counting.census(), { rows: 2, bad: 1, first: [{ row: 3, field: 'product_description', reason: "is empty ('nan')" }] });
});
