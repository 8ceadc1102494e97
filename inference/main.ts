// The inference process: wiring only.
import closeWithGrace from 'close-with-grace';
import { randomBytes, randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Registry as Metrics } from 'prom-client';
import { checkAgreement } from '../consumers/agreement.ts';
import type { Following } from '../consumers/follow.ts';
import { createReadObject, sha256 } from '../consumers/objects.ts';
import { processMetrics } from '../consumers/processMetrics.ts';
import { followPromotions } from '../consumers/promotions.ts';
import { openPulse } from '../consumers/pulse.ts';
import { heldMetrics, pulseMetrics } from '../consumers/pulseMetrics.ts';
import { inferenceUnready } from '../consumers/readiness.ts';
import { createLog, dieWith } from '../consumers/service.ts';
import { runShards, type Shards } from '../consumers/shards.ts';
import { createKafka } from '../producers/kafka.ts';
import { createPublisher, type Outgoing } from '../producers/publisher.ts';
import { openRegistry } from '../producers/connections.ts';
import { LoopError, messageOf } from '../schemas/failure.ts';
import { idSource } from '../schemas/ids.ts';
import packageJson from '../package.json' with { type: 'json' };
import { readSecretFile } from '../producers/secretFile.ts';
import { readModelSettings } from '../schemas/settings.ts';
import { openAuditLog } from './audit/read.ts';
import { createAccess } from './access/access.ts';
import { openTokens } from './access/tokensFile.ts';
import { CONSOLE_FILES } from './console/files.ts';
import { createApp } from './http/app.ts';
import { readPages } from './http/pages.ts';
import { allJobs } from './batch/allJobs.ts';
import { openDeadLetters } from './deadLetters/read.ts';
import { openPurges } from './deadLetters/purges.ts';
import { openResends } from './deadLetters/resends.ts';
import { openBatchLane, type BatchLane } from './batch/lane.ts';
import { createBatchLedger } from './batch/ledger.ts';
import { createStorage } from './batch/s3.ts';
import { loadMetrics } from './serving/load.ts';
import type { ServingModel } from './serving/loader.ts';
import { createMicroBatch } from './serving/microBatch.ts';
import { keepModel } from './serving/models.ts';
import { createPredictor } from './serving/predictor.ts';
import { openRecent } from './recent/reader.ts';
import { openLabelDesk } from './labels/desk.ts';
import { openNeighbours } from './live/neighbours.ts';
import { openSharedLeases } from './labels/sharedLeases.ts';
import { inferenceGauges, inferenceMetrics } from './metrics.ts';
import { createRepeats } from './repeats/repeats.ts';
import { createSlot } from './serving/slot.ts';
import { openStream } from './stream.ts';

const settings = readModelSettings(process.env, readSecretFile);
const log = createLog('inference', settings.logLevel);
const die = dieWith(log);
const registry = openRegistry(settings);
const metrics = new Metrics();
const load = loadMetrics(metrics);
processMetrics(metrics, settings.homeDir);
const { duration, scored, requests, deadLetters, batchJobs, batchRows, serves } = inferenceMetrics(metrics);
const newId = idSource(Date.now, randomFillSync);
const neighbours = openNeighbours(settings);
// HTTP must hear soon that Kafka is away; the stream may wait.
const HTTP_RETRIES = 2;
const jobIn = (answer: unknown): unknown => (typeof answer === 'object' && answer !== null ? (Reflect.get(answer, 'job') ?? undefined) : undefined);
// Answers kept for requests with an Idempotency-Key, beside the bound on their bytes.
const MAX_REPEATS = 50_000;
/** To those who listen. */
const RUNS_TOLD = 50;
// While the broker works on one group the next one travels.
const GROUPS_IN_FLIGHT = 2;
const STOP_DEADLINE_MS = 15_000;

