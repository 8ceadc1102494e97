// What a person or a scrape sees of the fold: F1 with band and support, evidence, episode. Age is applied once more by wall clock, so a stale F1 vanishes.
import { cellsOf } from '../../schemas/confusion.ts';
import { marginalsOf, scoresOf, type Scores } from '../../schemas/f1.ts';
import { bandsOf, type Band } from './band.ts';
import { mergeInto, type Cells } from './cells.ts';
import { jointStatistic, statisticOf } from './evidence.ts';
import type { Fold } from './fold.ts';
import { verdictOf } from './verdict.ts';
import { setAsideIn, viewOfSources, type SourceView } from './sources.ts';
import type { Bucket } from './tallies.ts';
import type { Counted, VersionState } from './version.ts';
import { windowOf } from './window.ts';

type CellView = { readonly label: string; readonly predicted: string; readonly count: number };
export type ClassView = { readonly category: string; readonly f1: number | null; readonly support: number; readonly band: Band | null };
/** F1 of some labels, every average with its 95 % band. null: no evidence. */
export type ScoresView = {
  readonly labels: number; readonly weighted_f1: number | null; readonly band: Band | null; readonly macro_f1: number | null; readonly macro_band: Band | null; readonly micro_f1: number | null; readonly micro_band: Band | null;
  readonly worst: ClassView | null; readonly classes: readonly ClassView[];
};
/** The figures at the top are of the live window. audit: the same window over audited predictions; cumulative: all labels since deployment. */
export type VersionView = ScoresView & {
  readonly model_name: string; readonly model_version: string; readonly status: string; readonly status_since: number; readonly reasons: readonly string[];
  readonly audit: ScoresView; readonly cumulative: ScoresView; readonly audit_cumulative: ScoresView;
  readonly evidence: { readonly statistic: number; readonly alarm_at: number; readonly ratio: number; readonly labels_since_last_alarm: number; readonly detectors: Readonly<Record<string, number>> };
  readonly episode: number; readonly resting: boolean; readonly pending: boolean; readonly trigger: string; readonly judged_on: string; readonly threshold: number; readonly class_threshold: number | null; readonly accuracy_threshold: number | null;
  readonly labels_total: number; readonly pairs_added: number; readonly pairs_removed: number; readonly last_labelled_at: number; readonly window_cells: readonly CellView[]; readonly cells: readonly CellView[];
  /** who labels, the busiest first; set_aside: first labels that detectors and trainings did not take */ readonly sources: readonly SourceView[]; readonly set_aside: number;
};
const named = (cells: Cells): CellView[] => cellsOf(cells).map(([label, predicted, count]) => ({ label, predicted, count }));

function viewOfScores(cells: Cells, scores: Scores): ScoresView {
  const bands = bandsOf(cells, scores);
  const classes = scores.classes.map(({ category, f1, support }): ClassView => ({ category, f1: f1 ?? null, support, band: bands.classes.get(category) ?? null }));
  return {
    labels: scores.labels, weighted_f1: scores.weighted ?? null, band: bands.weighted ?? null, macro_f1: scores.macro ?? null, macro_band: bands.macro ?? null, micro_f1: scores.micro ?? null, micro_band: bands.micro ?? null,
    worst: classes.find((one) => one.category === scores.worst?.category) ?? null, classes,
  };
}
const seen = (cells: Cells): ScoresView => viewOfScores(cells, scoresOf(cells));

