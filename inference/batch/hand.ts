// What is done with one block of a file, wherever it is done: checked, or scored into lines and packed events. No block knows of another.
import { sha256 } from '../../consumers/sha256.ts';
import type { Widths } from '../../producers/outgoing.ts';
import { createPacker, type PackedBatch } from '../../producers/wire/packer.ts';
import { encode } from '../../schemas/codec.ts';
import type { CsvColumns } from '../../schemas/csv.ts';
import type { Feedback, Prediction } from '../../schemas/events.ts';
import { fatal } from '../../schemas/failure.ts';
import { readScorer } from '../../schemas/load.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import type { Block } from './cut.ts';
import { count, EMPTY_CENSUS, scoreRows, sumOf, type Census, type Pairs, type Scored, type Scoring } from './rows.ts';
import { createRooms } from './rooms.ts';
import { piecesOf, type Piece } from './text.ts';

/** What all blocks are checked by. header: the cells of row 1. */
export type Checking = { readonly columns: CsvColumns; readonly header: readonly string[]; readonly known: ReadonlySet<string> };
/** What all blocks are scored by. weights: as stored. */
export type Model = Omit<Scoring, 'columns' | 'known' | 'categories' | 'score'> & { readonly manifest: Manifest; readonly weights: Uint8Array };
/** Schema ids, and numbers of partitions. */
export type Wire = { readonly predictionsId: number; readonly feedbackId: number; readonly widths: Widths };
export type ScoredBlock = {
  readonly rows: number; readonly bad: number; readonly pairs: Pairs; readonly lines: Uint8Array; /** undefined: none */ readonly subset: Uint8Array | undefined; readonly setAside: Uint8Array | undefined;
  readonly batches: readonly PackedBatch[]; /** the work on it */ readonly tookMs: number;
};
/** All of its bytes that somebody reads. */
export const bytesIn = ({ lines, subset, setAside, batches }: ScoredBlock): Uint8Array[] => [lines, ...(subset === undefined ? [] : [subset]), ...(setAside === undefined ? [] : [setAside]), ...batches.map(({ bytes }) => bytes)];
export type Hand = {
  checkBy(checking: Checking): void;
  /** Throws as readScorer does. */
  scoreBy(model: Model, wire: Wire): void;
  /** Throws poison `bad_csv` with row and column. */
  check(block: Block): Census;
  score(block: Block, nowMs: number): ScoredBlock;
  /** Memory of scored blocks that nobody reads any more. */
  reuse(rooms: readonly Uint8Array[]): void;
};

/** The rows below the header. */
function* bodyOf(block: Block, header: readonly string[]): Generator<Piece> {
  let isHeader = block.firstRow === 1;
  for (const { records, firstRow } of piecesOf(block, header)) {
    yield isHeader ? { records: records.slice(1), firstRow: firstRow + 1 } : { records, firstRow };
    if (records.length > 0) isHeader = false;
  }
}
export function createHand(): Hand {
  const rooms = createRooms();
  let checking: Checking | undefined;
  let score: ((block: Block, nowMs: number) => Omit<ScoredBlock, 'tookMs'>) | undefined;
  return {
    checkBy: (by) => void (checking = by),
    scoreBy({ manifest, weights, ...rest }, { predictionsId, feedbackId, widths }) {
      const { columns, known, header } = checking ?? noOrder();
      const by: Scoring = { ...rest, columns, known, categories: manifest.categories, score: readScorer(rest.modelVersion, manifest, weights, sha256) };
      const packer = createPacker(widths, rooms);
      const sink = {
        prediction: (event: Prediction) => packer.add('predictions', event.prediction_id, encode('predictions', event, predictionsId)),
        feedback: (event: Feedback) => packer.add('feedback', event.prediction_id, encode('feedback', event, feedbackId)),
      };
      score = (block, nowMs) => {
        const [lines, subset, setAside] = [rooms.text(), rooms.text(), rooms.text()];
        let [rows, bad] = [0, 0];
        const pairs: Scored['pairs'][number][] = [];
        for (const { records, firstRow } of bodyOf(block, header)) {
          const scored = scoreRows(records, firstRow, by, nowMs, sink);
          rows += scored.rows;
          bad += scored.bad;
          pairs.push(...scored.pairs);
          lines.add(scored.lines);
          subset.add(scored.subset);
          setAside.add(scored.setAside);
        }
        return { rows, bad, pairs, lines: lines.take() ?? new Uint8Array(0), subset: subset.take(), setAside: setAside.take(), batches: packer.take(nowMs) };
      };
    },
    check(block) {
      const { columns, known, header } = checking ?? noOrder();
      let census = EMPTY_CENSUS;
      for (const { records, firstRow } of bodyOf(block, header)) census = sumOf(census, count(records, firstRow, columns, known));
      return census;
    },
    score(block, nowMs) {
      const began = performance.now();
      const scored = score?.(block, nowMs) ?? noOrder();
      return { ...scored, tookMs: performance.now() - began };
    },
    reuse: (back) => back.forEach(rooms.giveBack),
  };
}
const noOrder = (): never => {
  throw fatal('no_order', 'a block came before what it is to be worked on with');
};