try {
  const access = createAccess({ limits: { requests: settings.rateLimitRequests, items: settings.rateLimitItems, failures: settings.authFailuresPerMinute }, nowMs: Date.now, digest: sha256 });
  const tokens = openTokens({ given: settings.tokens, file: settings.tokensFile, use: (all) => access.use(all), log });
  await checkAgreement(settings.homeDir, registry);
  const slot = createSlot<ServingModel>(() => undefined);
  const batches = createBatchLedger(settings);
  let announceFirst = (): void => undefined;
  const firstModel = new Promise<void>((resolve) => {
    announceFirst = resolve;
  });
  const keeper = keepModel({
    modelName: settings.modelName, slot, read: createReadObject(settings), log,
    onSwap(model) {
      announceFirst();
      serves(model);
    },
  });
  const predict = createPredictor({
    slot, auditRate: settings.auditRate, nowMs: Date.now,
    observe(seconds, texts) {
      duration.observe(seconds);
      scored.inc(texts);
    },
  });
  const { queueRequests: openRequests, queueBytes: openBytes, answerDeadlineMs: deadlineMs } = settings;
  const publisher = await createPublisher({ kafka: createKafka(settings, 'inference', log, HTTP_RETRIES), registry, settings, limits: { inFlight: GROUPS_IN_FLIGHT, openSends: openRequests, openBytes, deadlineMs }, observe: load.produce });
  const publish = (messages: readonly Outgoing[]): Promise<void> => publisher.send(messages).catch((error: unknown) => {
    if (error instanceof LoopError && error.code === 'overloaded') load.shed('publish');
    throw error;
  });
  const { answer, load: openAnswers } = createMicroBatch({ predict, publish, limits: { openRequests, openBytes }, onShed: () => load.shed('predict'), observe: load.batch });
  load.watch('predict', openAnswers);
  load.watch('publish', publisher.load);
  const recent = openRecent(settings, log);
  const started: { shards?: Shards; following?: Following; lane?: BatchLane } = {};
  inferenceGauges(metrics, {
    modelName: settings.modelName, loadFailed: () => keeper.failure() !== undefined, behind: () => keeper.behind(), lags: () => started.shards?.lags() ?? [],
    recent: async () => {
      const size = await recent.ask({ kind: 'size' }).catch(() => undefined);
      return size?.status === 'size' ? size.predictions : 0;
    },
  });
  const pulse = openPulse({ settings, name: 'inference', log, onStuck: die });
  pulseMetrics(metrics, 'inference', () => pulse);
  heldMetrics(metrics, 'inference', () => started.shards);
  const leases = openSharedLeases(settings);
  const resends = openResends(settings);
  const purges = openPurges(settings);
  let stopping = false;
  const app = createApp({
    answer, publish, serving: () => slot.current(), newId, nowMs: Date.now, access, repeats: createRepeats({ ttlMs: settings.idempotencyTtlMs, bytes: settings.idempotencyBytes, count: MAX_REPEATS }), bodyLimitBytes: settings.bodyLimitBytes, modelName: settings.modelName, defaultCategories: settings.categories, sourceByToken: settings.sourceByToken === 'on',
    unready: () => inferenceUnready({ stopping, serves: slot.current() !== undefined, loadFailure: keeper.failure(), away: pulse.away() }),
    ...allJobs({ ledger: batches, trainings: (query) => neighbours.trainer(`/jobs?${query}`), training: async (id) => jobIn(await neighbours.trainer(`/job?id=${encodeURIComponent(id)}`)) }), trainBuckets: settings.trainBuckets, predictBuckets: settings.predictBuckets,
    async orderBatch(id, inputUri, badRows) {
      await batches.order(id, inputUri, badRows);
      started.lane?.wake();
    },
    async cancelBatch(id, by) {
      const how = await batches.cancel(id, by);
      started.lane?.stopJob(id);
      return how;
    },
    audit: {
      record: (entry) => publish([{ topic: 'audit-log', key: entry.audit_id, value: entry }]),
      onLost: (entry, error) => log.error({ ...entry, reason: messageOf(error) }, 'an act came to nothing, and the audit log could not be told'),
    },
    auditLog: openAuditLog(settings, registry, log), deadLetters: openDeadLetters(settings, registry, log), resends, purges, recent, labels: openLabelDesk({ recent, shared: leases, serves: () => slot.current()?.version, leaseMs: settings.labelLeaseMs, nowMs: Date.now, log }), live: () => neighbours.monitor('/live'), history: (points) => neighbours.monitor(points === undefined ? '/history' : `/history?points=${points}`), join: () => neighbours.joins('/live'), runs: () => neighbours.trainer(`/jobs?limit=${RUNS_TOLD}`), versions: () => neighbours.trainer('/models'), awaiting: () => neighbours.trainer('/awaiting'),
    metricsText: async () => ({ type: metrics.contentType, text: await metrics.metrics() }),
    pages: readPages(join(import.meta.dirname, 'console'), CONSOLE_FILES), version: packageJson.version, corsOrigins: settings.corsOrigins, requestIdPrefix: randomBytes(6).toString('hex'),
    onResponse(route, status, seconds, requestId) {
      requests.observe({ route, status: String(status) }, seconds);
      if (status >= 500) log.warn({ request_id: requestId, route, status, seconds }, 'refused');
      else log.debug({ request_id: requestId, route, status, seconds }, 'answered');
    },
    onUnexpected: (error, requestId) => log.error({ err: error, request_id: requestId }, messageOf(error)),
  });
  await app.listen({ host: settings.bindHost, port: settings.inferencePort });
  // Intake off, finish what is under way, flush, close.
  closeWithGrace({ delay: settings.drainMs + STOP_DEADLINE_MS, logger: false }, async ({ err }) => {
    if (err) log.fatal({ err }, messageOf(err));
    // Not ready from here on, but at work: who still sends a request has not seen it yet. A broken process has nothing to wait for.
    stopping = true;
    if (!err) await pause(settings.drainMs);
    keeper.stop();
    await app.close();
    await started.lane?.stop();
    await pulse.stop();
    await started.shards?.stop();
    await started.following?.stop();
    await recent.stop();
    tokens.stop();
    await publisher.close();
    await batches.close();
    await leases.close();
    await resends.close();
    await purges.close();
    log.info('stopped');
    if (err) process.exitCode = 1;
  });
  started.following = await followPromotions({
    pulse, settings, registry, clientId: 'inference-models', log, onFatal: die, onPromotion: (event) => keeper.offer(event), onCaughtUp: () => keeper.caughtUp(),
    onUnreadable: () => deadLetters.inc({ topic: 'models', reason: 'not_usable' }),
  });
  started.lane = openBatchLane({
    env: process.env, leaseMs: settings.leaseMs, maxBytes: settings.maxBatchBytes, ledger: batches, storage: createStorage(settings), log, onFatal: die,
    serving() {
      const model = slot.current();
      return model === undefined ? undefined : { name: model.name, version: model.version, manifestUri: model.manifest.uri, manifestSha256: model.manifest.sha256 };
    },
    onEnd(outcome, rows) {
      batchJobs.inc({ outcome });
      batchRows.inc(rows);
    },
  });
  // Products wait in their topic until a model serves.
  await firstModel;
  if (!stopping) started.shards = await runShards({
    pulse, settings, registry, log, name: 'inference', topics: ['products'], onNewLog: 'begin', onFatal: die,
    open: () => Promise.resolve(openStream({ registry, predict, modelName: settings.modelName, nowMs: Date.now, countDead: (reason) => deadLetters.inc({ topic: 'products', reason }) })),
  });
  log.info({ port: settings.inferencePort }, 'started');
} catch (error) {
  die(error);
}
