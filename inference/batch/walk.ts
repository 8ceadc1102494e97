// Walks over the rows of a block. Most lines of most files are plain: printable ASCII without quotes, every cell in its place, a text long enough to be one, no label. Those are
// told as places in the bytes, without making anything of them; all others are read as CSV. A law holds the two ways of reading equal.
import { MAX_DESCRIPTION_CHARS, MAX_EMPTY_CHARS, type CsvColumns } from '../../schemas/csv.ts';
import type { CsvRecord } from '../../schemas/csvSplit.ts';
import type { Block } from './cut.ts';
import { piecesOf, recordsIn } from './text.ts';

export type Walker = {
  /** A usable row without a label: its line is bytes[from, to), its description, trimmed, bytes[textFrom, textTo). */
  plain(row: number, from: number, to: number, textFrom: number, textTo: number): void;
  /** Any other row; it has not been checked. */
  record(row: number, record: CsvRecord): void;
};
const [LF, CR, SPACE, QUOTE, COMMA, TILDE] = [10, 13, 32, 34, 44, 126];

/** Where the record ends that begins at `from`: behind its line end, or at the end of the block. */
function endOfRecord(bytes: Uint8Array, from: number): number {
  let isQuoted = false;
  for (let i = from; i < bytes.length; i += 1) {
    if (bytes[i] === QUOTE) isQuoted = !isQuoted;
    else if (bytes[i] === LF && !isQuoted) return i + 1;
  }
  return bytes.length;
}

/** All rows of a block in order but the header, row 1. bytes: what textBytesOf gives of it. Throws poison `bad_csv` with row and column. */
export function walk(block: Block, bytes: Buffer, { width, text, label }: CsvColumns, walker: Walker): void {
  if (block.lineEnd !== '\n') {
    for (const { records, firstRow } of piecesOf(block, bytes)) records.forEach((record, i) => firstRow + i > 1 && walker.record(firstRow + i, record));
    return;
  }
  const { length } = bytes;
  let row = block.firstRow;
  for (let from = 0; from < length; row += 1) {
    let [i, cell, textFrom, textTo, labelFrom, labelTo] = [from, 0, text === 0 ? from : -1, -1, label === 0 ? from : -1, -1];
    let byte: number | undefined;
    for (; i < length; i += 1) {
      byte = bytes[i] ?? 0;
      if (byte === COMMA) {
        if (cell === text) textTo = i;
        else if (cell === label) labelTo = i;
        cell += 1;
        if (cell === text) textFrom = i + 1;
        else if (cell === label) labelFrom = i + 1;
      } else if (byte < SPACE || byte > TILDE || byte === QUOTE) break;
    }
    const to = i;
    if (byte === CR) byte = bytes[++i];
    if (byte === LF && cell === width - 1 && row > 1) {
      if (textTo < 0) textTo = to;
      if (labelTo < 0 && labelFrom >= 0) labelTo = to;
      while (textFrom < textTo && bytes[textFrom] === SPACE) textFrom += 1;
      while (textFrom < textTo && bytes[textTo - 1] === SPACE) textTo -= 1;
      if (textTo - textFrom > MAX_EMPTY_CHARS && textTo - textFrom <= MAX_DESCRIPTION_CHARS && labelFrom === labelTo) {
        walker.plain(row, from, to, textFrom, textTo);
        from = i + 1;
        continue;
      }
    }
    const end = endOfRecord(bytes, from);
    if (row > 1) for (const record of recordsIn(bytes, from, end, row, block)) walker.record(row, record);
    from = end;
  }
}
