// The story of the loop from top to bottom: traffic, labels, F1, evidence, confusion, trainings.
import { ThresholdsConfigBuilder, ThresholdsMode, type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { GraphThresholdsStyleConfigBuilder, GraphThresholdsStyleMode } from '@grafana/grafana-foundation-sdk/common';
import { dashboard, logarithmic, matrix, rows, series, stacked, stat, timeline } from './kit.ts';

const MODEL = 'model_name="$model"';
/** Only of the version that was promoted last. */
const champions = (expr: string, by = 'model_name'): string => `max by (${by}) (${expr} and on (model_name, model_version) loop:champion)`;
const RUNS = `SELECT finished_at, cause, status, outcome, CONCAT(COALESCE(champion_version, '-'), ' → ', COALESCE(model_version, '-')) AS model, f1, champion_f1, live_f1, threshold, duration_ms / 1000 AS seconds, outcome_reason FROM auto_training WHERE model_name = '$model' ORDER BY claimed_at DESC LIMIT 50`;

export const loopDashboard = (): Dashboard => dashboard('loop', 'Loop', 'Is the model still right, since when, on how many labels, and what has been done about it?', [
  ['Traffic', [
    stat({ title: 'Serves' }, [`max by (model_version) (loop_model_info{${MODEL}})`, '{{model_version}}'], true),
    stat({ title: 'Live F1', unit: 'percentunit' }, [champions(`loop_live_f1{${MODEL},average="weighted"}`), 'weighted']),
    stat({ title: 'Labels in the window' }, [champions(`loop_live_labels{${MODEL}}`), 'labels']),
    stat({ title: 'Worst category', unit: 'percentunit' }, [`${champions(`loop_live_worst_class_f1{${MODEL}}`, 'category')}`, '{{category}}']),
    stat({ title: 'Evidence of an alarm', unit: 'percentunit' }, [champions(`loop_evidence_ratio{${MODEL}}`), 'evidence']),
    stat({ title: 'Labelled of all', unit: 'percentunit' }, [champions(`loop_label_coverage{${MODEL}}`), 'coverage']),
    series({ title: 'Predictions per second', unit: 'ops', min: 0 }, ['sum(rate(loop_predictions_total[$__rate_interval]))', 'predictions']),
    series({ title: 'HTTP answers per second', unit: 'ops', min: 0 }, ['sum by (status) (rate(loop_http_request_seconds_count[$__rate_interval]))', '{{status}}']),
  ]],
  ['Labels', [
    stacked({ title: 'Labels per second', unit: 'ops', description: 'First labels, corrections and withdrawals, as the join counts them.' }, ['sum by (kind) (rate(loop_join_events_total{kind=~"labelled|corrected|withdrawn"}[$__rate_interval]))', '{{kind}}']),
    series({ title: 'Share of predictions that is labelled', unit: 'percentunit', min: 0 }, [`avg by (model_version) (loop_label_coverage{${MODEL}})`, '{{model_version}}'], [`avg by (model_version) (loop_audit_coverage{${MODEL}})`, '{{model_version}} chosen for audit']),
  ]],
  ['F1', [
    series({ title: 'Live F1 of the version that serves, with its 95 % band', unit: 'percentunit', max: 1, span: 24, height: 11, description: 'Green lines are promotions, orange ones orders for a retraining. No labels: no line.' },
      [champions(`loop_live_f1{${MODEL},average="weighted"}`), 'F1'], [champions(`loop_live_f1_low{${MODEL}}`), 'low'], [champions(`loop_live_f1_high{${MODEL}}`), 'high'], [champions(`loop_min_f1{${MODEL}}`), 'threshold'])
      .fillOpacity(0)
      .overrideByName('F1', [{ id: 'custom.lineWidth', value: 3 }, { id: 'color', value: { mode: 'fixed', fixedColor: 'blue' } }])
      .overrideByName('high', [{ id: 'custom.fillBelowTo', value: 'low' }, { id: 'custom.fillOpacity', value: 15 }, { id: 'color', value: { mode: 'fixed', fixedColor: 'light-blue' } }])
      .overrideByName('low', [{ id: 'color', value: { mode: 'fixed', fixedColor: 'light-blue' } }])
      .overrideByName('threshold', [{ id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } }, { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }]),
    series({ title: 'F1 by version', unit: 'percentunit', max: 1 }, [`max by (model_version) (loop_live_f1{${MODEL},average="weighted"})`, '{{model_version}}'], [`max by (model_version) (loop_audit_f1{${MODEL},average="weighted"})`, '{{model_version}} audited'], [`max by (model_version) (loop_cumulative_f1{${MODEL},average="weighted"})`, '{{model_version}} since deployment']),
    series({ title: 'F1 by category', unit: 'percentunit', max: 1 }, [champions(`loop_live_class_f1{${MODEL}}`, 'category'), '{{category}}']),
    series({ title: 'Recomputed from the cells, less what the monitor tells', description: 'loop:f1 of the recording rules minus loop_live_f1. It is 0 but for the moment between a scrape and the next evaluation.' }, [`max by (model_version) (loop:f1{${MODEL},window="live"}) - max by (model_version) (loop_live_f1{${MODEL},average="weighted"})`, '{{model_version}}']),
    timeline({ title: 'Verdict', height: 8 }, [`max by (model_version, status) (loop_verdict{${MODEL}})`, '{{model_version}} {{status}}']),
  ]],
  ['Evidence', [
    logarithmic(series({ title: 'Evidence of a fall; 1 is an alarm', span: 16 }, [`max by (model_version) (loop_evidence_ratio{${MODEL}}) > 0`, '{{model_version}}']))
      .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([{ value: null, color: 'green' }, { value: 1, color: 'red' }])).thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Line)),
    timeline({ title: 'Alerts', span: 8, height: 8 }, ['max by (alertname, severity) (ALERTS{alertstate="firing"})', '{{alertname}} {{severity}}']),
  ]],
  ['Confusion', [
    matrix({ title: 'What was predicted (across) for what it is (down), in the window', span: 16, height: 9 }, `sum by (label, predicted) (loop:pairs{${MODEL},window="live"} and on (model_name, model_version) loop:champion)`, 'label', 'predicted'),
    series({ title: 'Labels of a category in the window', span: 8, height: 9, min: 0 }, [champions(`loop_live_class_labels{${MODEL}}`, 'category'), '{{category}}']),
  ]],
  ['Trainings', [
    stacked({ title: 'Ended', span: 8, description: 'By outcome.' }, ['sum by (outcome) (increase(loop_trainings_total[$__rate_interval]))', '{{outcome}}']),
    timeline({ title: 'Stage', span: 8, height: 8 }, ['max by (stage) (loop_training_stage)', '{{stage}}']),
    series({ title: 'Episodes', span: 8, min: 0, description: 'Alarms so far, per version.' }, [`max by (model_version) (loop_episode{${MODEL}})`, '{{model_version}}']),
    rows({ title: 'Runs', span: 24, height: 9 }, RUNS),
  ]],
]);
