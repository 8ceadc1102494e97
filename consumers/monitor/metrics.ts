// The monitor's figures, read from the fold when scraped. No evidence is an absent series, never 0. Only the newest two versions of a model with labels are shown.
import { Counter, Gauge, Registry } from 'prom-client';
import type { ModelPromoted } from '../../schemas/events.ts';
import { deadLetterCounter, lagGauge } from '../join/metrics.ts';
import type { ScoresView, VersionView } from './view.ts';

const SHOWN_VERSIONS = 2;
export type MonitorMetrics = { readonly registry: Registry; readonly requests: Counter<'cause'>; readonly deadLetters: Counter<'topic' | 'reason'> };

/** Of every model the versions labelled last. */
export function shownOf(views: readonly VersionView[]): VersionView[] {
  const models = Map.groupBy(views, (view) => view.model_name);
  return [...models.values()].flatMap((list) => list.toSorted((a, b) => b.last_labelled_at - a.last_labelled_at).slice(0, SHOWN_VERSIONS));
}

/** champions: of every model the promotion that counts. */
export function createMonitorMetrics(views: () => readonly VersionView[], lags: () => ReadonlyMap<string, number>, champions: () => Iterable<Pick<ModelPromoted, 'model_name' | 'model_version' | 'promotion_seq'>>): MonitorMetrics {
  const registry = new Registry();
  type Put = (labels: Record<string, string>, value: number | null | undefined) => void;
  const gauge = (name: string, help: string, labelNames: string[], fill: (view: VersionView, put: Put) => void): void => {
    new Gauge({
      name, help, labelNames: ['model_name', 'model_version', ...labelNames], registers: [registry],
      collect() {
        this.reset();
        for (const view of shownOf(views())) {
          fill(view, (labels, value) => {
            if (value !== null && value !== undefined) this.set({ model_name: view.model_name, model_version: view.model_version, ...labels }, value);
          });
        }
      },
    });
  };
  const averages = (name: string, help: string, scores: (view: VersionView) => ScoresView): void => gauge(name, help, ['average'], (view, put) => {
    const { weighted_f1, macro_f1, micro_f1 } = scores(view);
    put({ average: 'weighted' }, weighted_f1);
    put({ average: 'macro' }, macro_f1);
    put({ average: 'micro' }, micro_f1);
  });
  averages('loop_live_f1', 'F1 over the live window', (view) => view);
  averages('loop_audit_f1', 'F1 over the live window of audited predictions alone: free of the choice of what people label', (view) => view.audit);
  averages('loop_cumulative_f1', 'F1 over all labels since the version was deployed', (view) => view.cumulative);
  gauge('loop_live_f1_low', 'Lower end of the 95 % band of the weighted F1', [], (view, put) => put({}, view.band?.[0]));
  gauge('loop_live_f1_high', 'Upper end of the 95 % band of the weighted F1', [], (view, put) => put({}, view.band?.[1]));
  gauge('loop_audit_f1_low', 'Lower end of the 95 % band of the weighted F1 of audited predictions', [], (view, put) => put({}, view.audit.band?.[0]));
  gauge('loop_audit_f1_high', 'Upper end of the 95 % band of the weighted F1 of audited predictions', [], (view, put) => put({}, view.audit.band?.[1]));
  gauge('loop_live_class_f1', 'F1 per category over the live window', ['category'], (view, put) => {
    for (const one of view.classes) put({ category: one.category }, one.f1);
  });
  gauge('loop_live_class_f1_low', 'Lower end of the 95 % band of a category', ['category'], (view, put) => {
    for (const one of view.classes) put({ category: one.category }, one.band?.[0]);
  });
  gauge('loop_live_class_f1_high', 'Upper end of the 95 % band of a category', ['category'], (view, put) => {
    for (const one of view.classes) put({ category: one.category }, one.band?.[1]);
  });
  gauge('loop_live_class_labels', 'Labels of a category in the live window', ['category'], (view, put) => {
    for (const one of view.classes) put({ category: one.category }, one.support);
  });
  gauge('loop_live_worst_class_f1', 'F1 of the worst category with support', ['category'], (view, put) => {
    if (view.worst !== null) put({ category: view.worst.category }, view.worst.f1);
  });
  gauge('loop_live_labels', 'Labels in the live window', [], (view, put) => put({}, view.labels));
  gauge('loop_audit_labels', 'Labels of audited predictions in the live window', [], (view, put) => put({}, view.audit.labels));
  gauge('loop_verdict', '1 for the status shown: warming, healthy or degraded; recovers only by RECOVER_MARGIN', ['status'], (view, put) => put({ status: view.status }, 1));
  gauge('loop_min_f1', 'The threshold on the weighted F1', [], (view, put) => put({}, view.threshold));
  gauge('loop_min_class_f1', 'The floor for every category, where one is set', [], (view, put) => put({}, view.class_threshold));
  gauge('loop_min_accuracy', 'The floor for the accuracy, where one is set', [], (view, put) => put({}, view.accuracy_threshold));
  gauge('loop_evidence_ratio', 'Evidence for a fall; 1 is an alarm', [], (view, put) => put({}, view.evidence.ratio));
  gauge('loop_retrain_pending', '1: an alarm waits for the daily cap', [], (view, put) => put({}, view.pending ? 1 : 0));
  gauge('loop_episode', 'Number of the last episode', [], (view, put) => put({}, view.episode));
  gauge('loop_pairs', 'Labelled predictions (a gauge: corrections subtract)', ['label', 'predicted', 'window'], (view, put) => {
    for (const cell of view.window_cells) put({ label: cell.label, predicted: cell.predicted, window: 'live' }, cell.count);
    for (const cell of view.cells) put({ label: cell.label, predicted: cell.predicted, window: 'all' }, cell.count);
  });
  gauge('loop_source_labels', 'First labels of a source since the version was deployed; the busiest 20', ['source'], (view, put) => {
    for (const one of view.sources) put({ source: one.source }, one.labels);
  });
  gauge('loop_source_contradicts', 'Share of the labels of a source that contradict the model', ['source'], (view, put) => {
    for (const one of view.sources) put({ source: one.source }, one.contradicts);
  });
  gauge('loop_source_apart', 'How many standard errors that share lies from that of all others; 4 and more is odd', ['source'], (view, put) => {
    for (const one of view.sources) put({ source: one.source }, one.apart);
  });
  new Gauge({
    name: 'loop_champion', help: 'The number of the promotion, for the version that was promoted last', labelNames: ['model_name', 'model_version'], registers: [registry],
    collect() {
      this.reset();
      for (const { model_name, model_version, promotion_seq } of champions()) this.set({ model_name, model_version }, promotion_seq);
    },
  });
  // Counted in the fold, not here: a restart goes on where the log stands.
  const counter = (name: string, help: string, read: (view: VersionView) => number): void => {
    new Counter({
      name, help, labelNames: ['model_name', 'model_version'], registers: [registry],
      collect() {
        this.reset();
        for (const view of shownOf(views())) this.inc({ model_name: view.model_name, model_version: view.model_version }, read(view));
      },
    });
  };
  counter('loop_pairs_added_total', 'Labels added', (view) => view.pairs_added);
  counter('loop_pairs_removed_total', 'Labels taken back by corrections and withdrawals', (view) => view.pairs_removed);
  counter('loop_labels_set_aside_total', 'First labels that detectors and trainings did not take: their source is not trusted or was over its hour', (view) => view.set_aside);
  lagGauge(registry, 'monitor', lags);
  const requests = new Counter({ name: 'loop_retrain_requests_total', help: 'Retrainings ordered by this process', labelNames: ['cause'], registers: [registry] });
  requests.inc({ cause: 'drift' }, 0);
  return { registry, requests, deadLetters: deadLetterCounter(registry) };
}
