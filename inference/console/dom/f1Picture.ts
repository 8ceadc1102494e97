// Draws F1 over time; the same as a table below it.
import { f1Chart, inWords, type F1Chart, type Mark } from '../rules/f1Chart.ts';
import { count, moment, score, tick } from '../rules/format.ts';
import type { VersionHistory } from '../rules/wire.ts';
import { h, s, table } from './element.ts';
import { empty } from './notices.ts';

const ROWS = 60;
/** As wide as its place: text in it keeps its size. */
const frameFor = (width: number) => ({ width: Math.max(300, Math.round(width)), height: width < 520 ? 240 : 280 });

function draw(chart: F1Chart, threshold: number): SVGSVGElement {
  const { frame, left, right, top, floor, bottom } = chart;
  const text = (x: number, y: number, anchor: string, words: string, kind = ''): SVGTextElement => s('text', { x, y, 'text-anchor': anchor, class: kind }, words);
  return s('svg', { class: 'chart', viewBox: `0 0 ${frame.width} ${frame.height}`, width: frame.width, height: frame.height, role: 'img', 'aria-label': inWords(chart, threshold) },
    chart.yTicks.flatMap(({ y, value }) => [s('line', { class: 'grid', x1: left, x2: right, y1: y, y2: y }), text(left - 6, y + 4, 'end', value.toFixed(value * 10 % 1 === 0 ? 1 : 2))]),
    chart.xTicks.map(({ x, atMs }) => text(x, frame.height - 5, x > right - 20 ? 'end' : 'middle', tick(atMs, chart.stepMs))),
    s('line', { class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom }),
    chart.support.map(({ x, y, width, height }) => s('rect', { class: 'support', x, y, width, height })), text(left - 6, bottom - 24, 'end', count(chart.mostLabels)), text(left - 6, bottom - 10, 'end', 'labels', 'tiny'),
    chart.marks.flatMap(({ x, version, labelled }) => [s('line', { class: 'promotion', x1: x, x2: x, y1: top - 4, y2: bottom }), ...(labelled ? [text(x, top - 7, x > right - 20 ? 'end' : 'middle', version, 'promoted')] : [])]),
    chart.lines.flatMap(({ place, band, line, dots }) => [s('path', { class: `band v${place % 4}`, d: band }), s('path', { class: `line v${place % 4}`, d: line }), ...dots.map(({ x, y }) => s('circle', { class: `dot v${place % 4}`, cx: x, cy: y, r: 2.5 }))]),
    s('line', { class: 'threshold', x1: left, x2: right, y1: chart.thresholdY, y2: chart.thresholdY }), text(right, Math.min(floor - 3, chart.thresholdY - 4), 'end', `threshold ${threshold.toFixed(2)}`, 'threshold-name'));
}

export function f1Picture(history: readonly VersionHistory[], marks: readonly Mark[], threshold: number, width: number, nowMs: number): HTMLElement {
  const chart = f1Chart(history, marks, threshold, frameFor(width));
  if (chart === undefined) return empty('No labels yet', 'The line begins with the first label.');
  const points = chart.points.slice(-ROWS).toReversed();
  return h('figure', {}, draw(chart, threshold),
    h('figcaption', { class: 'legend' }, chart.lines.map(({ version, place }) => h('span', {}, s('svg', { class: 'swatch', viewBox: '0 0 14 4', 'aria-hidden': 'true' }, s('line', { class: `line v${place % 4}`, x1: 0, x2: 14, y1: 2, y2: 2 })), version)), h('span', { class: 'soft' }, 'line: weighted F1; around it: 95 % band; dashed: threshold; upright: promotions; below: labels')),
    h('details', {}, h('summary', {}, 'The same as a table'), table('F1 over time, newest first', [['From'], ['Version'], ['F1', 'n'], ['Low', 'n'], ['High', 'n'], ['Labels', 'n']], points.map((one) => [moment(one.start_ms, nowMs), one.version, score(one.weighted_f1), score(one.band?.[0]), score(one.band?.[1]), count(one.labels)]))));
}
