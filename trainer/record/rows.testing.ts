// A whole row of auto_training, as the ledger reads it.
import type { Row } from './row.ts';

export const wholeRow = (n: number, more: Partial<Row> = {}): Row => ({
  id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`, retrain_id: `grocery/manual/${n}`, model_name: 'grocery', cause: 'manual', status: 'FINISHED', outcome: 'promoted', outcome_reason: 'better', model_version: `v${n}`, champion_version: n === 1 ? null : `v${n - 1}`, promotion_seq: n,
  f1: 0.95, min_f1: 0.8, champion_f1: null, champion_min_f1: null, threshold: 0.9, live_f1: null, weights_s3: `s3://models/grocery/sha${n}/weights.bin`, weights_sha256: 'b'.repeat(64), manifest_s3: `s3://models/grocery/sha${n}/manifest-${n}.json`, manifest_sha256: 'c'.repeat(64),
  dataset_hash: 'd'.repeat(64), dataset_path: 's3://dataset/auto/d/rows.csv', dataset_offsets: '{}', run_id: null, best_checkpoint: null, backend: 'wasm', request: '{}', report: '{}', report_s3: null, approval: null, approve_until: null, decided_by: null, decided_why: null, judged_against: null, promotes: null, progress: null,
  duration_ms: 4500, attempts: 1, requested_at: new Date(1_000_000 * n), claimed_at: new Date(1_000_000 * n + 10), started_at: new Date(1_000_000 * n + 100), finished_at: new Date(1_000_000 * n + 5000), lease_token: null, collected_at: null, cancelled_at: null, cancelled_by: null, ...more,
});
