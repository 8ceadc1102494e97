// Inference's figures beside its load (serving/load.ts): what it counts, and gauges that are read when scraped.
import { Counter, Gauge, Histogram, type Registry as Metrics } from 'prom-client';

export type InferenceMetrics = {
  readonly duration: Histogram; readonly scored: Counter; readonly requests: Histogram<'route' | 'status'>; readonly deadLetters: Counter<'topic' | 'reason'>; readonly batchJobs: Counter<'outcome'>; readonly batchRows: Counter;
  serves(model: { readonly name: string; readonly version: string; readonly promotionSeq: number }): void;
};
export function inferenceMetrics(metrics: Metrics): InferenceMetrics {
  const registers = [metrics];
  const info = new Gauge({ name: 'loop_model_info', help: '1 for the serving model', labelNames: ['model_name', 'model_version', 'promotion_seq'], registers });
  return {
    duration: new Histogram({ name: 'loop_prediction_seconds', help: 'Scoring of one batch', buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3], registers }),
    scored: new Counter({ name: 'loop_predictions_total', help: 'Texts scored', registers }),
    requests: new Histogram({ name: 'loop_http_request_seconds', help: 'HTTP requests', labelNames: ['route', 'status'], buckets: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3], registers }),
    deadLetters: new Counter({ name: 'loop_dead_letters_total', help: 'Records set aside', labelNames: ['topic', 'reason'], registers }),
    batchJobs: new Counter({ name: 'loop_batch_jobs_total', help: 'Batch predictions ended here', labelNames: ['outcome'], registers }),
    batchRows: new Counter({ name: 'loop_batch_rows_total', help: 'Rows predicted by batch jobs that finished here', registers }),
    serves({ name, version, promotionSeq }) {
      info.reset();
      info.set({ model_name: name, model_version: version, promotion_seq: String(promotionSeq) }, 1);
    },
  };
}

type Readings = {
  readonly modelName: string;
  readonly loadFailed: () => boolean;
  readonly behind: () => number;
  readonly recent: () => Promise<number>;
  readonly lags: () => Iterable<readonly [partition: string, lag: number]>;
};
export function inferenceGauges(metrics: Metrics, { modelName, loadFailed, behind, recent, lags }: Readings): void {
  const registers = [metrics];
  new Gauge({
    name: 'loop_model_load_failed', help: '1: a promoted model could not be loaded and the old one serves', labelNames: ['model_name'], registers,
    collect() {
      this.set({ model_name: modelName }, loadFailed() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'loop_model_behind', help: 'Promotions the newest one is ahead of the one that serves here; 0: converged', labelNames: ['model_name'], registers,
    collect() {
      this.set({ model_name: modelName }, behind());
    },
  });
  new Gauge({
    name: 'loop_recent_predictions', help: 'Predictions held for look-ups', registers,
    async collect() {
      this.set(await recent());
    },
  });
  new Gauge({
    name: 'loop_consumer_lag', help: 'Records not yet handled', labelNames: ['process', 'partition'], registers,
    collect() {
      this.reset();
      for (const [partition, lag] of lags()) this.set({ process: 'inference', partition }, lag);
    },
  });
}
