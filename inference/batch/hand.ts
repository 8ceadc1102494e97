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
import { createCount, createRowScorer, type Census, type Lines, type Pairs, type Scoring } from './rows.ts';
import { createRooms } from './rooms.ts';
import { textBytesOf } from './text.ts';
import { walk } from './walk.ts';

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
      const rows = createRowScorer(by, sink);
      score = (block, nowMs) => {
        const lines: Lines = { output: rooms.text(), subset: rooms.text(), setAside: rooms.text() };
        const bytes = textBytesOf(block, header);
        const walker = rows.block(bytes, lines, nowMs);
        walk(block, bytes, columns, walker);
        return { ...walker.scored(), lines: lines.output.take() ?? new Uint8Array(0), subset: lines.subset.take(), setAside: lines.setAside.take(), batches: packer.take(nowMs) };
      };
    },
    check(block) {
      const { columns, known, header } = checking ?? noOrder();
      const counting = createCount(columns, known);
      walk(block, textBytesOf(block, header), columns, counting);
      return counting.census();
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
