// Inference: how quickly it answers, what it refuses, which model it serves.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { buckets, dashboard, quantiles, series, stacked, stat, timeline } from './kit.ts';

const ANSWERS = 'route=~"/v1/.*|/v2/.*"';
export const servingDashboard = (): Dashboard => dashboard('loop-serving', 'Serving', 'How quickly inference answers, what it refuses, which model it serves.', [
  ['Now', [
    stat({ title: 'Serves' }, ['max by (model_version) (loop_model_info{model_name="$model"})', '{{model_version}}'], true),
    stat({ title: 'Promotions behind' }, ['max(loop_model_behind{model_name="$model"})', 'behind']),
    stat({ title: 'Models that did not load' }, ['max(loop_model_load_failed{model_name="$model"})', 'failed']),
    stat({ title: 'Open requests' }, ['sum(loop_queue_requests{queue="predict"})', 'open']),
    stat({ title: 'Refused for load, in the range' }, ['sum(increase(loop_shed_total[$__range]))', 'refused']),
    stat({ title: 'Predictions for look-ups' }, ['sum(loop_recent_predictions)', 'held']),
  ]],
  ['HTTP', [
    series({ title: 'Answers per second, by route', unit: 'ops', min: 0 }, ['sum by (route) (rate(loop_http_request_seconds_count[$__rate_interval]))', '{{route}}']),
    stacked({ title: 'Answers per second, by status', unit: 'ops' }, ['sum by (status) (rate(loop_http_request_seconds_count[$__rate_interval]))', '{{status}}']),
    series({ title: 'Time to answer', unit: 's', min: 0 }, ...quantiles('loop_http_request_seconds', 'route', `{${ANSWERS}}`)),
    buckets({ title: 'Time to answer', unit: 's' }, 'loop_http_request_seconds', `{${ANSWERS}}`),
  ]],
  ['Scoring', [
    series({ title: 'Texts scored per second', unit: 'ops', min: 0 }, ['sum(rate(loop_predictions_total[$__rate_interval]))', 'all'], ['sum(rate(loop_batch_rows_total[$__rate_interval]))', 'in batch jobs that finished']),
    series({ title: 'Time to score a batch', unit: 's', min: 0 }, ...quantiles('loop_prediction_seconds')),
    buckets({ title: 'Texts scored together' }, 'loop_batch_rows'),
    timeline({ title: 'Version', height: 8 }, ['max by (instance, model_version) (loop_model_info{model_name="$model"})', '{{instance}} {{model_version}}']),
  ]],
  ['Kafka', [
    series({ title: 'From handing over events to their acknowledgement', unit: 's', min: 0 }, ...quantiles('loop_produce_seconds')),
    buckets({ title: 'Events that travelled together' }, 'loop_produce_messages'),
    series({ title: 'Waiting', min: 0 }, ['sum by (queue) (loop_queue_requests)', '{{queue}} requests'], ['sum by (queue) (loop_queue_in_flight)', '{{queue}} under way']),
    series({ title: 'Bytes waiting', unit: 'bytes', min: 0 }, ['sum by (queue) (loop_queue_bytes)', '{{queue}}']),
    series({ title: 'Refused for load, per second', unit: 'ops', min: 0 }, ['sum by (queue) (rate(loop_shed_total[$__rate_interval]))', '{{queue}}']),
    series({ title: 'Products not yet answered', min: 0 }, ['sum by (partition) (loop_consumer_lag{process="inference"})', 'partition {{partition}}']),
  ]],
  ['Process', [
    series({ title: 'Event loop delay', unit: 's', min: 0 }, ['max by (quantile) (loop_event_loop_delay_seconds{job="inference"})', '{{quantile}}']),
    series({ title: 'Free on the volume of the data', unit: 'bytes', min: 0 }, ['min by (job) (loop_disk_free_bytes)', '{{job}}']),
  ]],
]);