export function viewOf(version: VersionState, fold: Fold, wallMs: number): VersionView {
  const { counted } = version;
  const rules = fold.newestRules(version.modelName);
  const nowMs = Math.max(wallMs, fold.streamMs());
  const windowIn = ({ tallies }: Counted): Cells => windowOf(tallies.buckets(), rules.windowLabels, Math.min(rules.windowMaxAgeMs, nowMs - version.freshFromMs), nowMs).cells;
  const [all, audit] = [windowIn(counted.all), windowIn(counted.audit)];
  const marginals = marginalsOf(rules.judgeOn === 'audit' ? audit : all);
  const verdict = verdictOf({ labels: marginals.labels(), marginals }, rules);
  const statistic = jointStatistic(version.detectors.values());
  return {
    ...seen(all), model_name: version.modelName, model_version: version.modelVersion,
    // What was shown last stands while the window, aged by wall clock, has enough labels to say anything.
    status: verdict.status === 'warming' ? 'warming' : version.shown, status_since: version.shownSinceMs, reasons: verdict.status === 'degraded' ? verdict.reasons : [],
    audit: seen(audit), cumulative: seen(counted.all.tallies.cumulative()), audit_cumulative: seen(counted.audit.tallies.cumulative()),
    evidence: { statistic, alarm_at: rules.falseAlarmEvery, ratio: statistic / rules.falseAlarmEvery, labels_since_last_alarm: version.fedSinceAlarm, detectors: Object.fromEntries([...version.detectors].map(([name, one]) => [name, statisticOf(one)])) },
    episode: version.episode.episode, resting: fold.streamMs() < version.episode.restUntilMs, pending: version.episode.pending, trigger: rules.trigger, judged_on: rules.judgeOn,
    threshold: rules.minF1, class_threshold: rules.minClassF1 ?? null, accuracy_threshold: rules.minAccuracy ?? null,
    labels_total: version.added - version.removed, pairs_added: version.added, pairs_removed: version.removed, last_labelled_at: version.lastLabelledAt, window_cells: named(all), cells: named(counted.all.tallies.cumulative()),
    sources: viewOfSources(version.sources), set_aside: setAsideIn(version.sources),
  };
}

export type BucketView = { readonly start_ms: number; readonly length_ms: number; readonly labels: number; readonly weighted_f1: number | null; readonly band: Band | null; readonly macro_f1: number | null; readonly micro_f1: number | null; readonly worst_category: string | null; readonly worst_f1: number | null };
export type HistoryView = { readonly model_name: string; readonly model_version: string; readonly buckets: readonly BucketView[] };
type Span = Pick<Bucket, 'startMs' | 'lengthMs' | 'cells'>;
/** Neighbouring buckets as one, by adding their cells, so that F1 and band of a span are those of its labels. One that is as long as a span stays as it is. */
export function inSpans(buckets: readonly Span[], spanMs: number): readonly Span[] {
  const spans: Span[] = [];
  let open: Span | undefined;
  for (const bucket of buckets) {
    const startMs = Math.floor(bucket.startMs / spanMs) * spanMs;
    if (bucket.lengthMs >= spanMs) spans.push(bucket);
    else if (open?.startMs === startMs) mergeInto(open.cells, bucket.cells);
    else {
      open = { startMs, lengthMs: spanMs, cells: new Map() };
      mergeInto(open.cells, bucket.cells);
      spans.push(open);
    }
  }
  return spans;
}
/** The length that makes about so many spans of all the time these have labels in; a whole number of seconds. */
function spanFor(versions: readonly VersionState[], points: number): number {
  const buckets = versions.flatMap(({ counted }) => counted.all.tallies.buckets());
  const [from, to] = [Math.min(...buckets.map((one) => one.startMs)), Math.max(...buckets.map((one) => one.startMs + one.lengthMs))];
  return buckets.length === 0 ? 1 : Math.max(1, Math.ceil((to - from) / points / 1000)) * 1000;
}
/** F1 by bucket of labelled_at, oldest first: minutes, then hours, then days back. points: about so many at most, over all the time shown. */
export function historyOf(versions: readonly VersionState[], points?: number): HistoryView[] {
  const spanMs = points === undefined ? undefined : spanFor(versions, points);
  return versions.map((version) => historyOfOne(version, spanMs));
}
function historyOfOne(version: VersionState, spanMs: number | undefined): HistoryView {
  const all = version.counted.all.tallies.buckets();
  const buckets = (spanMs === undefined ? all : inSpans(all, spanMs)).map(({ startMs, lengthMs, cells }): BucketView => {
    const { labels, weighted_f1, band, macro_f1, micro_f1, worst } = seen(cells);
    return { start_ms: startMs, length_ms: lengthMs, labels, weighted_f1, band, macro_f1, micro_f1, worst_category: worst?.category ?? null, worst_f1: worst?.f1 ?? null };
  });
  return { model_name: version.modelName, model_version: version.modelVersion, buckets };
}
