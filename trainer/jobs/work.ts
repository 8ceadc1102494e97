// One row from where it stands to its end: what is to be done next follows from the row alone, so a take-over repeats from the first step not done.
import type { RetrainRequested } from '../../schemas/events.ts';
import { decidedWords } from '../gate/approval.ts';
import { probationOf } from '../gate/probation.ts';
import { DEFAULT_METRIC } from '../model/progress.ts';
import type { Lease, Row } from '../record/row.ts';
import { usable, worthTraining } from './claim.ts';
import { finish, type Desk } from './desk.ts';
import { announce, restore } from './promoting.ts';
import { runTraining } from './run.ts';
import { judge, promoteApproved } from './verdict.ts';

const MAX_ATTEMPTS = 5;

/** Resolves when the row has ended, waits for an admin, or is no longer ours. Throws what the lane knows to handle. */
export async function work(desk: Desk, row: Row, lease: Lease, signal: AbortSignal): Promise<void> {
  const { settings, env, ledger, log, hear, childProgram } = desk;
  if (row.promotion_seq !== null) return announce(desk, row, lease);
  if (row.attempts > MAX_ATTEMPTS) return finish(desk, row, lease, 'error', `given up after ${MAX_ATTEMPTS} attempts that ended without a word`);
  const request = JSON.parse(row.request) as RetrainRequested;
  const checked = usable(request, settings.trainBuckets);
  if (checked.status === 'unusable') return finish(desk, row, lease, 'error', checked.reason);
  if (row.approval === 'awaiting') await ledger.expire(lease);
  if (row.approval === 'awaiting' || row.approval === 'declined' || row.approval === 'expired') return finish(desk, row, lease, 'rejected', decidedWords(row.approval === 'awaiting' ? { ...row, approval: 'expired' } : row, settings.approveWithinMs));
  if (row.approval === 'approved' && (await promoteApproved(desk, row, lease)) === 'done') return;
  if (checked.cause === 'rollback') return restore(desk, row, lease, { version: checked.params.version, leaving: request.model_version ?? undefined });
  for (;;) {
    const champion = await ledger.champion(row.model_name);
    const worth = worthTraining({ request, autoRetrain: settings.autoRetrain, champion: champion === undefined ? undefined : { version: champion.version, promotedAtMs: champion.promotedAt.getTime() }, laterRetrainId: await ledger.laterAutomatic(row) });
    if (worth.status === 'skip' && row.approval === null) return finish(desk, row, lease, worth.outcome, worth.reason);
    const previous = probationOf(request, await ledger.promotions(row.model_name), settings.probationLabels);
    const corpora = [settings.baseCorpus, ...(checked.params.train_file_s3 === undefined ? [] : [checked.params.train_file_s3])];
    const trained = await runTraining({
      runId: row.id, cause: row.cause, force: request.force, epochs: checked.params.epoch_num ?? settings.epochs, metric: checked.params.best_model_metric ?? DEFAULT_METRIC, corpora,
      verifiedDir: checked.params.train_dir_s3,
      given: { saidAtMs: request.requested_at, badRows: checked.params.on_bad_rows ?? 'refuse' }, championDataset: champion?.datasetPath ?? null,
      champion: champion === undefined ? undefined : { version: champion.version, manifestUri: champion.manifestUri, manifestSha256: champion.manifestSha256, offsets: champion.offsets },
      ...(previous?.manifest_s3 == null || previous.model_version === null ? {} : { previous: { version: previous.model_version, manifestUri: previous.manifest_s3, manifestSha256: previous.manifest_sha256 ?? undefined } }),
    }, env, (told) => hear(told, row, lease), signal, childProgram);
    if ((await judge(desk, row, lease, trained, champion, previous)) === 'done') return;
    log.info({ retrain_id: row.retrain_id }, 'the champion has changed meanwhile: judging again');
  }
}
