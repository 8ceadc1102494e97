// The trainer's figures. The mirror into MLflow adds its own.
import { Counter, Gauge, Histogram, type Registry as Metrics } from 'prom-client';
import { refusalsInARow } from './record/refusals.ts';
import { OUTCOMES, type Row } from './record/row.ts';

export type TrainerMetrics = {
  readonly trainings: Counter<'outcome'>; readonly rollbacks: Counter<'outcome'>; readonly seconds: Histogram; readonly stages: Gauge<'stage'>; readonly deadLetters: Counter<'topic' | 'reason'>;
};

/** rows: the newest of auto_training, newest first. behind: promotions the ledger lacks. */
export function trainerMetrics(metrics: Metrics, { lags, rows, behind }: { readonly behind: () => number; readonly lags: () => Iterable<readonly [partition: string, lag: number]>; readonly rows: () => readonly Pick<Row, 'model_name' | 'outcome'>[] }): TrainerMetrics {
  const registers = [metrics];
  const trainings = new Counter({ name: 'loop_trainings_total', help: 'Trainings by outcome', labelNames: ['outcome'], registers });
  const rollbacks = new Counter({ name: 'loop_rollbacks_total', help: 'Rollbacks by outcome', labelNames: ['outcome'], registers });
  // A rate needs the series before its first event.
  for (const outcome of OUTCOMES) for (const counter of [trainings, rollbacks]) counter.inc({ outcome }, 0);
  new Gauge({
    name: 'loop_consumer_lag', help: 'Records not yet handled', labelNames: ['process', 'partition'], registers,
    collect() {
      for (const [partition, lag] of lags()) this.set({ process: 'trainer', partition }, lag);
    },
  });
  new Gauge({
    name: 'loop_gate_refusals', help: 'Models the gate has refused in a row', labelNames: ['model_name'], registers,
    collect() {
      this.reset();
      for (const [model_name, refused] of refusalsInARow(rows())) this.set({ model_name }, refused);
    },
  });
  new Gauge({
    name: 'loop_ledger_behind', help: 'Promotions in Kafka that MySQL has lost; while there are any, nothing is trained (./loop rebuild)', registers,
    collect() {
      this.set(behind());
    },
  });
  return {
    trainings, rollbacks,
    seconds: new Histogram({ name: 'loop_training_seconds', help: 'From start to outcome', buckets: [1, 2, 5, 10, 20, 40, 80, 160, 320], registers }),
    stages: new Gauge({ name: 'loop_training_stage', help: '1 for the stage of the running training', labelNames: ['stage'], registers }),
    deadLetters: new Counter({ name: 'loop_dead_letters_total', help: 'Records set aside', labelNames: ['topic', 'reason'], registers }),
  };
}
/** Made with its first value: until it is known the figure is absent, not 0. */
export function mirrorGauge(metrics: Metrics): (rows: number) => void {
  let behind: Gauge | undefined;
  return (rows) => (behind ??= new Gauge({ name: 'loop_mlflow_behind', help: 'Ended rows of auto_training that MLflow has not been told', registers: [metrics] })).set(rows);
}
