// The join: what becomes of predictions and feedback.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { buckets, dashboard, quantiles, series, stacked, stat } from './kit.ts';

export const joinDashboard = (): Dashboard => dashboard('loop-join', 'Join', 'What becomes of predictions and feedback, how long labels take, and how large the memory is.', [
  ['Now', [
    stat({ title: 'Predictions without a label' }, ['sum(loop_join_waiting{side="predictions"})', 'waiting']),
    stat({ title: 'Feedback without its prediction' }, ['sum(loop_join_waiting{side="feedback"})', 'held']),
    stat({ title: 'Ids remembered' }, ['sum(loop_join_state_entries)', 'ids']),
    stat({ title: 'Records not yet handled' }, ['sum(loop_consumer_lag{process="join"})', 'lag']),
    stat({ title: 'Set aside, in the range' }, ['sum(increase(loop_dead_letters_total[$__range])) or vector(0)', 'dead letters']),
    stat({ title: 'Half of the labels within', unit: 's' }, ['histogram_quantile(0.5, sum by (le) (increase(loop_label_delay_seconds_bucket[$__range])))', 'half']),
  ]],
  ['Events', [
    stacked({ title: 'Made of what came in, per second', unit: 'ops' }, ['sum by (kind) (rate(loop_join_events_total{kind!~"prediction|feedback"}[$__rate_interval])) > 0', '{{kind}}']),
    series({ title: 'Came in, per second', unit: 'ops', min: 0 }, ['sum by (kind) (rate(loop_join_events_total{kind=~"prediction|feedback"}[$__rate_interval]))', '{{kind}}']),
    series({ title: 'Of no use: orphans, late, too early', unit: 'percentunit', min: 0, description: 'Share of all feedback in five minutes.' }, ['sum by (kind) (increase(loop_join_events_total{kind=~"orphan|late|too_early"}[5m])) / on () group_left () sum(increase(loop_join_events_total{kind="feedback"}[5m]))', '{{kind}}']),
    stacked({ title: 'Set aside' }, ['sum by (topic, reason) (increase(loop_dead_letters_total[$__rate_interval])) or vector(0)', '{{topic}} {{reason}}']),
  ]],
  ['Labels', [
    buckets({ title: 'From a prediction to its first label', unit: 's' }, 'loop_label_delay_seconds'),
    series({ title: 'The same as quantiles', unit: 's', min: 0 }, ...quantiles('loop_label_delay_seconds')),
    series({ title: 'Share of predictions that is labelled', unit: 'percentunit', min: 0 }, ['avg by (model_version) (loop_label_coverage{model_name="$model"})', '{{model_version}}'], ['avg by (model_version) (loop_audit_coverage{model_name="$model"})', '{{model_version}} chosen for audit']),
    series({ title: 'Drift of the answers (excess PSI)', min: 0, description: 'Above 0.2 the alert PredictionDrift fires.' }, ['max by (model_version, of) (loop_prediction_drift{model_name="$model"})', '{{model_version}} {{of}}']),
  ]],
  ['Memory and lag', [
    series({ title: 'Waiting', min: 0 }, ['sum by (side) (loop_join_waiting)', '{{side}}'], ['sum(loop_join_state_entries)', 'ids remembered']),
    series({ title: 'State', unit: 'bytes', min: 0 }, ['sum by (where) (loop_join_state_bytes)', '{{where}}']),
    series({ title: 'Records not yet handled', min: 0 }, ['sum by (process) (loop_consumer_lag)', '{{process}}']),
    series({ title: 'Event loop delay', unit: 's', min: 0 }, ['max by (job, quantile) (loop_event_loop_delay_seconds{job=~"join|monitor"})', '{{job}} {{quantile}}']),
  ]],
]);
