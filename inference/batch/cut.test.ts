import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSplitter, MAX_RECORD_CHARS } from '../../schemas/csvSplit.ts';
import { LoopError } from '../../schemas/failure.ts';
import { createCutter, createRecutter, type Block, type BlockSize, type Cutter } from './cut.ts';
import { piecesOf, textBytesOf } from './text.ts';

function cut(bytes: Buffer, chunkBytes: number, size: BlockSize): Block[] {
  return cutBy((room) => createCutter(size, room), bytes, chunkBytes);
}
function cutBy(open: (room: () => Uint8Array | undefined) => Cutter, bytes: Buffer, chunkBytes: number): Block[] {
  const rooms: Uint8Array[] = [];
  const cutter = open(() => rooms.pop());
  const blocks: Block[] = [];
  const keep = (found: Block[]): void => found.forEach((one) => {
    blocks.push({ ...one, bytes: Uint8Array.from(one.bytes) });
    // The memory of a block that has been read is used again.
    one.bytes.fill(0);
    rooms.push(new Uint8Array(one.bytes.buffer));
  });
  for (let at = 0; at < bytes.length; at += chunkBytes) keep(cutter.push(bytes.subarray(at, at + chunkBytes)));
  keep(cutter.end());
  return blocks;
}
/** Row and text of every record, or the words of the refusal. */
function outcome(read: () => [row: number, raw: string][]): unknown {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof LoopError && error.code === 'bad_csv');
    return error.message;
  }
}
const inBlocks = (blocks: readonly Block[]): unknown => outcome(() => blocks.flatMap((block) => [...piecesOf(block, textBytesOf(block, undefined))].flatMap(({ records, firstRow }) => records.map(({ raw }, i): [number, string] => [firstRow + i, raw]))));
function whole(bytes: Buffer): unknown {
  const splitter = createSplitter();
  return outcome(() => [...splitter.push(bytes.toString('utf8')), ...splitter.end()].map(({ raw }, i) => [i + 1, raw]));
}
const text = fc.oneof(
  // Well formed, and anything.
  fc.array(fc.oneof(fc.string({ unit: fc.constantFrom('a', ' ', 'é', '😀'), maxLength: 6 }), fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', 'ö'), maxLength: 6 }).map((one) => `"${one.replaceAll('"', '""')}"`)), { maxLength: 30 }).chain((cells) => fc.constantFrom('\n', '\r\n', '\r').map((end) => `head,er${end}${cells.join(`,b${end}`)}`)),
  fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é'), maxLength: 60 }),
);

test('law: the blocks hold the records of the file with their rows, and of a file that is not CSV they tell the same first fault', () => {
  fc.assert(fc.property(text, fc.integer({ min: 1, max: 20 }), fc.record({ bytes: fc.integer({ min: 1, max: 30 }), rows: fc.integer({ min: 1, max: 5 }) }), (file, chunkBytes, size) => {
    const bytes = Buffer.from(file);
    const blocks = cut(bytes, chunkBytes, size);
    assert.deepEqual(Buffer.concat(blocks.map((one) => one.bytes)), bytes);
    assert.deepEqual(inBlocks(blocks), whole(bytes));
    const cuts = blocks.map(({ bytes: { length }, ...rest }) => ({ length, ...rest }));
    assert.deepEqual(cutBy((room) => createRecutter(cuts, size, room), bytes, chunkBytes + 3), blocks, 'cut again in the same places');
  }), { numRuns: 3000 });
});
test('a block ends at its size in bytes or rows', () => {
  const file = Buffer.from('h\n' + 'abc\n'.repeat(20));
  assert.deepEqual(cut(file, 7, { bytes: 10, rows: 100 }).map(({ bytes, firstRow }) => [bytes.length, firstRow]), [[10, 1], [12, 4], [12, 7], [12, 10], [12, 13], [12, 16], [12, 19]]);
  assert.deepEqual(cut(file, 1000, { bytes: 1000, rows: 8 }).map(({ firstRow, isLast }) => [firstRow, isLast]), [[1, false], [9, false], [17, true]]);
});
test('a record that does not end is given on to be refused before the file is in memory', () => {
  const huge = Buffer.alloc(5 * MAX_RECORD_CHARS, 'x');
  for (const head of ['h\nfirst\n"', 'h\nfirst\n']) {
    const cutter = createCutter({ bytes: 100_000, rows: 10 });
    const blocks = [...cutter.push(Buffer.from(head)), ...cutter.push(huge)];
    assert.match(String(inBlocks(blocks)), /row 3, column 1: .* no end within 1000000 characters/, head);
  }
});
