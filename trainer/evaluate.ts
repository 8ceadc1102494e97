// How two models do on the same rows: cells, scores and the paired counts a test needs.
import { addCell, cellsOf, emptyConfusion, type Confusion } from '../schemas/confusion.ts';
import { scoresOf, type Scores } from '../schemas/f1.ts';
import type { BaseRow } from './split.ts';

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
export const cellList = (cells: Confusion): { label: string; predicted: string; count: number }[] => cellsOf(cells).map(([label, predicted, count]) => ({ label, predicted, count }));

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
export function discordant(champion: readonly boolean[], candidate: readonly boolean[]): { readonly gained: number; readonly lost: number } {
  let gained = 0;
  let lost = 0;
  candidate.forEach((right, i) => {
    if (right && !champion[i]) gained += 1;
    if (!right && champion[i]) lost += 1;
  });
  return { gained, lost };
}
