// The trainer: what was trained, what the gate said, how long it took.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, rows, series, stacked, stat, timeline } from './kit.ts';

const OF_MODEL = `WHERE model_name = '$model'`;
export const trainerDashboard = (): Dashboard => dashboard('loop-trainer', 'Trainer', 'What was trained and why, what the gate said, how long it took.', [
  ['Now', [
    stat({ title: 'Promotion' }, ['max by (model_version) (loop_champion{model_name="$model"})', '{{model_version}}']),
    stat({ title: 'Trainings' }, ['sum(loop_trainings_total)', 'ended since the start']),
    stat({ title: 'Refused in a row' }, ['max(loop_gate_refusals{model_name="$model"})', 'refused']),
    stat({ title: 'Orders by drift' }, ['sum(loop_retrain_requests_total{cause="drift"})', 'since the start of the monitor']),
    stat({ title: 'Rollbacks' }, ['sum(loop_rollbacks_total)', 'since the start']),
    stat({ title: 'Orders not yet taken' }, ['sum(loop_consumer_lag{process="trainer"})', 'lag']),
  ]],
  ['Runs', [
    rows({ title: 'Runs', span: 24, height: 10 }, `SELECT retrain_id, cause, status, outcome, champion_version, model_version, promotion_seq, f1, champion_f1, min_f1, live_f1, threshold, attempts, backend, approval, decided_by, requested_at, started_at, finished_at, duration_ms / 1000 AS seconds, outcome_reason FROM auto_training ${OF_MODEL} ORDER BY claimed_at DESC LIMIT 100`),
    rows({ title: 'By cause and outcome', span: 12 }, `SELECT cause, COALESCE(outcome, status) AS outcome, COUNT(*) AS runs, ROUND(AVG(duration_ms) / 1000, 1) AS seconds, ROUND(AVG(f1 - champion_f1), 4) AS gained FROM auto_training ${OF_MODEL} GROUP BY cause, COALESCE(outcome, status) ORDER BY runs DESC`),
    rows({ title: 'Versions', span: 12 }, `SELECT promotion_seq, model_version, finished_at, f1, min_f1, dataset_hash FROM auto_training ${OF_MODEL} AND promotion_seq IS NOT NULL ORDER BY promotion_seq DESC LIMIT 50`),
  ]],
  ['Work', [
    timeline({ title: 'Stage', span: 24 }, ['max by (stage) (loop_training_stage)', '{{stage}}']),
    stacked({ title: 'Ended, by outcome' }, ['sum by (outcome) (increase(loop_trainings_total[$__rate_interval]))', '{{outcome}}']),
    series({ title: 'Mean duration', unit: 's', min: 0, description: 'Of those that ended since the trainer was started.' }, ['sum(loop_training_seconds_sum) / sum(loop_training_seconds_count)', 'from start to outcome']),
  ]],
  ['Process', [
    series({ title: 'Event loop delay', unit: 's', min: 0 }, ['max by (quantile) (loop_event_loop_delay_seconds{job="trainer"})', '{{quantile}}']),
    series({ title: 'Free on the volume of the data', unit: 'percentunit', min: 0, max: 1 }, ['min by (job) (loop_disk_free_bytes / loop_disk_size_bytes)', '{{job}}']),
  ]],
]);
