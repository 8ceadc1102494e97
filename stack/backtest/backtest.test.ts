import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logOf, RULES, under } from '../../consumers/monitor/log.testing.ts';
import { scoresOf } from '../../schemas/f1.ts';
import { addTo, type Cells } from '../../consumers/monitor/cells.ts';
import { labelsOfCsv } from './command.ts';
import { hindsightOf, settledOf, stretchesBelow } from './hindsight.ts';
import { plotLines, svgOf } from './picture.ts';
import { replay, withinRange } from './replay.ts';

const LOG = logOf(9, 800, 1).map((event, offset) => ({ event, offset }));
const calm = { ...RULES, minF1: 0.7, windowLabels: 100, cooldownMs: 1e9 };

test('one lasting fall: one alarm, not false, none missed; under a low threshold silence', () => {
  for (const trigger of ['evidence', 'window'] as const) {
    const { outcome, points } = replay(LOG, { name: trigger, eras: under({ ...calm, trigger }) });
    assert.deepEqual([outcome.alarms.length, outcome.below, outcome.missed], [1, 1, 0], trigger);
    assert.equal(outcome.alarms[0]?.verdict.status, 'right');
    assert.equal(points.length > 0, true);
    assert.deepEqual(replay(LOG, { name: trigger, eras: under({ ...calm, trigger, minF1: 0.2 }) }).outcome.alarms, []);
  }
});
test('an alarm while the F1 of hindsight is above the threshold is false', () => {
  const good = LOG.slice(0, 300).filter(({ event }) => event.revision === 0);
  const { outcome } = replay(good, { name: 'jumpy', eras: under({ ...calm, minF1: 0.9, falseAlarmEvery: 2 }) });
  assert.ok(outcome.alarms.length > 0);
  assert.ok(outcome.alarms.every((alarm) => alarm.verdict.status === 'false'));
  assert.equal(outcome.below, 0);
});
test('hindsight is the F1 of the labels around, by recount', () => {
  const settled = settledOf(LOG.map(({ event }) => event), 'v1');
  const width = 50;
  hindsightOf(settled, width).forEach((f1, i) => {
    const cells: Cells = new Map();
    for (const one of settled.slice(Math.max(0, i - width / 2), i + width / 2)) addTo(cells, one.label, one.predicted, 1);
    assert.equal(f1, scoresOf(cells).weighted);
  });
});
test('a fall that lasts beyond the cool-down alarms again, and says so', () => {
  const { outcome } = replay(LOG, { name: 'short rest', eras: under({ ...calm, cooldownMs: 3000, maxRetrainsPerDay: 9 }) });
  assert.deepEqual(outcome.alarms.map((alarm) => alarm.verdict.status).slice(0, 2), ['right', 'again']);
});
test('a stretch ends above the margin; a short one is noise', () => {
  assert.deepEqual(stretchesBelow([0.9, 0.7, 0.81, 0.7, 0.83, 0.7], 0.8, 0.02, 2), [{ from: 1, to: 4 }]);
});
test('a range begins in the middle of the log: corrections of what came before take nothing back', () => {
  const middle = LOG[400]?.event.labelled_at ?? 0;
  const part = withinRange(LOG, middle, Number.POSITIVE_INFINITY);
  assert.ok(part.length > 300 && part.length < 450);
  assert.doesNotThrow(() => replay(part, { name: 'part', eras: under(calm) }));
});
test('the plot has one line per setting that alarmed; the picture escapes names', () => {
  const { outcome, points } = replay(LOG, { name: 'a < b', eras: under(calm) });
  assert.match(plotLines(points, [outcome]).join('\n'), /█[\s\S]*\^ *.*a < b$/);
  assert.match(svgOf(points, [outcome]), /a &lt; b: 1 alarm/);
  assert.deepEqual(plotLines([], []).length, 10);
});
test('labels from a CSV: defaults, and errors that name row and column', () => {
  const labels = labelsOfCsv(Buffer.from('label,predicted,labelled_at\na,b,2026-11-25T10:00:00Z\na,a,1000\n'), 'm');
  assert.deepEqual(labels.map((one) => [one.prediction_id, one.model_version, one.label, one.predicted, one.labelled_at]), [['row-2', 'v1', 'a', 'b', Date.UTC(2026, 10, 25, 10)], ['row-3', 'v1', 'a', 'a', 1000]]);
  assert.throws(() => labelsOfCsv(Buffer.from('label\na\n'), 'm'), /row 2: column predicted is missing/);
  assert.throws(() => labelsOfCsv(Buffer.from('label,predicted,labelled_at\na,b,never\n'), 'm'), /row 2: labelled_at 'never'/);
  assert.throws(() => labelsOfCsv(Buffer.from([0x6c, 0xff, 0xfe]), 'm'), /UTF-8/);
});
