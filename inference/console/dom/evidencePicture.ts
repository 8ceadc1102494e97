// Draws the evidence towards the alarm: bars on a logarithmic axis, and the line since this page was opened. The figures stand beside as text.
import { evidenceBars, evidenceLine, type Seen } from '../rules/evidence.ts';
import { magnitude, moment } from '../rules/format.ts';
import type { Version } from '../rules/wire.ts';
import { h, s } from './element.ts';

const WIDE = 1000;
const HEIGHT = 110;
const LEFT = 46;

export function evidencePicture(version: Version, seen: readonly Seen[], width: number, nowMs: number): HTMLElement {
  const { evidence } = version;
  const { bars, alarm } = evidenceBars(evidence);
  const right = Math.max(300, Math.round(width)) - 12;
  const line = evidenceLine(seen, version.model_version, evidence.alarm_at, { left: LEFT, right, top: 14, bottom: HEIGHT - 18 });
  return h('figure', {},
    h('dl', { class: 'evidence' }, bars.map(({ name, value, share }) => [h('dt', {}, name),
      h('dd', {}, s('svg', { class: 'bar log', viewBox: `0 0 ${WIDE} 6`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, s('rect', { class: 'track', width: WIDE, height: 6 }), s('rect', { class: share >= alarm ? 'fill alarm' : 'fill', width: share * WIDE, height: 6 }), s('line', { class: 'alarm-at', x1: alarm * WIDE, x2: alarm * WIDE, y1: 0, y2: 6 })), h('span', { class: 'num' }, magnitude(value)))])),
    h('p', { class: 'soft small' }, `Alarm at ${magnitude(evidence.alarm_at)}; logarithmic from 0.01. ${version.resting ? 'It rests after an alarm and speaks again when the cooldown is over.' : `${magnitude(evidence.labels_since_last_alarm)} labels judged since the last alarm.`}${version.pending ? ' An alarm waits: the cap on retrainings of a day is reached.' : ''}`),
    line === undefined ? undefined : s('svg', { class: 'chart', viewBox: `0 0 ${right + 12} ${HEIGHT}`, width: right + 12, height: HEIGHT, role: 'img', 'aria-label': `Evidence since this page was opened, now ${magnitude(evidence.statistic)}, alarm at ${magnitude(evidence.alarm_at)}` },
      line.yTicks.flatMap(({ y, value }) => [s('line', { class: 'grid', x1: LEFT, x2: right, y1: y, y2: y }), s('text', { x: LEFT - 6, y: y + 4, 'text-anchor': 'end' }, value >= 1 ? magnitude(value).replace(/\.0$/, '') : value)]),
      s('line', { class: 'threshold', x1: LEFT, x2: right, y1: line.alarmY, y2: line.alarmY }), s('text', { class: 'threshold-name', x: right, y: line.alarmY - 4, 'text-anchor': 'end' }, 'alarm'),
      s('path', { class: 'line v0', d: line.line }), s('text', { x: LEFT, y: HEIGHT - 3 }, moment(line.fromMs, nowMs)), s('text', { x: right, y: HEIGHT - 3, 'text-anchor': 'end' }, moment(line.toMs, nowMs))));
}
