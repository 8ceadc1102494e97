// Works through the ledger: takes a row, trains, gates, promotes, finishes. A take-over repeats from the first step not done.
import { setTimeout as pause } from 'node:timers/promises';
import { sha256 } from '../../consumers/objects.ts';
import type { Log } from '../../producers/kafka.ts';
import { runUriOf } from '../../schemas/ids.ts';
import { messageOf, poison, transient } from '../../schemas/failure.ts';
import type { ModelPromoted, RetrainRequested } from '../../schemas/events.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Artifacts } from '../record/artifacts.ts';
import { decidedWords } from '../gate/approval.ts';
import { usable, worthTraining } from './claim.ts';
import { cancelReason } from './cancel.ts';
import { openLane } from './lane.ts';
import type { Ledger } from '../record/ledger.ts';
import type { Champion, Lease, Outcome, Promotion, Row } from '../record/row.ts';
import { publishPromotion } from '../record/promote.ts';
import { DEFAULT_METRIC, progressLine, type EpochProgress } from '../model/progress.ts';
import { probationOf } from '../gate/probation.ts';
import { wordsOf } from '../gate/report.ts';
import { targetOf, type Wish } from '../record/rollback.ts';
import { runTraining } from './run.ts';
import type { Stage, Told, Trained } from './train.ts';

export type WorkerStage = Stage | 'idle' | 'taken';
export type Worker = { wake(): void; stop(): Promise<void>; /** stops the training of this row, if it is ours; its row says who wanted it */ stopRun(rowId: string): void; readonly stage: () => WorkerStage; readonly current: () => string | undefined; /** epochs of the running training */ readonly progress: () => readonly EpochProgress[] };
const MAX_ATTEMPTS = 5;
const TURN_MS = 100;

