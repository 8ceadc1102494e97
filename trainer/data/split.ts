// Which rows a dataset has and which side each is on. The side is decided by the hash of the normalised text alone: the same product is always on the same side, whoever trains when.
import { normalise } from '../../schemas/features.ts';

const HOLD_OUT_OF_100 = 20;

/** FNV-1a, 32 bit, with a final mix; `salt` gives independent decisions. */
export function textHash(text: string, salt: number): number {
  let h = 0x811c9dc5 ^ salt;
  const key = normalise(text);
  for (let i = 0; i < key.length; i += 1) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
export const isHoldOut = (text: string): boolean => textHash(text, 101) % 100 < HOLD_OUT_OF_100;
const CHOOSING_OF_100 = 10;
/** Rows of the training side on which the best epoch and the temperature are chosen. */
export const isForChoosing = (text: string): boolean => textHash(text, 303) % 100 < CHOOSING_OF_100;
/** Cross-fit fold 0…folds−1. */
export const foldOf = (text: string, folds: number): number => textHash(text, 202) % folds;

export type BaseRow = { readonly product_description: string; readonly category: string };
/** base: the base corpus. given: a file somebody gave for training. label: feedback on a prediction. */
export type Source = 'base' | 'given' | 'label';
export type LabelledRow = BaseRow & { readonly source: Exclude<Source, 'base'>; /** when it was said, ms since 1970 */ readonly atMs: number; /** the champion has not seen it */ readonly isRecent: boolean };
/** training: learnt from. hold_out: a base row no model ever trains on. evidence: a later row on the hold-out's side, which only judges. */
export type Part = 'training' | 'hold_out' | 'evidence';
export type DatasetRow = BaseRow & { readonly part: Part; readonly source: Source; readonly atMs: number; readonly weight: number; readonly isRecent: boolean };
/** duplicates: rows that said again what another row of the text says. conflicts: rows overruled by a later one of the same text. holdOutConflicts: hold-out rows that a later row contradicts; the hold-out is frozen, so they stay. */
export type Counts = { readonly base: number; readonly labelled: number; readonly duplicates: number; readonly conflicts: number; readonly holdOutConflicts: number; readonly replaced: number; readonly holdOut: number; readonly training: number; readonly recent: number };
export type TrainingRow = BaseRow & { readonly weight: number; /** undefined: a base row */ readonly fold: number | undefined };
export type Parts = {
  readonly training: readonly TrainingRow[];
  readonly holdOut: readonly BaseRow[];
  /** later rows of either side that the champion has not seen: evidence for the gate */
  readonly recent: readonly (BaseRow & { readonly fold: number })[];
};

/** One row per normalised text. `rows` in the order they were said: the last one wins and keeps the place of the first. */
function latest<R extends BaseRow>(rows: readonly R[]): { readonly byText: ReadonlyMap<string, R>; readonly duplicates: number; readonly conflicts: number } {
  const byText = new Map<string, R>();
  let duplicates = 0;
  let conflicts = 0;
  for (const row of rows) {
    const key = normalise(row.product_description);
    const before = byText.get(key);
    if (before?.category === row.category) duplicates += 1;
    else if (before !== undefined) conflicts += 1;
    byText.set(key, row);
  }
  return { byText, duplicates, conflicts };
}

/** Weight of a row said `ageMs` before the newest one: `weight` at first, half-way to a base row's 1 after every halfLifeMs. */
export const recencyWeightOf = (weight: number, ageMs: number, halfLifeMs: number): number => 1 + (weight - 1) * 2 ** (-ageMs / halfLifeMs);

/** Joins corpus and later rows: duplicates by normalised text count once, a later row beats a base row of the same text, the latest beats earlier ones. The hold-out comes from the base corpus only. */
export function datasetRows(base: readonly BaseRow[], labelled: readonly LabelledRow[], recencyWeight: number, halfLifeMs = Number.POSITIVE_INFINITY): { readonly rows: readonly DatasetRow[]; readonly counts: Counts } {
  const corpus = latest(base);
  // A stable sort: what was said at the same moment keeps its order.
  const later = latest([...labelled].sort((a, b) => a.atMs - b.atMs));
  const newestMs = labelled.reduce((newest, row) => Math.max(newest, row.atMs), 0);
  const rows: DatasetRow[] = [];
  let replaced = 0;
  let holdOutConflicts = 0;
  let { conflicts } = corpus;
  for (const [key, { product_description, category }] of corpus.byText) {
    const said = later.byText.get(key);
    const part = isHoldOut(product_description) ? 'hold_out' : 'training';
    if (said !== undefined && said.category !== category) {
      if (part === 'hold_out') holdOutConflicts += 1;
      else conflicts += 1;
    }
    if (part === 'training' && said !== undefined) replaced += 1;
    else rows.push({ product_description, category, part, source: 'base', atMs: 0, weight: 1, isRecent: false });
  }
  for (const { product_description, category, source, atMs, isRecent } of later.byText.values()) {
    rows.push({ product_description, category, part: isHoldOut(product_description) ? 'evidence' : 'training', source, atMs, weight: recencyWeightOf(recencyWeight, newestMs - atMs, halfLifeMs), isRecent });
  }
  const of = (part: Part): number => rows.filter((row) => row.part === part).length;
  return {
    rows,
    counts: {
      base: corpus.byText.size, labelled: later.byText.size, duplicates: corpus.duplicates + later.duplicates, conflicts: conflicts + later.conflicts, holdOutConflicts, replaced,
      holdOut: of('hold_out'), training: of('training'), recent: rows.filter((row) => row.isRecent).length,
    },
  };
}

/** What training and gate need of the rows. */
export function partsOfRows(rows: readonly DatasetRow[], folds: number): Parts {
  const plain = ({ product_description, category }: DatasetRow): BaseRow => ({ product_description, category });
  return {
    training: rows.filter((row) => row.part === 'training').map((row) => ({ ...plain(row), weight: row.weight, fold: row.source === 'base' ? undefined : foldOf(row.product_description, folds) })),
    holdOut: rows.filter((row) => row.part === 'hold_out').map(plain),
    recent: rows.filter((row) => row.isRecent).map((row) => ({ ...plain(row), fold: foldOf(row.product_description, folds) })),
  };
}
export function partsOf(base: readonly BaseRow[], labelled: readonly LabelledRow[], recencyWeight: number, folds: number): Parts & { readonly counts: Counts } {
  const { rows, counts } = datasetRows(base, labelled, recencyWeight);
  return { ...partsOfRows(rows, folds), counts };
}
