// The versions of a model as a person asks for them: which run each came from, when it served, how good it was found. Pure.
import { runUriOf } from '../../schemas/ids.ts';
import type { Row } from './row.ts';

type Promotion = { readonly promotion_seq: number; readonly cause: string; readonly retrain_id: string; readonly run_id: string; readonly reason: string | null; readonly promoted_at: string | null };
/** run_id: the training that made it. promotions: newest first; more than one where it was restored. */
export type Version = {
  readonly model_name: string; readonly model_version: string; readonly run_id: string; readonly f1: number | null; readonly min_f1: number | null; readonly weights_s3: string | null; readonly weights_sha256: string | null;
  readonly manifest_s3: string | null; readonly dataset_hash: string | null; readonly dataset_path: string | null; readonly report_s3: string; /** its objects are gone: no way back to it */ readonly removed_at: string | null; readonly promotions: readonly Promotion[];
};

/** promotions: of one model, newest first. Versions in the order of their last promotion: the first one serves. */
export function versionsOf(promotions: readonly Row[]): Version[] {
  return [...Map.groupBy(promotions, (row) => row.model_version ?? '')].map(([version, rows]) => {
    const [made = rows[0]] = rows.toReversed();
    if (made === undefined) throw new RangeError('a group has a row');
    return {
      model_name: made.model_name, model_version: version, run_id: made.id, f1: made.f1, min_f1: made.min_f1, weights_s3: made.weights_s3, weights_sha256: made.weights_sha256, manifest_s3: made.manifest_s3, dataset_hash: made.dataset_hash, dataset_path: made.dataset_path,
      removed_at: made.collected_at?.toISOString() ?? null, report_s3: runUriOf(made.model_name, made.id),
      promotions: rows.map(({ promotion_seq, cause, retrain_id, id, outcome_reason, finished_at }) => ({ promotion_seq: Number(promotion_seq), cause, retrain_id, run_id: id, reason: outcome_reason, promoted_at: finished_at?.toISOString() ?? null })),
    };
  });
}
