// The bytes of a block to its records: UTF-8 only, and what is no UTF-8 is told with row and column.
import { isAscii, isUtf8 } from 'node:buffer';
import { createSplitter, type CsvRecord, type Splitter } from '../../schemas/csvSplit.ts';
import { poison } from '../../schemas/failure.ts';
import type { Block } from './cut.ts';

const REPLACED = '\uFFFD';
const MARK = [0xef, 0xbb, 0xbf];

function requireNoUtf16([first, second]: Uint8Array): void {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw poison('bad_csv', 'row 1: the file is UTF-16; save it as UTF-8 CSV');
}
const splitterOf = ({ firstRow, lineEnd }: Block): Splitter => createSplitter(undefined, { rows: firstRow - 1, lineEnd });
/** Throws poison `bad_csv` naming row and column of the first bytes that are no UTF-8. */
function refuseBytes(bytes: Buffer, block: Block, header: readonly string[] | undefined): never {
  let where = `row ${block.firstRow}`;
  try {
    const splitter = splitterOf(block);
    const records = [...splitter.push(bytes.toString('utf8')), ...splitter.end()];
    const at = records.findIndex(({ cells }) => cells.some((one) => one.includes(REPLACED)));
    const column = records[at]?.cells.findIndex((one) => one.includes(REPLACED)) ?? -1;
    if (at >= 0) where = `row ${block.firstRow + at}: column ${(header ?? records[0]?.cells)?.[column] ?? column + 1}`;
  } catch {
    // No CSV either: the encoding is told first.
  }
  throw poison('bad_csv', `${where} is not UTF-8; save the file as UTF-8 CSV`);
}

/** Of a block at a time: what is made of the records of one piece is gone before the next, so that the garbage collector finds nothing to keep. */
const PIECE_CHARS = 8 * 1024;
export type Piece = { readonly records: readonly CsvRecord[]; /** the number of the first one */ readonly firstRow: number };

/** What stands in a block without a byte order mark. header: the cells of row 1, for the words of a refusal; undefined: the block has them. Throws poison `bad_csv` with row and column where it is no UTF-8. */
export function textBytesOf(block: Block, header: readonly string[] | undefined): Buffer {
  const all = Buffer.from(block.bytes.buffer, block.bytes.byteOffset, block.bytes.length);
  const isStart = block.firstRow === 1;
  if (isStart) requireNoUtf16(all);
  const bytes = isStart && MARK.every((byte, i) => all[i] === byte) ? all.subarray(MARK.length) : all;
  return isUtf8(bytes) ? bytes : refuseBytes(bytes, block, header);
}
/** The record that stands in bytes[from, to), if it is whole. Throws poison `bad_csv` with row and column. */
export function recordsIn(bytes: Buffer, from: number, to: number, row: number, { lineEnd, isLast }: Block): CsvRecord[] {
  const splitter = createSplitter(undefined, { rows: row - 1, lineEnd });
  const records = splitter.push(bytes.toString('utf8', from, to));
  return isLast && to === bytes.length ? [...records, ...splitter.end()] : records;
}
/** bytes: what textBytesOf gives of the block. Throws poison `bad_csv` with row and column. */
export function* piecesOf(block: Block, bytes: Buffer): Generator<Piece> {
  const text = isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
  const splitter = splitterOf(block);
  for (let at = 0; at < text.length; at += PIECE_CHARS) {
    const firstRow = splitter.rows() + 1;
    yield { records: splitter.push(text.slice(at, at + PIECE_CHARS)), firstRow };
  }
  const firstRow = splitter.rows() + 1;
  if (block.isLast) yield { records: splitter.end(), firstRow };
}
/** The first record of a block. */
export function headIn(block: Block): CsvRecord | undefined {
  for (const { records } of piecesOf(block, textBytesOf(block, undefined))) if (records[0] !== undefined) return records[0];
  return undefined;
}
