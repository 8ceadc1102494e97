// Which side a row is on. Decided by the hash of its normalised text alone: the same product is always on the same side, whoever trains when.
import { normalise } from '../schemas/features.ts';

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
const CHOOSING_OF_100 = 5;
/** Rows of the training side on which the best epoch and the temperature are chosen; never learnt. */
export const isForChoosing = (text: string): boolean => textHash(text, 303) % 100 < CHOOSING_OF_100;
/** Cross-fit fold 0…folds−1. */
export const foldOf = (text: string, folds: number): number => textHash(text, 202) % folds;

export type BaseRow = { readonly product_description: string; readonly category: string };
export type LabelledRow = BaseRow & { /** labelled since the champion was trained */ readonly isRecent: boolean };
export type TrainingRow = BaseRow & { readonly weight: number; /** undefined: a base row */ readonly fold: number | undefined };
export type Parts = {
  readonly training: readonly TrainingRow[];
  /** base rows no model ever trains on */
  readonly holdOut: readonly BaseRow[];
  /** recent labelled rows of either side: evidence for the gate */
  readonly recent: readonly (BaseRow & { readonly fold: number })[];
  readonly counts: { readonly base: number; readonly labelled: number; readonly duplicates: number; readonly replaced: number; readonly holdOut: number; readonly training: number; readonly recent: number };
};

/** Joins corpus and labels: duplicates by normalised text count once, a label beats a base row of the same text, later labels beat earlier ones. */
export function partsOf(base: readonly BaseRow[], labelled: readonly LabelledRow[], recencyWeight: number, folds: number): Parts {
  const rows = new Map<string, BaseRow>();
  let duplicates = 0;
  for (const row of base) {
    const key = normalise(row.product_description);
    if (rows.has(key)) duplicates += 1;
    else rows.set(key, row);
  }
  const labels = new Map<string, LabelledRow>();
  for (const row of labelled) {
    const key = normalise(row.product_description);
    if (labels.has(key)) duplicates += 1;
    labels.set(key, row);
  }
  let replaced = 0;
  const training: TrainingRow[] = [];
  const holdOut: BaseRow[] = [];
  for (const [key, row] of rows) {
    if (isHoldOut(row.product_description)) holdOut.push(row);
    else if (labels.has(key)) replaced += 1;
    else training.push({ ...row, weight: 1, fold: undefined });
  }
  const recent: (BaseRow & { fold: number })[] = [];
  for (const row of labels.values()) {
    const fold = foldOf(row.product_description, folds);
    const plain = { product_description: row.product_description, category: row.category };
    if (row.isRecent) recent.push({ ...plain, fold });
    if (!isHoldOut(row.product_description)) training.push({ ...plain, weight: recencyWeight, fold });
  }
  return { training, holdOut, recent, counts: { base: rows.size, labelled: labels.size, duplicates, replaced, holdOut: holdOut.length, training: training.length, recent: recent.length } };
}
