// What follows a training: the verdict is kept, then rejected, promoted, or left to an admin.
import { poison } from '../../schemas/failure.ts';
import type { RetrainRequested } from '../../schemas/events.ts';
import { decidedWords } from '../gate/approval.ts';
import { wordsOf } from '../gate/report.ts';
import type { Champion, Lease, Row } from '../record/row.ts';
import { finish, writeRunFile, type Desk } from './desk.ts';
import { announce, promoteInTurn } from './promoting.ts';
import type { Trained } from './train.ts';

/** previous: the version before the champion, where that was a candidate too. */
export async function judge(desk: Desk, row: Row, lease: Lease, trained: Trained, champion: Champion | undefined, previous: Row | undefined): Promise<'done' | 'again'> {
  const { settings, ledger, log } = desk;
  const { verdict } = trained;
  const keep = async (): Promise<void> => {
    const standing = await ledger.row(row.id);
    if (standing !== undefined) await writeRunFile(desk, standing);
  };
  const restored = verdict.winner === 'previous' ? previous : undefined;
  const words = wordsOf(verdict);
  if (!(await ledger.record(lease, trained, champion, restored?.id))) return 'done';
  await keep();
  if (verdict.status === 'rejected') {
    await finish(desk, row, lease, 'rejected', words);
    return 'done';
  }
  // Who forces has decided already; so has who approved this run before the champion changed.
  const isDecided = champion === undefined || row.approval === 'approved' || (JSON.parse(row.request) as RetrainRequested).force;
  if (!isDecided && (settings.promote === 'ask' || verdict.status === 'needs approval')) {
    await ledger.await(lease, settings.approveWithinMs);
    await keep();
    log.info({ retrain_id: row.retrain_id, run_id: row.id }, 'passed the gate and awaits an approval');
    return 'done';
  }
  return promoteRun(desk, row, lease, champion, row.approval === 'approved' ? `${decidedWords(row, settings.approveWithinMs)}; judged again, because the champion had changed: ${words}` : words, restored);
}

/** restored: the row whose model won, when it is not the run's own. */
async function promoteRun(desk: Desk, row: Row, lease: Lease, judgedAgainst: { readonly id: string } | undefined, words: string, restored: Row | undefined): Promise<'done' | 'again'> {
  const { ledger, artifacts } = desk;
  const model = restored ?? (await ledger.row(row.id));
  if (model?.manifest_s3 == null) throw poison('row_broken', `row ${row.id} passed the gate but is incomplete`);
  // The very check inference will make, before anybody is told.
  await artifacts.loadModel(model.manifest_s3, model.manifest_sha256 ?? undefined);
  const how = await promoteInTurn(desk, row, lease, judgedAgainst, words, restored);
  if (how === 'champion changed') return 'again';
  if (how === 'promoted') await announce(desk, row, lease);
  return 'done';
}

/** An approved run is promoted as it was judged, or judged again when the champion has changed since. */
export async function promoteApproved(desk: Desk, row: Row, lease: Lease): Promise<'done' | 'again'> {
  const { settings, ledger, log } = desk;
  const { verdict } = JSON.parse(row.report ?? '{}') as { readonly verdict?: { readonly status: string; readonly words: string } };
  // A trainer that died may have judged it again already, and rejected it.
  if (verdict === undefined || verdict.status === 'rejected') return 'again';
  const restored = row.promotes === null ? undefined : await ledger.row(row.promotes);
  const how = await promoteRun(desk, row, lease, row.judged_against === null ? undefined : { id: row.judged_against }, `${decidedWords(row, settings.approveWithinMs)}; ${verdict.words}`, restored);
  if (how === 'again') log.info({ retrain_id: row.retrain_id }, 'approved, but the champion has changed since: judging again');
  return how;
}