export function startWorker({ settings, env, registry, ledger, artifacts, log, onOutcome, onStage, onFatal, childProgram }: {
  settings: Settings; env: Readonly<Record<string, string | undefined>>; registry: Registry; ledger: Ledger; artifacts: Artifacts; log: Log;
  onOutcome: (outcome: Outcome, seconds: number, cause: string) => void; onStage: (stage: WorkerStage) => void; onFatal: (error: unknown) => void;
  /** what trains; absent: our own */ childProgram?: string;
}): Worker {
  let stage: WorkerStage = 'idle';
  let current: string | undefined;
  let epochs: EpochProgress[] = [];
  let stopping = false;
  const abort = new AbortController();
  let run: { readonly rowId: string; readonly abort: AbortController } | undefined;
  const enter = (next: WorkerStage): void => {
    stage = next;
    onStage(next);
  };

  /** Progress reaches the log, the row and whoever asks; a row that cannot be written delays nothing. */
  function hear(told: Told, row: Row, lease: Lease): void {
    if (told.kind === 'stage') return enter(told.stage);
    epochs = [...epochs.filter(({ epoch }) => epoch < told.progress.epoch), told.progress];
    log.info({ retrain_id: row.retrain_id, ...told.progress }, progressLine(told.progress));
    ledger.progress(lease, epochs).catch((error: unknown) => log.warn({ retrain_id: row.retrain_id, reason: messageOf(error) }, 'could not write the progress into the row'));
    onStage(stage);
  }

  /** The report lies in S3 before the row ends: who sees the row finds the report. */
  async function finish(row: Row, lease: Lease, outcome: Outcome, reason: string): Promise<void> {
    const standing = await ledger.row(row.id);
    const ended = { status: outcome === 'error' ? 'FAILED' : 'FINISHED', outcome: standing?.outcome ?? outcome, outcome_reason: standing?.outcome_reason ?? reason };
    await artifacts.write(runUriOf(row.model_name, row.id), JSON.stringify({ ...standing, ...ended }, null, 2));
    if (!(await ledger.finish(lease, outcome, reason))) return;
    onOutcome(outcome, Number((await ledger.row(row.id))?.duration_ms ?? 0) / 1000, row.cause);
    log.info({ retrain_id: row.retrain_id, outcome, reason }, row.cause === 'rollback' ? 'rollback ended' : 'training ended');
  }

  /** Steps 3 and 4 of a promotion, for a row that has its promotion_seq. */
  async function announce(row: Row, lease: Lease): Promise<void> {
    if (row.cause !== 'rollback') enter('promoting');
    const fresh = await ledger.row(row.id);
    if (fresh?.promotion_seq == null || fresh.model_version === null || fresh.manifest_s3 === null || fresh.weights_sha256 === null) throw poison('row_broken', `row ${row.id} is promoted but incomplete`);
    const manifestSha256 = fresh.manifest_sha256 ?? sha256(await artifacts.read(fresh.manifest_s3));
    const { manifest } = await artifacts.loadModel(fresh.manifest_s3, manifestSha256);
    const before = (await ledger.promotions(fresh.model_name)).filter((one) => Number(one.promotion_seq) < Number(fresh.promotion_seq));
    const fallback = before.find((one) => one.model_version !== fresh.model_version);
    const event: ModelPromoted = {
      model_name: fresh.model_name, model_version: fresh.model_version, promotion_seq: Number(fresh.promotion_seq), manifest_uri: fresh.manifest_s3, manifest_sha256: manifestSha256, weights_sha256: fresh.weights_sha256,
      run_id: fresh.id, retrain_id: fresh.retrain_id, cause: fresh.cause, previous_version: fallback?.model_version ?? null, categories: manifest.categories, promoted_at: Date.now(),
      restored: before.some((one) => one.model_version === fresh.model_version), previous_promotion_seq: fallback === undefined ? null : Number(fallback.promotion_seq),
      previous_manifest_uri: fallback?.manifest_s3 ?? null, previous_manifest_sha256: fallback?.manifest_sha256 ?? null, previous_weights_sha256: fallback?.weights_sha256 ?? null,
    };
    const how = await publishPromotion(event, { settings, registry, log, stillMine: () => ledger.isMine(lease) });
    if (how === 'lease lost') return;
    await finish(row, lease, 'promoted', fresh.outcome_reason ?? '');
  }

  /** previous: the version before the champion, where that was a candidate too. */
  async function judge(row: Row, lease: Lease, trained: Trained, champion: Champion | undefined, previous: Row | undefined): Promise<'done' | 'again'> {
    const { verdict } = trained;
    const restored = verdict.winner === 'previous' ? previous : undefined;
    const words = wordsOf(verdict);
    if (!(await ledger.record(lease, trained, champion, restored?.id))) return 'done';
    await artifacts.write(runUriOf(row.model_name, row.id), JSON.stringify(await ledger.row(row.id), null, 2));
    if (verdict.status === 'rejected') {
      await finish(row, lease, 'rejected', words);
      return 'done';
    }
    // Who forces has decided already; so has who approved this run before the champion changed.
    const isDecided = champion === undefined || row.approval === 'approved' || (JSON.parse(row.request) as RetrainRequested).force;
    if (!isDecided && (settings.promote === 'ask' || verdict.status === 'needs approval')) {
      await ledger.await(lease, settings.approveWithinMs);
      log.info({ retrain_id: row.retrain_id, run_id: row.id }, 'passed the gate and awaits an approval');
      return 'done';
    }
    return promoteRun(row, lease, champion, row.approval === 'approved' ? `${decidedWords(row, settings.approveWithinMs)}; judged again, because the champion had changed: ${words}` : words, restored);
  }
  /** restored: the row whose model won, when it is not the run's own. */
  async function promoteRun(row: Row, lease: Lease, judgedAgainst: { readonly id: string } | undefined, words: string, restored: Row | undefined): Promise<'done' | 'again'> {
    const model = restored ?? (await ledger.row(row.id));
    if (model?.manifest_s3 == null) throw poison('row_broken', `row ${row.id} passed the gate but is incomplete`);
    // The very check inference will make, before anybody is told.
    await artifacts.loadModel(model.manifest_s3, model.manifest_sha256 ?? undefined);
    const how = await promoteInTurn(row, lease, judgedAgainst, words, restored);
    if (how === 'champion changed') return 'again';
    if (how === 'promoted') await announce(row, lease);
    return 'done';
  }

  /** A job that was cancelled meanwhile ends as such, wherever the work has come to. */
  async function workUnlessCancelled(row: Row, lease: Lease): Promise<void> {
    const cancelled = async (): Promise<boolean> => {
      const standing = stopping ? undefined : await ledger.row(row.id);
      if (standing?.cancelled_at == null || standing.promotion_seq !== null || !(await ledger.isMine(lease))) return false;
      await finish(row, lease, 'cancelled', cancelReason(standing.cancelled_by));
      return true;
    };
    if (await cancelled()) return;
    const own = new AbortController();
    run = { rowId: row.id, abort: own };
    // The order may have reached another trainer than the one at work.
    const looking = setInterval(() => void ledger.row(row.id).then((standing) => standing?.cancelled_at != null && own.abort(), () => undefined), settings.leaseMs / 3);
    try {
      await work(row, lease, AbortSignal.any([abort.signal, own.signal]));
    } catch (error) {
      if (!(await cancelled())) throw error;
      return;
    } finally {
      clearInterval(looking);
      run = undefined;
    }
    await cancelled();
  }

  async function work(row: Row, lease: Lease, signal: AbortSignal): Promise<void> {
    if (row.promotion_seq !== null) return announce(row, lease);
    if (row.attempts > MAX_ATTEMPTS) return finish(row, lease, 'error', `given up after ${MAX_ATTEMPTS} attempts`);
    const request = JSON.parse(row.request) as RetrainRequested;
    const checked = usable(request, settings.trainBuckets);
    if (checked.status === 'unusable') return finish(row, lease, 'error', checked.reason);
    if (row.approval === 'awaiting') await ledger.expire(lease);
    if (row.approval === 'awaiting' || row.approval === 'declined' || row.approval === 'expired') return finish(row, lease, 'rejected', decidedWords(row.approval === 'awaiting' ? { ...row, approval: 'expired' } : row, settings.approveWithinMs));
    if (row.approval === 'approved' && (await promoteApproved(row, lease)) === 'done') return;
    if (checked.cause === 'rollback') return restore(row, lease, { version: checked.params.version, leaving: request.model_version ?? undefined });
    for (;;) {
      const champion = await ledger.champion(row.model_name);
      const worth = worthTraining({ request, autoRetrain: settings.autoRetrain, champion: champion === undefined ? undefined : { version: champion.version, promotedAtMs: champion.promotedAt.getTime() }, laterRetrainId: await ledger.laterAutomatic(row) });
      if (worth.status === 'skip' && row.approval === null) return finish(row, lease, worth.outcome, worth.reason);
      const previous = probationOf(request, await ledger.promotions(row.model_name), settings.probationLabels);
      const corpora = [settings.baseCorpus, ...(checked.params.train_file_s3 === undefined ? [] : [checked.params.train_file_s3])];
      const trained = await runTraining({
        runId: row.id, cause: row.cause, force: request.force, epochs: checked.params.epoch_num ?? settings.epochs, metric: checked.params.best_model_metric ?? DEFAULT_METRIC, corpora,
        verifiedDir: checked.params.train_dir_s3,
        given: { saidAtMs: request.requested_at, badRows: checked.params.on_bad_rows ?? 'refuse' }, championDataset: champion?.datasetPath ?? null,
        champion: champion === undefined ? undefined : { version: champion.version, manifestUri: champion.manifestUri, manifestSha256: champion.manifestSha256, offsets: champion.offsets },
        ...(previous?.manifest_s3 == null || previous.model_version === null ? {} : { previous: { version: previous.model_version, manifestUri: previous.manifest_s3, manifestSha256: previous.manifest_sha256 ?? undefined } }),
      }, env, (told) => hear(told, row, lease), signal, childProgram);
      if ((await judge(row, lease, trained, champion, previous)) === 'done') return;
      log.info({ retrain_id: row.retrain_id }, 'the champion has changed meanwhile: judging again');
    }
  }

  /** An approved run is promoted as it was judged, or judged again when the champion has changed since. */
  async function promoteApproved(row: Row, lease: Lease): Promise<'done' | 'again'> {
    const { verdict } = JSON.parse(row.report ?? '{}') as { readonly verdict?: { readonly status: string; readonly words: string } };
    // A trainer that died may have judged it again already, and rejected it.
    if (verdict === undefined || verdict.status === 'rejected') return 'again';
    const restored = row.promotes === null ? undefined : await ledger.row(row.promotes);
    const how = await promoteRun(row, lease, row.judged_against === null ? undefined : { id: row.judged_against }, `${decidedWords(row, settings.approveWithinMs)}; ${verdict.words}`, restored);
    if (how === 'again') log.info({ retrain_id: row.retrain_id }, 'approved, but the champion has changed since: judging again');
    return how;
  }

  /** The row of a rollback: the model of an earlier promotion takes the same path as a new one. */
  async function restore(row: Row, lease: Lease, wanted: Wish): Promise<void> {
    for (;;) {
      const promotions = await ledger.promotions(row.model_name);
      const target = targetOf(row.model_name, promotions, wanted);
      if (target.status === 'refused') return finish(row, lease, 'rejected', target.reason);
      const { promotion } = target;
      if (promotion.manifest_s3 === null) throw poison('row_broken', `row ${promotion.id} is promoted but incomplete`);
      await artifacts.loadModel(promotion.manifest_s3, promotion.manifest_sha256 ?? undefined);
      const how = await promoteInTurn(row, lease, promotions[0], `back from ${promotions[0]?.model_version ?? ''} to ${promotion.model_version ?? ''}, ordered by an admin`, promotion);
      if (how === 'promoted') return announce(row, lease);
      if (how === 'lease lost') return;
    }
  }
  /** Waits until the champion's event stands: whoever holds its row announces it, or takes it over. */
  async function promoteInTurn(row: Row, lease: Lease, judgedAgainst: { readonly id: string } | undefined, reason: string, restored?: Row): Promise<Exclude<Promotion, 'champion unannounced'>> {
    for (;;) {
      const how = await ledger.promote(lease, row.model_name, judgedAgainst, reason, restored);
      if (how !== 'champion unannounced') return how;
      if (stopping) throw transient('stopping', 'the trainer stops');
      await pause(TURN_MS);
    }
  }

  const fail = (row: Row, lease: Lease, reason: string): Promise<void> => finish(row, lease, 'error', reason);
  const shared = { leaseMs: settings.leaseMs, ledger, log, work: workUnlessCancelled, fail, onFatal };
  const lanes = [
    openLane({
      ...shared, name: 'training',
      entered(row) {
        current = row?.retrain_id;
        if (row !== undefined) epochs = [];
        enter(row === undefined ? 'idle' : 'taken');
      },
    }),
    openLane({ ...shared, name: 'rollback', work: (row, lease) => work(row, lease, abort.signal), entered: () => undefined }),
  ];
  return {
    wake: () => lanes.forEach((lane) => lane.wake()), stage: () => stage, current: () => current, progress: () => epochs,
    stopRun(rowId) {
      if (run?.rowId === rowId) run.abort.abort();
    },
    async stop() {
      stopping = true;
      abort.abort();
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
  };
}
