// A file's bytes to blocks of whole records, so that blocks can be worked on side by side: only quotes and line ends are looked at, neither text nor cells. Pure.
// In a file that is CSV a line end stands within a cell exactly when the number of quotes before it is odd. In one that is not, all before its first fault is cut rightly, and
// the fault lies in the block that begins with the record it is in: whoever reads the blocks in order finds it.
import { MAX_RECORD_CHARS, type LineEnd } from '../../schemas/csvSplit.ts';

/** firstRow: the number of its first record, as a spreadsheet counts (the header is 1). isLast: the file ends here, be it within a line. */
export type Block = { readonly bytes: Uint8Array; readonly firstRow: number; readonly lineEnd: LineEnd | undefined; readonly isLast: boolean };
/** A block is cut at the first record that reaches one of these. */
export type BlockSize = { readonly bytes: number; readonly rows: number };
export type Cutter = { push(chunk: Uint8Array): Block[]; end(): Block[] };
/** A block without its bytes: where a file was cut once, it can be cut again without a look at them. */
export type Cut = Omit<Block, 'bytes'> & { readonly length: number };
const [CR, LF, QUOTE] = [13, 10, 34];
/** More than a record may have, whatever its characters: given on without its end, to be refused. */
const MAX_OPEN_BYTES = 4 * MAX_RECORD_CHARS + 4;

/** room: memory for a block that nobody uses any more; too little of it is not used. */
export function createCutter({ bytes: mostBytes, rows: mostRows }: BlockSize, room: () => Uint8Array | undefined = () => undefined): Cutter {
  let held = new Uint8Array(2 * mostBytes);
  /** What is held of the file: held[from, to); its records up to `at` are counted, the last whole one ends at `whole`. */
  let [from, at, to, whole] = [0, 0, 0, 0];
  let [firstRow, rows] = [1, 0];
  let isQuoted = false;
  let lineEnd: LineEnd | undefined;

  function put(chunk: Uint8Array): void {
    if (to + chunk.length > held.length) {
      const next = to - from + chunk.length > held.length ? new Uint8Array(2 * (to - from + chunk.length)) : held;
      next.set(held.subarray(from, to));
      held = next;
      [at, to, whole, from] = [at - from, to - from, whole - from, 0];
    }
    held.set(chunk, to);
    to += chunk.length;
  }
  function discover(): void {
    for (let i = from; i < to && lineEnd === undefined; i += 1) {
      if (held[i] === LF) lineEnd = '\n';
      else if (held[i] === CR && i + 1 < to) lineEnd = held[i + 1] === LF ? '\n' : '\r';
    }
  }
  function cut(end: number, isLast = false): Block {
    const bytes = roomFor(end - from, mostBytes, room);
    bytes.set(held.subarray(from, end));
    const block: Block = { bytes, firstRow, lineEnd, isLast };
    firstRow += rows;
    [from, whole, rows] = [end, end, 0];
    return block;
  }
  /** Whole blocks among what is held. */
  function scan(): Block[] {
    const blocks: Block[] = [];
    const end = lineEnd === '\r' ? CR : LF;
    // Plain variables: this looks at every byte.
    const bytes = held;
    const stop = to;
    let quoted = isQuoted;
    for (let i = at; i < stop; i += 1) {
      const byte = bytes[i];
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === end && !quoted) {
        rows += 1;
        whole = i + 1;
        if (rows >= mostRows || whole - from >= mostBytes) blocks.push(cut(whole));
      }
    }
    [at, isQuoted] = [stop, quoted];
    return blocks;
  }
  return {
    push(chunk) {
      put(chunk);
      if (lineEnd === undefined) discover();
      const blocks = lineEnd === undefined ? [] : scan();
      if (to - whole > MAX_OPEN_BYTES) blocks.push(...(whole > from ? [cut(whole)] : []), cut(to));
      return blocks;
    },
    end: () => (to > from ? [cut(to, true)] : []),
  };
}

const roomFor = (length: number, mostBytes: number, room: () => Uint8Array | undefined): Uint8Array => {
  const spare = room();
  return spare !== undefined && spare.length >= length ? spare.subarray(0, length) : new Uint8Array(Math.max(2 * mostBytes, length)).subarray(0, length);
};
/** Cuts the same bytes in the same places once more. */
export function createRecutter(cuts: readonly Cut[], { bytes: mostBytes }: BlockSize, room: () => Uint8Array | undefined = () => undefined): Cutter {
  let filling: Uint8Array | undefined;
  let [next, filled] = [0, 0];
  return {
    push(chunk) {
      const blocks: Block[] = [];
      for (let from = 0, cut = cuts[next]; from < chunk.length && cut !== undefined; cut = cuts[next]) {
        const { length, ...rest } = cut;
        filling ??= roomFor(length, mostBytes, room);
        const copied = Math.min(chunk.length - from, length - filled);
        filling.set(chunk.subarray(from, from + copied), filled);
        filled += copied;
        from += copied;
        if (filled < length) break;
        blocks.push({ ...rest, bytes: filling });
        [filling, filled, next] = [undefined, 0, next + 1];
      }
      return blocks;
    },
    end: () => [],
  };
}
