// What the rows of a file become: checked in a first pass, scored in a second. Pure; both passes see the same rows in the same way.
import { isAudited } from '../../schemas/audit.ts';
import { cell, checkRecord, columnsOf, SHOWN, type CsvColumns, type CsvRefusal } from '../../schemas/csv.ts';
import type { CsvRecord } from '../../schemas/csvSplit.ts';
import type { Feedback, Prediction } from '../../schemas/events.ts';
import type { Scorer } from '../../schemas/scorer.ts';
import { feedbackIdOf, predictionIdOf, VERIFIED_SOURCE } from './layout.ts';
import type { TextRoom } from './rooms.ts';
import type { Walker } from './walk.ts';

const PIECE_BYTES = 8 * 1024;
const utf8 = new TextEncoder();

/** The header of a file to predict; our own id takes the place of a prediction_id column. Throws poison `bad_csv`. */
export const headerOf = (record: CsvRecord): CsvColumns => ({ ...columnsOf(record.cells, 'HUMAN_VERIFIED_Category', true), id: -1 });

/** What the first pass finds. */
export type Census = { readonly rows: number; readonly bad: number; /** of the bad ones, for the reason */ readonly first: readonly CsvRefusal[] };
export const EMPTY_CENSUS: Census = { rows: 0, bad: 0, first: [] };
export const sumOf = (a: Census, b: Census): Census => ({ rows: a.rows + b.rows, bad: a.bad + b.bad, first: b.bad === 0 ? a.first : [...a.first, ...b.first].slice(0, SHOWN + 1) });

export type Scoring = {
  readonly jobId: string; readonly inputUri: string; readonly columns: CsvColumns; readonly known: ReadonlySet<string>; readonly modelName: string; readonly modelVersion: string; readonly categories: readonly string[]; readonly score: Scorer; readonly auditRate: number;
  /** when the job was ordered: what a verified row says was said then, in every attempt */
  readonly saidAtMs: number;
};
/** Hears of each event in the order of the rows; a prediction is written over by the next one. */
export type Sink = { prediction(event: Prediction): void; feedback(event: Feedback): void };
/** How often people said `label` where the model said `predicted`. */
export type Pairs = readonly (readonly [label: string, predicted: string, count: number])[];
/** rows: all but blank ones that can be used; pairs: of the verified ones. */
export type Scored = { readonly rows: number; readonly bad: number; readonly pairs: Pairs };
/** Where lines go: for predictions.csv, for the verified subset, and for the list of what was set aside. */
export type Lines = { readonly output: TextRoom; readonly subset: TextRoom; readonly setAside: TextRoom };

/** Counts what the walk over a block finds. */
export function createCount(columns: CsvColumns, known: ReadonlySet<string>): Walker & { census(): Census } {
  let [rows, bad] = [0, 0];
  const first: CsvRefusal[] = [];
  return {
    plain: () => void (rows += 1),
    record(row, { cells }) {
      const read = checkRecord(cells, columns, known);
      if (read === undefined) return;
      rows += 1;
      if (!('reason' in read)) return;
      bad += 1;
      if (first.length <= SHOWN) first.push({ row, ...read });
    },
    census: () => ({ rows, bad, first }),
  };
}

export type RowScorer = { /** bytes: of the block that is walked; nowMs: when its rows were predicted. */ block(bytes: Buffer, lines: Lines, nowMs: number): Walker & { scored(): Scored } };
/** Events and lines of the rows of one block after the other. */
export function createRowScorer({ jobId, inputUri, columns, known, modelName, modelVersion, categories, score, auditRate, saidAtMs }: Scoring, sink: Sink): RowScorer {
  const list = categories.map((category): { category: string; probability: number } => ({ category, probability: 0 }));
  const cells = new Map(categories.map((category) => [category, utf8.encode(`,${cell(category)},`)]));
  const NO_CELL = utf8.encode(',,');

  /** Gives the answer; its line is written but for what the row itself says. */
  function predict(id: string, product_description: string, { output }: Lines, nowMs: number): string {
    const { category, probabilities } = score(product_description);
    let top = 0;
    for (let c = 0; c < list.length; c += 1) {
      const probability = probabilities[c] ?? 0;
      if (probability > top) top = probability;
      const one = list[c];
      if (one !== undefined) one.probability = probability;
    }
    sink.prediction({ prediction_id: id, model_name: modelName, model_version: modelVersion, product_description, category, probabilities: list, predicted_at: nowMs, audit: isAudited(id, auditRate) });
    output.ascii(',');
    output.ascii(id);
    const between = cells.get(category) ?? NO_CELL;
    output.copy(between, 0, between.length);
    output.share(top);
    output.ascii('\n');
    return category;
  }
  return {
    block(bytes, lines, nowMs) {
      const { output, subset, setAside } = lines;
      const pairs = new Map<string, [label: string, predicted: string, count: number]>();
      let [rows, bad] = [0, 0];
      // Plain lines are read in pieces: one call to the decoder for many, and little to keep for the garbage collector.
      let [piece, pieceFrom, pieceTo] = ['', 0, 0];
      return {
        plain(row, from, to, textFrom, textTo) {
          if (textTo > pieceTo) {
            [pieceFrom, pieceTo] = [textFrom, Math.max(textTo, Math.min(bytes.length, textFrom + PIECE_BYTES))];
            piece = bytes.toString('latin1', pieceFrom, pieceTo);
          }
          rows += 1;
          output.copy(bytes, from, to);
          predict(predictionIdOf(jobId, row), piece.slice(textFrom - pieceFrom, textTo - pieceFrom), lines, nowMs);
        },
        record(row, record) {
          const read = checkRecord(record.cells, columns, known);
          if (read === undefined) return;
          if ('reason' in read) {
            bad += 1;
            setAside.add(`${cell(inputUri)},${row},${cell(read.field)},${cell(read.reason)}\n`);
            return;
          }
          rows += 1;
          const id = predictionIdOf(jobId, row);
          output.add(record.raw);
          const category = predict(id, read.product_description, lines, nowMs);
          if (read.category === undefined) return;
          sink.feedback({ prediction_id: id, feedback_id: feedbackIdOf(jobId, row), model_name: modelName, category: read.category, source: VERIFIED_SOURCE, given_at: saidAtMs });
          const key = `${read.category}\n${category}`;
          pairs.set(key, [read.category, category, (pairs.get(key)?.[2] ?? 0) + 1]);
          subset.add(`${cell(read.product_description)},${cell(read.category)},${id}\n`);
        },
        scored: () => ({ rows, bad, pairs: [...pairs.values()] }),
      };
    },
  };
}
