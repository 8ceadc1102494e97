// The live F1 over the log with the alarms on it: as text for a terminal, and as an SVG.
import type { Outcome, Point } from './replay.ts';

const ROWS = 10;
const COLUMNS = 72;
/** Lowest and highest F1 to show, with a little air. Reduced, not spread: there may be a million points. */
function span(points: readonly Point[], floors: readonly number[]): readonly [low: number, high: number] {
  const values = [...points.map((point) => point.f1), ...floors];
  if (values.length === 0) return [0, 1];
  return [Math.max(0, values.reduce((a, b) => Math.min(a, b)) - 0.01), Math.min(1, values.reduce((a, b) => Math.max(a, b)) + 0.01)];
}
const columnOf = (place: number, last: number): number => Math.min(COLUMNS - 1, Math.floor((place / Math.max(1, last + 1)) * COLUMNS));

/** Lines of text: F1 down the left, labels to the right, `·` a threshold, and under the plot one line of alarms per setting (`^` right, `x` false). */
export function plotLines(points: readonly Point[], outcomes: readonly Outcome[]): string[] {
  const last = points.at(-1)?.place ?? 0;
  const floors = [...new Set(outcomes.map((one) => one.minF1))];
  const [low, high] = span(points, floors);
  const rowOf = (f1: number): number => Math.min(ROWS - 1, Math.max(0, Math.round(((high - f1) / Math.max(1e-9, high - low)) * (ROWS - 1))));
  const grid = Array.from({ length: ROWS }, () => Array.from({ length: COLUMNS }, () => ' '));
  const put = (row: number, column: number, mark: string): void => {
    const line = grid[row];
    if (line !== undefined) line[column] = mark;
  };
  for (const floor of floors) for (let column = 0; column < COLUMNS; column += 1) put(rowOf(floor), column, '·');
  const columns = Map.groupBy(points, (point) => columnOf(point.place, last));
  for (const [column, list] of columns) put(rowOf(list.reduce((sum, point) => sum + point.f1, 0) / list.length), column, '█');
  const alarms = outcomes.filter((one) => one.alarms.length > 0).map((one) => {
    const line = Array.from({ length: COLUMNS }, () => ' ');
    for (const alarm of one.alarms) line[columnOf(alarm.place, last)] = alarm.verdict.status === 'false' ? 'x' : '^';
    return `       ${line.join('')}  ${one.name}`;
  });
  return [...grid.map((line, row) => `${(high - ((high - low) * row) / (ROWS - 1)).toFixed(3)}  ${line.join('').trimEnd()}`), ...alarms];
}

const [WIDTH, HEIGHT, PAD] = [960, 360, 48];
const COLOURS = ['#b3261e', '#0b57d0', '#7b5800', '#146c2e', '#6e3fa3', '#006a6a'];
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const MAX_POINTS = 2000;

/** The same as a picture of its own: no script, no font, no network. */
export function svgOf(points: readonly Point[], outcomes: readonly Outcome[]): string {
  const last = points.at(-1)?.place ?? 0;
  const floors = [...new Set(outcomes.map((one) => one.minF1))];
  const [low, high] = span(points, floors);
  const x = (place: number): string => (PAD + ((WIDTH - 2 * PAD) * place) / Math.max(1, last)).toFixed(1);
  const y = (f1: number): string => (PAD + ((HEIGHT - 2 * PAD) * (high - f1)) / Math.max(1e-9, high - low)).toFixed(1);
  const step = Math.max(1, Math.floor(points.length / MAX_POINTS));
  const lines = [...Map.groupBy(points.filter((_, i) => i % step === 0), (point) => point.modelVersion)].map(([version, list], i) => `<polyline fill="none" stroke="${i % 2 === 0 ? '#333' : '#888'}" stroke-width="1.5" points="${list.map((point) => `${x(point.place)},${y(point.f1)}`).join(' ')}"><title>${escaped(version)}</title></polyline>`);
  const thresholds = floors.map((floor) => `<line x1="${PAD}" x2="${WIDTH - PAD}" y1="${y(floor)}" y2="${y(floor)}" stroke="#999" stroke-dasharray="4 4"/><text x="${WIDTH - PAD + 4}" y="${y(floor)}" dominant-baseline="middle">${floor}</text>`);
  const alarms = outcomes.flatMap((one, i) => one.alarms.map((alarm) => `<line x1="${x(alarm.place)}" x2="${x(alarm.place)}" y1="${PAD}" y2="${HEIGHT - PAD}" stroke="${COLOURS[i % COLOURS.length] ?? '#000'}"${alarm.verdict.status === 'false' ? ' stroke-dasharray="2 3"' : ''}><title>${escaped(`${one.name}: ${alarm.retrainId}`)}</title></line>`));
  const legend = outcomes.map((one, i) => `<text x="${PAD + (i % 3) * 290}" y="${HEIGHT + 4 + Math.floor(i / 3) * 18}" fill="${COLOURS[i % COLOURS.length] ?? '#000'}">${escaped(one.name)}: ${one.alarms.length} ${one.alarms.length === 1 ? 'alarm' : 'alarms'}</text>`);
  const whole = HEIGHT + 12 + 18 * Math.ceil(outcomes.length / 3);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${whole}" font-family="sans-serif" font-size="12" role="img" aria-label="Live weighted F1 over the labels, with thresholds and alarms"><rect width="${WIDTH}" height="${whole}" fill="#fff"/>
<text x="${PAD}" y="24" font-size="15">Live weighted F1 by label, and when each setting would have alarmed (dashed: false)</text>
<text x="${PAD - 6}" y="${y(high)}" text-anchor="end" dominant-baseline="middle">${high.toFixed(2)}</text><text x="${PAD - 6}" y="${y(low)}" text-anchor="end" dominant-baseline="middle">${low.toFixed(2)}</text><text x="${WIDTH - PAD}" y="${HEIGHT - PAD + 18}" text-anchor="end">${(last + 1).toLocaleString('en-US')} labels</text>
${[...thresholds, ...lines, ...alarms, ...legend].join('\n')}
</svg>
`;
}
