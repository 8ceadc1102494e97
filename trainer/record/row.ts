// What table auto_training holds, and the words about it.
import type { Offsets } from '../data/dataset.ts';

export type Row = {
  readonly id: string; readonly retrain_id: string; readonly model_name: string; readonly cause: string; readonly status: 'PENDING' | 'RUNNING' | 'FINISHED' | 'FAILED'; readonly outcome: string | null; readonly outcome_reason: string | null;
  readonly model_version: string | null; readonly champion_version: string | null; readonly promotion_seq: number | null; readonly f1: number | null; readonly min_f1: number | null; readonly champion_f1: number | null; readonly champion_min_f1: number | null;
  readonly threshold: number | null; readonly live_f1: number | null; readonly weights_s3: string | null; readonly weights_sha256: string | null; readonly manifest_s3: string | null; readonly manifest_sha256: string | null; readonly dataset_hash: string | null; readonly dataset_path: string | null; readonly dataset_offsets: string | null;
  readonly run_id: string | null; readonly best_checkpoint: string | null; readonly backend: string | null; readonly request: string; readonly report: string | null; /** the report's page in S3 */ readonly report_s3: string | null; /** awaiting | approved | declined | expired */ readonly approval: string | null; readonly approve_until: Date | null; readonly decided_by: string | null; readonly decided_why: string | null; /** row of the champion it was judged against */ readonly judged_against: string | null; /** row whose model won, when it is not this run's own */ readonly promotes: string | null; /** JSON list of EpochProgress */ readonly progress: string | null; readonly duration_ms: number | null; readonly attempts: number; readonly requested_at: Date; readonly claimed_at: Date; readonly started_at: Date | null; readonly finished_at: Date | null; readonly lease_token: string | null; /** its model has been removed, see collect.ts */ readonly collected_at: Date | null;
  readonly cancelled_at: Date | null; readonly cancelled_by: string | null;
};
export type Champion = { readonly id: string; readonly version: string; readonly seq: number; readonly manifestUri: string; readonly manifestSha256: string | undefined; readonly offsets: Offsets; readonly promotedAt: Date; /** rows.csv of its run */ readonly datasetPath: string | null };
export const OUTCOMES = ['promoted', 'rejected', 'superseded', 'stale', 'error', 'cancelled'] as const;
export type Outcome = (typeof OUTCOMES)[number];
export type Lease = { readonly id: string; readonly token: string };
/** Trainings one at a time per model; rollbacks beside them, because an admin who needs one cannot wait for a training. */
export type LaneName = 'training' | 'rollback';
export type Promotion = 'promoted' | 'lease lost' | 'champion changed' | 'champion unannounced' | 'ledger behind';
