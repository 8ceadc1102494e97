// The batch oracle: what `labelled`, the examples and the cells must be, from the logs alone. Written for plainness: sort, group, count. Shares no code with the join.
import { isErasure } from '../../schemas/erasure.ts';

export type LoggedPrediction = { readonly partition: number; readonly offset: number; readonly timeMs: number; readonly id: string; readonly model: string; readonly version: string; readonly category: string; readonly categories: readonly string[]; readonly text: string };
export type LoggedFeedback = { readonly partition: number; readonly offset: number; readonly timeMs: number; readonly id: string; readonly feedbackId: string; readonly category: string | null; readonly source: string };
export type Revision = { readonly id: string; readonly revision: number; readonly model: string; readonly version: string; readonly predicted: string; readonly label: string | null; readonly previous: string | null; readonly at: number };
export type Standing = { readonly id: string; readonly label: string; readonly text: string; readonly model: string; readonly version: string; readonly predicted: string };
export type Expected = { readonly revisions: readonly Revision[]; readonly standing: readonly Standing[]; /** `model/version` → `label → predicted` → count */ readonly cells: ReadonlyMap<string, ReadonlyMap<string, number>>; readonly unlabelled: number };
export type OracleRules = { readonly horizonMs: number; readonly earlyHorizonMs: number; readonly ranks: ReadonlyMap<string, number> };

export const cellName = (label: string, predicted: string): string => `${label} → ${predicted}`;

export function oracle(predictions: readonly LoggedPrediction[], feedback: readonly LoggedFeedback[], rules: OracleRules): Expected {
  const first = new Map<string, LoggedPrediction>();
  for (const one of [...predictions].sort((a, b) => a.partition - b.partition || a.offset - b.offset)) if (!first.has(one.id)) first.set(one.id, one);
  const said = Map.groupBy([...feedback].sort((a, b) => a.partition - b.partition || a.offset - b.offset), (one) => one.id);

  const revisions: Revision[] = [];
  const standing: Standing[] = [];
  const cells = new Map<string, Map<string, number>>();
  let unlabelled = 0;
  for (const [id, prediction] of first) {
    let label: string | null = null;
    let rank = Number.NEGATIVE_INFINITY;
    let revision = 0;
    let erased = false;
    const seen = new Set<string>();
    for (const one of said.get(id) ?? []) {
      const gap = one.timeMs - prediction.timeMs;
      if (isErasure(one)) {
        erased ||= gap >= -rules.earlyHorizonMs;
        continue;
      }
      if (gap > rules.horizonMs || gap < -rules.earlyHorizonMs) continue;
      if (seen.has(one.feedbackId)) continue;
      seen.add(one.feedbackId);
      if (one.category !== null && !prediction.categories.includes(one.category)) continue;
      const myRank = rules.ranks.get(one.source) ?? rules.ranks.get(one.source.split('/')[0] ?? '') ?? 0;
      if (label !== null && myRank < rank) continue;
      if (one.category === label) {
        if (label !== null) rank = Math.max(rank, myRank);
        continue;
      }
      revisions.push({ id, revision, model: prediction.model, version: prediction.version, predicted: prediction.category, label: one.category, previous: label, at: Math.max(prediction.timeMs, one.timeMs) });
      revision += 1;
      label = one.category;
      rank = myRank;
    }
    if (label === null) unlabelled += 1;
    else {
      if (!erased) standing.push({ id, label, text: prediction.text, model: prediction.model, version: prediction.version, predicted: prediction.category });
      const key = `${prediction.model}/${prediction.version}`;
      const counts = cells.get(key) ?? new Map<string, number>();
      counts.set(cellName(label, prediction.category), (counts.get(cellName(label, prediction.category)) ?? 0) + 1);
      cells.set(key, counts);
    }
  }
  return { revisions, standing, cells, unlabelled };
}
