// The service without Kafka, for `bench serve` only: the app that main.ts runs, over a publish port that answers at once. A setting for this would break a promise.
// Arguments: the promotion (JSON file). Settings come from the environment, as for main.ts.
import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Counter, Histogram, Registry as Metrics } from 'prom-client';
import { createReadObject, sha256 } from '../../consumers/objects.ts';
import { createAccess } from '../../inference/access/access.ts';
import { createApp, type Ports } from '../../inference/http/app.ts';
import { loadMetrics } from '../../inference/serving/load.ts';
import { loadModel, type ServingModel } from '../../inference/serving/loader.ts';
import { createMicroBatch } from '../../inference/serving/microBatch.ts';
import { createRepeats } from '../../inference/repeats/repeats.ts';
import { createPredictor } from '../../inference/serving/predictor.ts';
import { createSlot } from '../../inference/serving/slot.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import { idSource } from '../../schemas/ids.ts';
import { readModelSettings } from '../../schemas/settings.ts';

const settings = readModelSettings(process.env);
const promoted = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ModelPromoted;
const slot = createSlot<ServingModel>(() => undefined);
slot.swap(await loadModel(promoted, createReadObject(settings)));
const metrics = new Metrics();
const load = loadMetrics(metrics);
const duration = new Histogram({ name: 'loop_prediction_seconds', help: 'Scoring of one batch', buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3], registers: [metrics] });
const scored = new Counter({ name: 'loop_predictions_total', help: 'Texts scored', registers: [metrics] });
const requests = new Histogram({ name: 'loop_http_request_seconds', help: 'HTTP requests', labelNames: ['route', 'status'], buckets: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3], registers: [metrics] });
const predict = createPredictor({
  slot, auditRate: settings.auditRate, nowMs: Date.now,
  observe(seconds, texts) {
    duration.observe(seconds);
    scored.inc(texts);
  },
});
const publish = (): Promise<void> => Promise.resolve();
const access = createAccess({ limits: { requests: settings.rateLimitRequests, items: settings.rateLimitItems, failures: settings.authFailuresPerMinute }, nowMs: Date.now, digest: sha256 });
access.use(settings.tokens);
const { answer } = createMicroBatch({ predict, publish, limits: { openRequests: settings.queueRequests, openBytes: settings.queueBytes }, onShed: () => load.shed('predict'), observe: load.batch });
const absent = (): Promise<never> => Promise.reject(new Error('not in this benchmark'));
const ports: Partial<Ports> = {
  answer, publish, serving: () => slot.current(), newId: idSource(Date.now, randomFillSync), nowMs: Date.now, access, repeats: createRepeats({ ttlMs: settings.idempotencyTtlMs, bytes: settings.idempotencyBytes, count: 1000 }), bodyLimitBytes: settings.bodyLimitBytes, modelName: settings.modelName, defaultCategories: settings.categories,
  unready: () => undefined, trainBuckets: settings.trainBuckets, live: absent, history: absent, versions: absent, awaiting: absent, jobs: absent, job: absent,
  metricsText: async () => ({ type: metrics.contentType, text: await metrics.metrics() }), version: '0', corsOrigins: [], requestIdPrefix: 'bench',
  onResponse: (route, status, seconds) => requests.observe({ route, status: String(status) }, seconds), onUnexpected: (error) => console.error(error),
};
// The routes that are not measured have no ports.
const app = createApp(ports as Ports);
await app.listen({ host: settings.bindHost, port: settings.inferencePort });
process.once('SIGTERM', () => process.exit(0));
