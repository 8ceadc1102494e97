// How a row becomes the champion: its number in turn, then its event; a take-over goes on from the first step not done.
import { setTimeout as pause } from 'node:timers/promises';
import { sha256 } from '../../consumers/objects.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import { poison, transient } from '../../schemas/failure.ts';
import { publishPromotion } from '../record/promote.ts';
import { targetOf, type Wish } from '../record/rollback.ts';
import type { Lease, Promotion, Row } from '../record/row.ts';
import { endedRow } from '../record/runFile.ts';
import { behindText, WAY_OUT, type Announced } from '../record/seq.ts';
import { finish, writeRunFile, type Desk } from './desk.ts';

const TURN_MS = 100;

/** Waits until the champion's event stands: whoever holds its row announces it, or takes it over. */
export async function promoteInTurn({ ledger, known, stopping }: Pick<Desk, 'ledger' | 'known' | 'stopping'>, row: Row, lease: Lease, judgedAgainst: { readonly id: string } | undefined, reason: string, restored?: Row): Promise<Exclude<Promotion, 'champion unannounced' | 'ledger behind'>> {
  for (;;) {
    const how = await ledger.promote(lease, row.model_name, judgedAgainst, reason, restored, known.highest(row.model_name));
    if (how === 'ledger behind') throw transient('ledger_behind', behindText(row.model_name, await ledger.highestSeq(row.model_name), known.highest(row.model_name)));
    if (how !== 'champion unannounced') return how;
    if (stopping()) throw transient('stopping', 'the trainer stops');
    await pause(TURN_MS);
  }
}

/** Steps 3 and 4 of a promotion, for a row that has its promotion_seq. */
export async function announce(desk: Desk, row: Row, lease: Lease): Promise<void> {
  const { settings, registry, ledger, artifacts, log, known, enter } = desk;
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
  if (how.status === 'lease lost') return;
  known.hear(how.status === 'outrun' ? { ...event, ...how.standing } : event);
  if (how.status === 'outrun') return passedOver(desk, fresh, lease, how.standing);
  await finish(desk, row, lease, 'promoted', fresh.outcome_reason ?? '');
}

/** Readers heed only a number above those they have seen: what they would pass over is not promoted. */
async function passedOver(desk: Desk, row: Row, lease: Lease, standing: Announced): Promise<void> {
  const { ledger, log, onOutcome } = desk;
  if (!(await ledger.isMine(lease))) return;
  const reason = `not promoted: it took number ${Number(row.promotion_seq)}, but ${standing.model_version} stands in Kafka as promotion ${standing.promotion_seq} and serves. The ledger in MySQL has lost rows: ${WAY_OUT}`;
  const at = await ledger.now();
  await writeRunFile(desk, { ...endedRow({ ...row, outcome: 'error', outcome_reason: reason }, 'error', reason, at), promotion_seq: null, model_version: null });
  if (!(await ledger.unpromote(lease, reason, at))) return;
  onOutcome('error', 0, row.cause);
  log.error({ retrain_id: row.retrain_id, standing }, reason);
}

/** The row of a rollback: the model of an earlier promotion takes the same path as a new one. */
export async function restore(desk: Desk, row: Row, lease: Lease, wanted: Wish): Promise<void> {
  const { ledger, artifacts } = desk;
  for (;;) {
    const promotions = await ledger.promotions(row.model_name);
    const target = targetOf(row.model_name, promotions, wanted);
    if (target.status === 'refused') return finish(desk, row, lease, 'rejected', target.reason);
    const { promotion } = target;
    if (promotion.manifest_s3 === null) throw poison('row_broken', `row ${promotion.id} is promoted but incomplete`);
    await artifacts.loadModel(promotion.manifest_s3, promotion.manifest_sha256 ?? undefined);
    const how = await promoteInTurn(desk, row, lease, promotions[0], `back from ${promotions[0]?.model_version ?? ''} to ${promotion.model_version ?? ''}, ordered by an admin`, promotion);
    if (how === 'promoted') return announce(desk, row, lease);
    if (how === 'lease lost') return;
  }
}
