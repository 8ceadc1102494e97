// The trainer process: wiring only.
import { Registry as Metrics } from 'prom-client';
import { checkAgreement } from '../consumers/agreement.ts';
import { keepAsking, type Asking } from '../consumers/keepAsking.ts';
import { openPulse, type Pulse } from '../consumers/pulse.ts';
import { pulseMetrics } from '../consumers/pulseMetrics.ts';
import { trainerUnready } from '../consumers/readiness.ts';
import { createLog, runService } from '../consumers/service.ts';
import { subscribe, type Subscription } from '../consumers/subscriber.ts';
import { createKafka } from '../producers/kafka.ts';
import { createPublisher, type Publisher } from '../producers/publisher.ts';
import { openRegistry } from '../producers/connections.ts';
import { messageOf } from '../schemas/failure.ts';
import { readSecretFile } from '../producers/secretFile.ts';
import { readModelSettings } from '../schemas/settings.ts';
import { createArtifacts } from './record/artifacts.ts';
import { createCancel } from './jobs/cancel.ts';
import { collectGarbage } from './record/collect.ts';
import { createIntake } from './jobs/intake.ts';
import { knownPromotions, readPromotions } from './record/known.ts';
import { createLedger } from './record/ledger.ts';
import type { Outcome, Row } from './record/row.ts';
import { createScheduler, type Scheduler } from './jobs/scheduler.ts';
import { versionsOf } from './record/versions.ts';
import { mirrorTo } from './tracking/wiring.ts';
import { trainerMetrics } from './metrics.ts';
import { briefJob, wholeJob, type Running } from './record/view.ts';
import type { WorkerStage } from './jobs/desk.ts';
import { startWorker, type Worker } from './jobs/worker.ts';

const settings = readModelSettings(process.env, readSecretFile);
const log = createLog('trainer', settings.logLevel);
const registry = openRegistry(settings);
const ledger = createLedger(settings);
const metrics = new Metrics();
const { trainings, rollbacks, seconds, stages, deadLetters } = trainerMetrics(metrics, { lags: () => subscription?.lags() ?? [], rows: () => rows, behind: () => worker?.behind() ?? 0 });
// A loop of its own: nothing here waits for it.
const mirror = mirrorTo({ settings, objects: createArtifacts(settings), log, metrics });
let pulse: Pulse | undefined;
let asking: Asking | undefined;
pulseMetrics(metrics, 'trainer', () => pulse);
let worker: Worker | undefined;
let subscription: Subscription | undefined;
let publisher: Publisher | undefined;
let scheduling: NodeJS.Timeout | undefined;
let collecting: NodeJS.Timeout | undefined;
const artifacts = createArtifacts(settings);
let scheduler: Scheduler | undefined;
let rows: Row[] = [];
const look = async (): Promise<void> => {
  rows = await ledger.latest(20).catch(() => rows);
};
const onOutcome = (outcome: Outcome, duration: number, cause: string): void => {
  void look();
  mirror?.wake();
  if (cause === 'rollback') return rollbacks.inc({ outcome });
  trainings.inc({ outcome });
  if (duration > 0) seconds.observe(duration);
};
const showStage = (stage: WorkerStage): void => {
  stages.reset();
  stages.set({ stage }, 1);
};
const briefly = ({ id, retrain_id, cause, status, outcome, outcome_reason, model_version, champion_version, promotion_seq, f1, min_f1, champion_f1, duration_ms, attempts, progress, report_s3, approval, approve_until, decided_by, decided_why }: Row) => ({ id, retrain_id, cause, status, outcome, outcome_reason, model_version, champion_version, promotion_seq, f1, min_f1, champion_f1, duration_ms, attempts, report_s3, approval, approve_until, decided_by, decided_why, progress: progress === null ? [] : (JSON.parse(progress) as unknown) });

