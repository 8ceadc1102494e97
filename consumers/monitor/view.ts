// What a person or a scrape sees of the fold: F1 with band and support, evidence, episode. Age is applied once more by wall clock, so a stale F1 vanishes.
import { cellsOf } from '../../schemas/confusion.ts';
import { scoresOf, type ClassF1 } from '../../schemas/f1.ts';
import { bandOf } from './band.ts';
import { jointStatistic } from './evidence.ts';
import type { Fold, MonitorRules, VersionState } from './fold.ts';
import { verdictOf } from './verdict.ts';
import { windowOf } from './window.ts';

type CellView = { readonly label: string; readonly predicted: string; readonly count: number };
/** null: no evidence. */
export type VersionView = {
  readonly model_name: string; readonly model_version: string; readonly status: string; readonly reasons: readonly string[]; readonly labels: number; readonly weighted_f1: number | null; readonly band: readonly [number, number] | null;
  readonly macro_f1: number | null; readonly micro_f1: number | null; readonly worst: ClassF1 | null; readonly classes: readonly ClassF1[];
  readonly evidence: { readonly statistic: number; readonly alarm_at: number; readonly ratio: number; readonly labels_since_last_alarm: number };
  readonly episode: number; readonly resting: boolean; readonly pending: boolean; readonly trigger: string; readonly threshold: number; readonly labels_total: number; readonly pairs_added: number; readonly pairs_removed: number;
  readonly last_labelled_at: number; readonly window_cells: readonly CellView[]; readonly cells: readonly CellView[];
};
const named = (cells: Parameters<typeof cellsOf>[0]): CellView[] => cellsOf(cells).map(([label, predicted, count]) => ({ label, predicted, count }));

export function viewOf(version: VersionState, fold: Fold, rules: MonitorRules, wallMs: number): VersionView {
  const window = windowOf(version.tallies.buckets(), rules.windowLabels, rules.windowMaxAgeMs, Math.max(wallMs, fold.streamMs()));
  const scores = scoresOf(window.cells);
  const verdict = verdictOf(scores, rules);
  const statistic = jointStatistic([...version.detectors.values()]);
  return {
    model_name: version.modelName, model_version: version.modelVersion, status: verdict.status, reasons: verdict.status === 'degraded' ? verdict.reasons : [], labels: scores.labels, weighted_f1: scores.weighted ?? null, band: bandOf(window.cells) ?? null,
    macro_f1: scores.macro ?? null, micro_f1: scores.micro ?? null, worst: scores.worst ?? null, classes: scores.classes,
    evidence: { statistic, alarm_at: rules.falseAlarmEvery, ratio: statistic / rules.falseAlarmEvery, labels_since_last_alarm: version.fedSinceAlarm },
    episode: version.episode.episode, resting: fold.streamMs() < version.episode.restUntilMs, pending: version.episode.pending, trigger: rules.trigger, threshold: rules.minF1,
    labels_total: version.added - version.removed, pairs_added: version.added, pairs_removed: version.removed, last_labelled_at: version.lastLabelledAt, window_cells: named(window.cells), cells: named(version.tallies.cumulative()),
  };
}
