// Bytes of a file to its records, piece by piece: UTF-8 only, and what is no UTF-8 is told with row and column.
import { isAscii, isUtf8 } from 'node:buffer';
import { createSplitter, type CsvRecord, type Splitter } from '../../schemas/csvSplit.ts';
import { poison } from '../../schemas/failure.ts';

const REPLACED = '\uFFFD';
/** Of a byte order mark, at most. */
const MARK_BYTES = 3;
/** records: in order; firstRow: the number of the first one, as a spreadsheet counts (the header is 1). */
export type Piece = { readonly records: readonly CsvRecord[]; readonly firstRow: number };

/** How many bytes at the end belong to a character whose rest is still to come. */
function openBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
function requireNoUtf16([first, second]: Uint8Array): void {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw poison('bad_csv', 'row 1: the file is UTF-16; save it as UTF-8 CSV');
}
/** Throws poison `bad_csv` naming row and column of the first bytes that are no UTF-8. */
function refuseBytes(bytes: Buffer, splitter: Splitter, header: readonly string[] | undefined): never {
  const firstRow = splitter.rows() + 1;
  let where = `row ${firstRow}`;
  try {
    const records = [...splitter.push(bytes.toString('utf8')), ...splitter.end()];
    const at = records.findIndex(({ cells }) => cells.some((one) => one.includes(REPLACED)));
    const column = records[at]?.cells.findIndex((one) => one.includes(REPLACED)) ?? -1;
    if (at >= 0) where = `row ${firstRow + at}: column ${(header ?? records[0]?.cells)?.[column] ?? column + 1}`;
  } catch {
    // No CSV either: the encoding is told first.
  }
  throw poison('bad_csv', `${where} is not UTF-8; save the file as UTF-8 CSV`);
}

/** The records of a file. Throws poison `bad_csv` with row and column. */
export async function* piecesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  const splitter = createSplitter();
  let header: readonly string[] | undefined;
  let open: Buffer = Buffer.alloc(0);
  let isStart = true;
  function start(bytes: Buffer): Buffer {
    requireNoUtf16(bytes);
    isStart = false;
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  }
  function read(bytes: Buffer): Piece {
    const firstRow = splitter.rows() + 1;
    const records = splitter.push(isAscii(bytes) ? bytes.toString('latin1') : isUtf8(bytes) ? bytes.toString('utf8') : refuseBytes(bytes, splitter, header));
    header ??= records[0]?.cells;
    return { records, firstRow };
  }
  for await (const chunk of chunks) {
    let bytes: Buffer = Buffer.concat([open, chunk]);
    if (isStart && bytes.length < MARK_BYTES) {
      open = bytes;
      continue;
    }
    if (isStart) bytes = start(bytes);
    const whole = bytes.length - openBytes(bytes);
    open = bytes.subarray(whole);
    const piece = read(bytes.subarray(0, whole));
    if (piece.records.length > 0) yield piece;
  }
  const last = read(isStart ? start(open) : open);
  const records = [...last.records, ...splitter.end()];
  if (records.length > 0) yield { records, firstRow: last.firstRow };
}
