// The trainer process: wiring only.
import { Counter, Gauge, Histogram, Registry as Metrics } from 'prom-client';
import { checkAgreement } from '../consumers/agreement.ts';
import { createLog, runService } from '../consumers/service.ts';
import { subscribe, type Subscription } from '../consumers/subscriber.ts';
import { createKafka } from '../producers/kafka.ts';
import { createPublisher, type Publisher } from '../producers/publisher.ts';
import { messageOf } from '../schemas/failure.ts';
import { scheduleRetrainId } from '../schemas/ids.ts';
import { createRegistry } from '../schemas/registry.ts';
import { readModelSettings } from '../schemas/settings.ts';
import { createArtifacts } from './artifacts.ts';
import { collectGarbage } from './collect.ts';
import { createIntake } from './intake.ts';
import { createLedger, type Row } from './ledger.ts';
import { versionsOf } from './versions.ts';
import { mirrorTo } from './tracking/wiring.ts';
import { startWorker, type Worker, type WorkerStage } from './worker.ts';

const settings = readModelSettings(process.env);
const log = createLog('trainer', settings.logLevel);
const registry = createRegistry(settings.registryUrl, fetch);
const ledger = createLedger(settings);
const metrics = new Metrics();
const trainings = new Counter({ name: 'loop_trainings_total', help: 'Trainings by outcome', labelNames: ['outcome'], registers: [metrics] });
const rollbacks = new Counter({ name: 'loop_rollbacks_total', help: 'Rollbacks by outcome', labelNames: ['outcome'], registers: [metrics] });
const seconds = new Histogram({ name: 'loop_training_seconds', help: 'From start to outcome', buckets: [1, 2, 5, 10, 20, 40, 80, 160, 320], registers: [metrics] });
const stages = new Gauge({ name: 'loop_training_stage', help: '1 for the stage of the running training', labelNames: ['stage'], registers: [metrics] });
const deadLetters = new Counter({ name: 'loop_dead_letters_total', help: 'Records set aside', labelNames: ['topic', 'reason'], registers: [metrics] });
// A loop of its own: nothing here waits for it.
const mirror = mirrorTo({ settings, objects: createArtifacts(settings), log, metrics });
let worker: Worker | undefined;
let subscription: Subscription | undefined;
let publisher: Publisher | undefined;
let scheduling: NodeJS.Timeout | undefined;
let collecting: NodeJS.Timeout | undefined;
const artifacts = createArtifacts(settings);
let rows: Row[] = [];
new Gauge({
  name: 'loop_consumer_lag', help: 'Records not yet handled', labelNames: ['process', 'partition'], registers: [metrics],
  collect() {
    for (const [partition, lag] of subscription?.lags() ?? []) this.set({ process: 'trainer', partition }, lag);
  },
});
const look = async (): Promise<void> => {
  rows = await ledger.latest(20).catch(() => rows);
};
const showStage = (stage: WorkerStage): void => {
  stages.reset();
  stages.set({ stage }, 1);
};
const briefly = ({ id, retrain_id, cause, status, outcome, outcome_reason, model_version, champion_version, promotion_seq, f1, min_f1, champion_f1, duration_ms, attempts, progress }: Row) => ({ id, retrain_id, cause, status, outcome, outcome_reason, model_version, champion_version, promotion_seq, f1, min_f1, champion_f1, duration_ms, attempts, progress: progress === null ? [] : (JSON.parse(progress) as unknown) });

/** A training every RETRAIN_EVERY_MS, unless one ended lately. The slot number makes asking twice asking once. */
async function scheduleIfDue(): Promise<void> {
  const every = settings.retrainEveryMs;
  const last = rows.find((row) => row.finished_at !== null)?.finished_at;
  if (every === 0 || last == null || Date.now() - last.getTime() < every) return;
  await publisher?.send([{
    topic: 'retrain-requests', key: settings.modelName,
    value: { retrain_id: scheduleRetrainId(settings.modelName, Math.floor(Date.now() / every)), model_name: settings.modelName, model_version: null, cause: 'schedule', requested_at: Date.now(), requested_by: 'schedule', threshold: settings.minF1, live_f1: null, evidence_json: '{}', newest_predicted_at: null, params_json: '{}', force: false },
  }]);
}

const HOUR_MS = 3_600_000;
let collectedAtMs = 0;
/** An hour after the start, then once a day: models and datasets that nothing needs any more. */
async function collectIfDue(): Promise<void> {
  if (Date.now() - collectedAtMs < 24 * HOUR_MS) return;
  const { goes, rows: gone, stays } = await collectGarbage({ ledger, artifacts, retentionMs: settings.modelRetentionMs, nowMs: Date.now(), dryRun: false });
  collectedAtMs = Date.now();
  log.info({ folders: goes.map((folder) => folder.uri), rows: gone.length, stays }, 'old models and datasets removed');
}

await runService({
  name: 'trainer', host: settings.bindHost, port: settings.trainerPort, log, metrics,
  unready: () => (subscription === undefined ? 'starting' : undefined),
  routes: { '/trainings': () => ({ stage: worker?.stage() ?? 'idle', retrain_id: worker?.current() ?? null, progress: worker?.progress() ?? [], last: rows[0] === undefined ? undefined : briefly(rows[0]), rows: rows.map(briefly) }), '/models': async () => versionsOf(await ledger.promotions(settings.modelName)) },
  async start(die) {
    await checkAgreement(settings.homeDir, registry);
    await look();
    publisher = await createPublisher({ kafka: createKafka(settings, 'trainer', log), registry, settings });
    worker = startWorker({
      settings, env: process.env, registry, ledger, artifacts, log, onFatal: die,
      onStage: (stage) => {
        showStage(stage);
        void look();
      },
      onOutcome: (outcome, duration, cause) => {
        mirror?.wake();
        if (cause === 'rollback') return rollbacks.inc({ outcome });
        trainings.inc({ outcome });
        seconds.observe(duration);
      },
    });
    subscription = await subscribe({
      settings, clientId: 'trainer', groupId: 'trainer', log, topics: ['retrain-requests'], onFatal: die,
      onRecord: createIntake({
        settings, registry, ledger, log, nowMs: Date.now, publish: async (messages) => publisher?.send(messages), countDead: (reason) => deadLetters.inc({ topic: 'retrain-requests', reason }),
        async onClaimed() {
          await look();
          worker?.wake();
        },
      }),
    });
    scheduling = setInterval(() => void scheduleIfDue().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'could not ask for the scheduled training')), 60_000);
    collecting = setInterval(() => void collectIfDue().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'could not remove old models; will try again')), HOUR_MS);
  },
  async stop() {
    clearInterval(scheduling);
    clearInterval(collecting);
    await subscription?.stop();
    await worker?.stop();
    await mirror?.stop();
    await publisher?.close();
    await ledger.close();
  },
});