const running = (): Running => ({ retrainId: worker?.current(), stage: worker?.stage() ?? 'idle' });
const MAX_JOBS = 1000;
const LOOK_EVERY_MS = 60_000;
const jobsOf = async (query: URLSearchParams): Promise<object> => ({ jobs: (await ledger.jobs({ status: query.get('status') ?? undefined, cause: query.get('cause') ?? undefined, limit: Math.min(MAX_JOBS, Number(query.get('limit') ?? 50)) })).map((row) => briefJob(row, running())) });
async function jobOf(query: URLSearchParams): Promise<object> {
  const row = await ledger.find(query.get('id') ?? '');
  return { job: row === undefined ? null : wholeJob(row, running()) };
}

const HOUR_MS = 3_600_000;
const MYSQL_SILENT_MS = 5000;
let collectedAtMs = 0;
/** An hour after the start, then once a day: models and datasets that nothing needs any more. */
async function collectIfDue(): Promise<void> {
  if (Date.now() - collectedAtMs < 24 * HOUR_MS) return;
  const { goes, rows: gone, stays } = await collectGarbage({ ledger, artifacts, retentionMs: settings.modelRetentionMs, nowMs: Date.now(), dryRun: false });
  collectedAtMs = Date.now();
  log.info({ folders: goes.map((folder) => folder.uri), rows: gone.length, stays }, 'old models and datasets removed');
}

await runService({
  name: 'trainer', host: settings.bindHost, port: settings.trainerPort, log, metrics, dataDir: settings.homeDir,
  unready: () => trainerUnready({ started: subscription !== undefined, away: pulse?.away(), mysqlAway: asking?.away() }),
  routes: { '/jobs': jobsOf, '/job': jobOf, '/trainings': () => ({ auto_retrain: settings.autoRetrain, schedule: scheduler?.state() ?? 'not looked yet', ledger_behind: worker?.behind() ?? 0, stage: worker?.stage() ?? 'idle', retrain_id: worker?.current() ?? null, progress: worker?.progress() ?? [], last: rows[0] === undefined ? undefined : briefly(rows[0]), rows: rows.map(briefly) }), '/awaiting': async () => (await ledger.awaiting(settings.modelName)).map(briefly), '/models': async () => versionsOf(await ledger.promotions(settings.modelName)) },
  async start(die) {
    await checkAgreement(settings.homeDir, registry);
    await look();
    const watching = (pulse = openPulse({ settings, name: 'trainer', log, onStuck: die }));
    asking = keepAsking({ who: 'MySQL', limitMs: Math.max(MYSQL_SILENT_MS, settings.answerDeadlineMs), ask: () => ledger.latest(1) });
    const outbox = (publisher = await createPublisher({ kafka: createKafka(settings, 'trainer', log), registry, settings }));
    worker = startWorker({
      known: knownPromotions(await readPromotions(settings, registry)), settings, env: process.env, registry, ledger, artifacts, log, onFatal: die,
      onStage: (stage) => {
        showStage(stage);
        void look();
      },
      onOutcome,
    });
    subscription = await subscribe({
      pulse: watching, settings, clientId: 'trainer', groupId: 'trainer', log, topics: ['retrain-requests'], onFatal: die,
      onRecord: createIntake({
        settings, registry, ledger, log, nowMs: Date.now, publish: (messages) => outbox.send(messages), countDead: (reason) => deadLetters.inc({ topic: 'retrain-requests', reason }),
        order: createCancel({ ledger, artifacts, log, stopRun: (id) => worker?.stopRun(id), onOutcome }),
        async onClaimed() {
          await look();
          worker?.wake();
        },
      }),
    });
    const schedule = createScheduler({ settings, ledger, publish: (messages) => outbox.send(messages), log, nowMs: Date.now });
    scheduler = schedule;
    scheduling = setInterval(() => void schedule.look().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'could not ask for the scheduled training')), LOOK_EVERY_MS);
    collecting = setInterval(() => void collectIfDue().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'could not remove old models; will try again')), HOUR_MS);
  },
  async stop() {
    clearInterval(scheduling);
    clearInterval(collecting);
    asking?.stop();
    await pulse?.stop();
    await subscription?.stop();
    await worker?.stop();
    await mirror?.stop();
    await publisher?.close();
    await ledger.close();
  },
});
