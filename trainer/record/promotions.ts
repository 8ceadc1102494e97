// Which models serve and served, and what may go: promotions in their order, given out one after the other.
import { poison } from '../../schemas/failure.ts';
import type { Offsets } from '../data/dataset.ts';
import { LIVE, type Database } from './database.ts';
import type { Garbage, Pointing } from './garbage.ts';
import { isMineIn } from './leases.ts';
import { goneText } from './rollback.ts';
import { missingIn } from './seq.ts';
import type { Champion, Lease, Promotion, Row } from './row.ts';

/** What a restored model brings with it to the row that restores it. */
const RESTORED = ['weights_s3', 'weights_sha256', 'manifest_s3', 'manifest_sha256', 'best_checkpoint', 'dataset_hash', 'dataset_path', 'dataset_offsets', 'backend', 'f1', 'min_f1'] as const;
const POINTING = 'SELECT id, retrain_id, model_name, model_version, promotion_seq, status, weights_s3, dataset_path, claimed_at, finished_at, collected_at FROM auto_training';
const CHAMPION = 'SELECT * FROM auto_training WHERE model_name = ? AND promotion_seq IS NOT NULL ORDER BY promotion_seq DESC LIMIT 1';
const championOf = (row: Row | undefined): Champion | undefined =>
  row === undefined || row.promotion_seq === null || row.model_version === null || row.manifest_s3 === null
    ? undefined
    : { id: row.id, version: row.model_version, seq: Number(row.promotion_seq), manifestUri: row.manifest_s3, manifestSha256: row.manifest_sha256 ?? undefined, offsets: JSON.parse(row.dataset_offsets ?? '{}') as Offsets, promotedAt: row.finished_at ?? row.claimed_at, datasetPath: row.dataset_path };

export function promotions({ query, change, inTransaction }: Database) {
  const isMine = isMineIn({ query });
  return {
    async champion(modelName: string): Promise<Champion | undefined> {
      return championOf((await query<Row>(CHAMPION, [modelName]))[0]);
    },
    /** All promotions of a model, newest first; the first one serves. */
    async promotions(modelName: string): Promise<Row[]> {
      return query<Row>('SELECT * FROM auto_training WHERE model_name = ? AND promotion_seq IS NOT NULL ORDER BY promotion_seq DESC', [modelName]);
    },
    /** Gives the row the next promotion_seq, if the lease is ours and the champion is the one it was judged against. restored: an earlier promotion whose model is to serve again, under its old version; absent: the model that the row has recorded.
     *  'champion unannounced': the champion's event may not stand yet; numbers are given out one after the other, so that events come in their order.
     *  knownSeq: the highest number that stands in Kafka. 'ledger behind': the ledger has lost promotions, so its champion is not the one that serves. */
    async promote({ id, token }: Lease, modelName: string, judgedAgainst: Pick<Champion, 'id'> | undefined, reason: string, restored?: Row, knownSeq = 0): Promise<Promotion> {
      return inTransaction(async (on) => {
        // Locks the model's rows, so that two promotions cannot both see the same champion.
        const standing = (await query<Row>(`${CHAMPION} FOR UPDATE`, [modelName], on))[0];
        if (missingIn(Number(standing?.promotion_seq ?? 0), knownSeq) > 0) return 'ledger behind';
        if (standing?.id !== judgedAgainst?.id) return 'champion changed';
        if (standing?.status === 'RUNNING') return (await isMine({ id, token })) ? 'champion unannounced' : 'lease lost';
        if (restored !== undefined && (await query('SELECT 1 FROM auto_training WHERE id = ? AND collected_at IS NULL FOR UPDATE', [restored.id], on)).length === 0) throw poison('collected', goneText(restored));
        const seq = Number(standing?.promotion_seq ?? 0) + 1;
        const takes = restored === undefined ? [] : RESTORED.map((column) => [column, restored[column]] as const);
        const done = await change(
          `UPDATE auto_training SET outcome = 'promoted', outcome_reason = ?, promotion_seq = ?, model_version = ?, champion_version = ?${takes.map(([column]) => `, ${column} = ?`).join('')} WHERE id = ? AND status = 'RUNNING' AND promotion_seq IS NULL AND cancelled_at IS NULL AND ${LIVE}`,
          [reason, seq, restored?.model_version ?? `v${seq}`, standing?.model_version ?? null, ...takes.map(([, value]) => value), id, token], on,
        );
        return done === 1 ? 'promoted' : 'lease lost';
      });
    },
    /** What every row points to, for the decision about what may go. */
    async pointing(): Promise<Pointing[]> {
      return query<Pointing>(POINTING);
    },
    /** Marks the rows whose models are about to go, in one transaction with the decision: from then on nobody rolls back to them. */
    async collect(decide: (rows: readonly Pointing[]) => Garbage): Promise<Garbage> {
      return inTransaction(async (on) => {
        const garbage = decide(await query<Pointing>(`${POINTING} FOR UPDATE`, [], on));
        if (garbage.rows.length > 0) await change('UPDATE auto_training SET collected_at = NOW(3) WHERE id IN (?)', [garbage.rows], on);
        return garbage;
      });
    },
  };
}
