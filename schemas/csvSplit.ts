// CSV text in pieces to records, in constant memory: the same records as csv-parse gives for the whole (a law holds them equal), several times as quickly, each with its text as it stood.
import { poison } from './failure.ts';

/** raw: the record's own text without its line end, so that it can be written again unchanged. A blank line is one empty cell. */
export type CsvRecord = { readonly cells: readonly string[]; readonly raw: string };
export type Splitter = {
  /** The records that these characters complete. Throws poison `bad_csv` with row and column where quotes are wrong or a record does not end. */
  push(text: string): CsvRecord[];
  /** The record at the end of the file that has no line end, if there is one. */
  end(): CsvRecord[];
  /** Records given so far: a spreadsheet's number of the last one. */
  readonly rows: () => number;
};
/** A quote that is never closed must not swallow a file. */
export const MAX_RECORD_CHARS = 1_000_000;
const [CR, LF, QUOTE, COMMA] = [13, 10, 34, 44];
type Found = { readonly record: CsvRecord; readonly next: number };
/** LF, with or without CR before it, or a lone CR as old spreadsheets write: the first line end tells. */
export type LineEnd = '\n' | '\r';
/** For a part of a text that begins with a whole record: what is known of the text before it. */
export type Before = { readonly rows: number; readonly lineEnd: LineEnd | undefined };

export function createSplitter(maxChars = MAX_RECORD_CHARS, before: Before = { rows: 0, lineEnd: undefined }): Splitter {
  let rest = '';
  let { rows, lineEnd } = before;

  function discover(text: string, isLast: boolean): void {
    const [cr, lf] = [text.indexOf('\r'), text.indexOf('\n')];
    if (lf >= 0 && (cr < 0 || lf <= cr + 1)) lineEnd = '\n';
    else if (cr >= 0 && (cr + 1 < text.length || isLast)) lineEnd = '\r';
  }
  const wrong = (column: number, what: string): never => {
    throw poison('bad_csv', `row ${rows + 1}, column ${column}: the file is not CSV: ${what}`);
  };
  /** Of a line without its LF. */
  const withoutCr = (text: string, from: number, to: number): number => (lineEnd === '\n' && to > from && text.charCodeAt(to - 1) === CR ? to - 1 : to);

  /** The record that begins at `from` and has a quote somewhere; undefined when its end has not come yet. */
  function quoted(text: string, from: number, isLast: boolean): Found | undefined {
    const end = lineEnd === '\r' ? CR : LF;
    const cells: string[] = [];
    for (let at = from; ; ) {
      if (text.charCodeAt(at) === QUOTE) {
        let cell = '';
        let start = at + 1;
        for (;;) {
          const close = text.indexOf('"', start);
          if (close < 0 && isLast) wrong(cells.length + 1, 'a quote is opened and never closed');
          // Whether a quote closes or stands for itself is told by the character behind it.
          if (close < 0 || (close + 1 === text.length && !isLast)) return undefined;
          cell += text.slice(start, close);
          at = close + 1;
          if (text.charCodeAt(at) !== QUOTE) break;
          cell += '"';
          start = at + 1;
        }
        cells.push(cell);
        if (end === LF && text.charCodeAt(at) === CR) {
          if (at + 1 === text.length && !isLast) return undefined;
          if (at + 1 === text.length || text.charCodeAt(at + 1) === LF) at += 1;
        }
        const unit = at < text.length ? text.charCodeAt(at) : end;
        if (unit !== COMMA && unit !== end) wrong(cells.length, 'something stands between a closing quote and the next comma');
      } else {
        const start = at;
        for (; at < text.length; at += 1) {
          const unit = text.charCodeAt(at);
          if (unit === COMMA || unit === end) break;
          if (unit === QUOTE) wrong(cells.length + 1, 'a quote stands within a cell that does not begin with one; such a cell is written "say ""cheese"""');
        }
        cells.push(text.slice(start, text.charCodeAt(at) === COMMA ? at : withoutCr(text, start, at)));
      }
      if (at === text.length && !isLast) return undefined;
      if (at === text.length || text.charCodeAt(at) === end) return { record: { cells, raw: text.slice(from, withoutCr(text, from, at)) }, next: at + 1 };
      at += 1;
    }
  }
  function split(text: string, isLast: boolean): CsvRecord[] {
    if (lineEnd === undefined) discover(text, isLast);
    const found: CsvRecord[] = [];
    let at = 0;
    let quote = text.indexOf('"');
    while (at < text.length) {
      const stop = lineEnd === undefined ? -1 : text.indexOf(lineEnd, at);
      const end = stop < 0 ? text.length : stop;
      if (quote >= 0 && quote < at) quote = text.indexOf('"', at);
      if (quote >= 0 && quote < end) {
        const one = quoted(text, at, isLast);
        if (one === undefined) break;
        found.push(one.record);
        at = one.next;
      } else {
        if (stop < 0 && !isLast) break;
        const raw = text.slice(at, withoutCr(text, at, end));
        found.push({ cells: raw.split(','), raw });
        at = end + 1;
      }
      rows += 1;
    }
    rest = text.slice(at);
    if (rest.length > maxChars) wrong(1, `it has no end within ${maxChars} characters; perhaps a quote is opened and never closed`);
    return found;
  }
  return { push: (text) => split(rest + text, false), end: () => split(rest, true), rows: () => rows };
}
