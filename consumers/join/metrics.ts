// The join's figures.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { COUNTED, type Counted } from './join.ts';
import { driftsOf, type VersionMix } from './mix.ts';
import type { Covered } from './store.ts';

export type JoinMetrics = { readonly registry: Registry; readonly count: (kind: Counted) => void; readonly delay: Histogram; readonly deadLetters: Counter<'topic' | 'reason'> };
type Readings = { readonly coverage: () => readonly (readonly [version: string, Covered])[]; readonly mixes: () => readonly (readonly [version: string, VersionMix])[]; readonly waiting: () => { readonly predictions: number; readonly held: number }; readonly state: () => { readonly entries: number; readonly indexBytes: number; readonly fileBytes: number; readonly unsavedBytes: number }; readonly lags: () => ReadonlyMap<string, number> };
const DELAY_BUCKETS_S = [1, 5, 15, 60, 300, 1800, 3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400];

/** Counts by version, of all partitions. */
export function countsOf(list: readonly (readonly [version: string, Covered])[]): ReadonlyMap<string, Covered> {
  const sum = (a: Covered, b: Covered): Covered => ({ predicted: a.predicted + b.predicted, labelled: a.labelled + b.labelled, auditPredicted: a.auditPredicted + b.auditPredicted, auditLabelled: a.auditLabelled + b.auditLabelled });
  const counts = new Map<string, Covered>();
  for (const [version, covered] of list) counts.set(version, sum(counts.get(version) ?? { predicted: 0, labelled: 0, auditPredicted: 0, auditLabelled: 0 }, covered));
  return counts;
}
/** Shares of the predictions within the horizon that have a label now, by version; of all, and of those chosen for audit. Absent: no such prediction. */
export function coverageOf(list: readonly (readonly [version: string, Covered])[]): ReadonlyMap<string, { readonly all?: number; readonly audit?: number }> {
  return new Map([...countsOf(list)].map(([version, { predicted, labelled, auditPredicted, auditLabelled }]) => {
    const share = (name: 'all' | 'audit', whole: number, part: number) => (whole === 0 ? {} : { [name]: part / whole });
    return [version, { ...share('all', predicted, labelled), ...share('audit', auditPredicted, auditLabelled) }];
  }));
}

export function createJoinMetrics(readings: Readings): JoinMetrics {
  const registry = new Registry();
  // A rate needs the series before its first event. Counted here and handed over when scraped: a labelled counter takes its time, and every input is counted several times.
  const counts = new Map<Counted, number>(COUNTED.map((kind) => [kind, 0]));
  new Counter({
    name: 'loop_join_events_total', help: 'What the join made of its inputs', labelNames: ['kind'], registers: [registry],
    collect() {
      this.reset();
      for (const [kind, count] of counts) this.inc({ kind }, count);
    },
  });
  new Gauge({
    name: 'loop_join_waiting', help: 'Predictions without a label, and feedback held without its prediction', labelNames: ['side'], registers: [registry],
    collect() {
      const { predictions, held } = readings.waiting();
      this.set({ side: 'predictions' }, predictions);
      this.set({ side: 'feedback' }, held);
    },
  });
  new Gauge({ name: 'loop_join_state_entries', help: 'Prediction ids remembered', registers: [registry], collect() { this.set(readings.state().entries); } });
  new Gauge({
    name: 'loop_join_state_bytes', help: 'Size of the local state: index in memory, log on disk, and what of it is not on disk yet', labelNames: ['where'], registers: [registry],
    collect() {
      const { indexBytes, fileBytes, unsavedBytes } = readings.state();
      this.set({ where: 'memory' }, indexBytes);
      this.set({ where: 'disk' }, fileBytes);
      this.set({ where: 'unsaved' }, unsavedBytes);
    },
  });
  /** One series per model version and extra label, from figures that partitions have added up. */
  const perVersion = (name: string, help: string, labelNames: readonly string[], read: () => Iterable<readonly [version: string, labels: Readonly<Record<string, string>>, value: number]>): void => {
    new Gauge({
      name, help, labelNames: ['model_name', 'model_version', ...labelNames], registers: [registry],
      collect() {
        this.reset();
        for (const [version, labels, value] of read()) {
          const [model_name = '', model_version = ''] = version.split(' ');
          this.set({ model_name, model_version, ...labels }, value);
        }
      },
    });
  };
  const shareOf = (of: 'all' | 'audit') => () => [...coverageOf(readings.coverage())].flatMap(([version, share]) => (share[of] === undefined ? [] : [[version, {}, share[of]] as const]));
  perVersion('loop_label_coverage', 'Share of the predictions within the horizon that have a label now', [], shareOf('all'));
  perVersion('loop_audit_coverage', 'The same of the predictions chosen for audit', [], shareOf('audit'));
  perVersion('loop_prediction_drift', 'Excess PSI of the latest answers of the version that serves against its first', ['of'], () =>
    [...driftsOf(readings.mixes())].flatMap(([version, { category, confidence }]) => [[version, { of: 'category' }, category] as const, [version, { of: 'confidence' }, confidence] as const]));
  lagGauge(registry, 'join', readings.lags);
  return {
    registry,
    count: (kind) => void counts.set(kind, (counts.get(kind) ?? 0) + 1),
    delay: new Histogram({ name: 'loop_label_delay_seconds', help: 'From a prediction to its first label, broker time; 0 for a label that was there first', buckets: DELAY_BUCKETS_S, registers: [registry] }),
    deadLetters: deadLetterCounter(registry),
  };
}
export const deadLetterCounter = (registry: Registry): Counter<'topic' | 'reason'> => new Counter({ name: 'loop_dead_letters_total', help: 'Records set aside', labelNames: ['topic', 'reason'], registers: [registry] });

/** Records read but not committed or not read yet, per partition; partitions of other members are absent. */
export function lagGauge(registry: Registry, process: string, lags: () => ReadonlyMap<string, number>): void {
  new Gauge({
    name: 'loop_consumer_lag', help: 'Records not yet handled', labelNames: ['process', 'partition'], registers: [registry],
    collect() {
      this.reset();
      for (const [partition, lag] of lags()) this.set({ process, partition }, lag);
    },
  });
}
