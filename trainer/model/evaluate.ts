// How two models do on the same rows: cells, scores and the paired counts a test needs.
import { addCell, emptyConfusion, type Confusion } from '../../schemas/confusion.ts';
import { scoresOf, type Scores } from '../../schemas/f1.ts';
import type { BaseRow } from '../data/split.ts';

export type Judged = { readonly cells: Confusion; readonly scores: Scores; readonly right: readonly boolean[] };
/** predict is given the row's index too, for cross-fitted models. */
export function judge<R extends BaseRow>(rows: readonly R[], predict: (row: R) => string): Judged {
  let cells = emptyConfusion;
  const right: boolean[] = [];
  const counts = new Map<string, number>();
  for (const row of rows) {
    const predicted = predict(row);
    right.push(predicted === row.category);
    const key = JSON.stringify([row.category, predicted]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [key, n] of counts) {
    const [label = '', predicted = ''] = JSON.parse(key) as string[];
    cells = addCell(cells, label, predicted, n);
  }
  return { cells, scores: scoresOf(cells), right };
}

/** McNemar's exact test, one-sided: the chance of at least `gained` of `gained + lost` discordant rows when neither model is better. 1 without discordant rows. */
export function mcNemarP(gained: number, lost: number): number {
  const n = gained + lost;
  let p = 0;
  let logChoose = 0;
  for (let k = 0; k <= n; k += 1) {
    if (k > 0) logChoose += Math.log(n - k + 1) - Math.log(k);
    if (k >= gained) p += Math.exp(logChoose - n * Math.LN2);
  }
  return Math.min(1, p);
}

/** Weighted F1 of always answering the most frequent category: its share s gives s · 2s/(1+s). */
export function majorityF1(rows: readonly BaseRow[]): number {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.category, (counts.get(row.category) ?? 0) + 1);
  const share = rows.length === 0 ? 0 : Math.max(...counts.values()) / rows.length;
  return (share * 2 * share) / (1 + share);
}
