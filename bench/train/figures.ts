// What a trained classifier is worth on held-out rows: the figures of ./loop bench train, the same for every contender.
import { aisleOf } from '../../schemas/features.ts';
import { calibrationError } from '../../trainer/model/calibrate.ts';
import { judge } from '../../trainer/model/evaluate.ts';

export type Row = { readonly text: string; readonly category: string };
/** Per test row: what was answered and how sure (highest probability). */
export type Answers = { readonly predicted: readonly string[]; readonly confidence: readonly number[] };
export type Quality = { readonly weighted: number; readonly macro: number; readonly worst: number; /** the category of `worst` */ readonly worstCategory: string; /** weighted F1 of rows that begin with no aisle */ readonly withoutAisle: number; readonly ece: number };

/** Throws RangeError without rows, or where answers and rows differ in number. */
export function qualityOf(rows: readonly Row[], { predicted, confidence }: Answers): Quality {
  if (rows.length === 0 || predicted.length !== rows.length || confidence.length !== rows.length) throw new RangeError(`${predicted.length} answers and ${confidence.length} confidences for ${rows.length} rows`);
  const all = rows.map(({ text, category }, i) => ({ product_description: text, category, predicted: predicted[i] ?? '', confidence: confidence[i] ?? 0 }));
  const scored = (some: typeof all) => judge(some, (row) => row.predicted).scores;
  const { weighted = 0, macro = 0, worst } = scored(all);
  return {
    weighted, macro, worst: worst?.f1 ?? 0, worstCategory: worst?.category ?? '', withoutAisle: scored(all.filter((row) => aisleOf(row.product_description).aisle === '')).weighted ?? Number.NaN,
    ece: calibrationError(all.map((row) => ({ confidence: row.confidence, right: row.predicted === row.category }))) ?? 0,
  };
}
