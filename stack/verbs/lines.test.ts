import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertLines, alertsIn } from './alertLines.ts';
import { evidenceShare, liveLines, type LiveVersion } from './liveLines.ts';
import { ago, bar, harmless, table } from './terminal.ts';

test('tables align, bars fill, times are short, and what steers a terminal is taken out', () => {
  assert.deepEqual(table(['a', 'long name', ''], [['wide cell', 'x', 'end'], ['b', '', '']]), ['a          long name', 'wide cell  x          end', 'b']);
  assert.deepEqual([bar(0.5, 4), bar(-1, 2), bar(7, 2)], ['██··', '··', '██']);
  assert.deepEqual([0, 89_000, 90_000, 5_400_000, 200_000_000, -5].map(ago), ['0 s', '89 s', '2 min', '2 h', '2 d', '0 s']);
  assert.equal(harmless('a\u001b[31m\u0007\u2028é'), 'a\uFFFD[31m\uFFFD\uFFFDé');
});
const version = (change: Partial<LiveVersion>): LiveVersion => ({
  model_version: 'v2', status: 'healthy', status_since: 940_000, reasons: [], labels: 1000, labels_total: 1200, weighted_f1: 0.93456, band: [0.92, 0.95], macro_f1: 0.9, classes: [{ category: 'Toys', f1: 0.5, support: 12, band: [0.25, 0.75] }, { category: 'Beverages', f1: null, support: 0, band: null }],
  threshold: 0.9, evidence: { ratio: 0.1, labels_since_last_alarm: 300 }, resting: false, pending: false, last_labelled_at: 990_000, ...change,
});
test('live: the version that serves first, with its categories and how near the alarm is', () => {
  const lines = liveLines({ serving: { model_version: 'v2', promotion_seq: 2 }, live: { models: [version({ model_version: 'v1', status: 'degraded', reasons: ['F1 below 0.9'], classes: [], last_labelled_at: 995_000, resting: true, pending: true }), version({})] }, join: { coverage: 0.25, waiting: 7, label_delay_seconds: { p50: 2, p90: 180 } } }, 1_000_000);
  assert.deepEqual(lines, [
    'v2 serves (promotion 2); coverage 25.0 %, 7 without a label, label delay 2 s (median), 3 min (9 of 10)', '',
    'v2  healthy for 60 s',
    '  F1        0.9346  0.9200 to 0.9500  threshold 0.9, macro 0.9000, of 1000 labels (1200 in all, the last 10 s ago)',
    '  evidence  ███████████████···············  0.100 of an alarm, after 300 labels',
    '  category   F1                                      band              support',
    '  Toys       0.5000  ███████████████···············  0.2500 to 0.7500  12',
    '  Beverages  -       ······························                    0', '',
    'v1  degraded for 60 s, resting after an alarm, an alarm waits for the daily cap',
    '  F1        0.9346  0.9200 to 0.9500  threshold 0.9, macro 0.9000, of 1000 labels (1200 in all, the last 5 s ago)',
    '  evidence  ███████████████···············  0.100 of an alarm, after 300 labels',
    '  F1 below 0.9',
  ]);
  assert.deepEqual(liveLines({ serving: null, live: { models: [] }, join: null }, 0), ['no model serves yet', 'no label has come yet']);
  assert.deepEqual([evidenceShare(1), evidenceShare(0.01), evidenceShare(0), evidenceShare(0.001) < 0], [1, 0, 0, true]);
});
test('alerts: those that fire first, the worst of them at the top; broken rules are told', () => {
  const alert = (alertname: string, state: string, severity: string) => ({ state, activeAt: '1970-01-01T00:00:30Z', value: '1', labels: { alertname, severity, model_name: 'grocery' }, annotations: { summary: `${alertname} has happened`, runbook_url: 'docs/how-to/alerts.md#x' } });
  const found = alertsIn({ data: { alerts: [alert('Slow', 'pending', 'critical'), alert('Lag', 'firing', 'warning'), alert('Fallen', 'firing', 'critical')] } }, { data: { groups: [{ rules: [{ name: 'Fallen', health: 'ok' }, { name: 'Odd', health: 'err', lastError: 'no such metric' }] }] } }, Date.parse);
  assert.deepEqual(found.alerts.map((one) => one.alert), ['Fallen', 'Lag', 'Slow']);
  assert.deepEqual(alertLines(found, 60_000), [
    'state    severity  alert   for   of                  what',
    'firing   critical  Fallen  30 s  model_name=grocery  Fallen has happened',
    'firing   warning   Lag     30 s  model_name=grocery  Lag has happened',
    'pending  critical  Slow    30 s  model_name=grocery  Slow has happened',
    'Fallen: what to do stands in docs/how-to/alerts.md#x', 'Lag: what to do stands in docs/how-to/alerts.md#x',
    'Odd cannot be evaluated: no such metric',
  ]);
  assert.deepEqual(alertLines(alertsIn({ data: { alerts: [] } }, {}, Date.parse), 0), ['no alert; 0 rules are watched']);
});
