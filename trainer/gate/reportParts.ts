// The two pictures of the report: differences with their bands, and a confusion matrix.
import { html, type Html } from './html.ts';
import type { CellFigure, Compared } from './report.ts';

const WIDTH = 720;
const LEFT = 230;
const RIGHT = 24;
const ROW = 26;
/** A round step that gives four to eight ticks over the span. */
function stepFor(span: number): number {
  const raw = span / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 5, 10].find((one) => one * power >= raw) ?? 10) * power;
}
const short = (text: string): string => (text.length > 32 ? `${text.slice(0, 31)}…` : text);

/** Each difference as a dot with its 95 % band; the shade to the left of 0 is what the gate allows. */
export function whiskers(of: Compared): Html {
  const all = [...(of.weighted === null ? [] : [{ category: 'all (weighted)', ...of.weighted }]), ...of.categories];
  const ends = all.flatMap(({ band, limit }) => [band[0], band[1], -(limit ?? 0)]);
  const low = Math.min(-0.02, ...ends);
  const high = Math.max(0.02, ...ends);
  const x = (value: number): string => (LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const step = stepFor(high - low);
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) ticks.push(k * step);
  const height = all.length * ROW + 34;
  const lines = all.map(({ category, delta, band, limit, holds }, i) => {
    const y = i * ROW + ROW / 2 + 6;
    return html`<text class="name" x="${LEFT - 12}" y="${y + 4}">${short(category)}</text>${limit === null ? undefined : html`<rect class="allowed" x="${x(-limit)}" y="${y - 8}" width="${(Number(x(0)) - Number(x(-limit))).toFixed(1)}" height="16"/>`}<g class="${holds === null ? 'quiet' : holds ? 'good' : 'bad'}"><title>${category}: ${delta.toFixed(4)}</title><line x1="${x(band[0])}" x2="${x(band[1])}" y1="${y}" y2="${y}"/><circle cx="${x(delta)}" cy="${y}" r="4.5"/></g>`;
  });
  return html`<div class="wide"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="difference of F1 to the champion by category, with 95 % bands">${ticks.map((tick) => html`<line class="${Math.abs(tick) < step / 2 ? 'zero' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="2" y2="${height - 26}"/><text class="tick" x="${x(tick)}" y="${height - 10}">${tick > step / 2 ? '+' : ''}${Math.abs(tick) < step / 2 ? '0' : tick.toFixed(Math.max(2, -Math.floor(Math.log10(step))))}</text>`)}${lines}</svg></div>`;
}

/** Rows are labels, columns predictions; a cell is as deep as its share of the label's rows. */
export function matrix(cells: readonly CellFigure[]): Html {
  const categories = [...new Set(cells.flatMap(({ label, predicted }) => [label, predicted]))].sort();
  const counts = new Map(cells.map(({ label, predicted, count }) => [JSON.stringify([label, predicted]), count]));
  const countOf = (label: string, predicted: string): number => counts.get(JSON.stringify([label, predicted])) ?? 0;
  const body = categories.map((label) => {
    const total = categories.reduce((sum, predicted) => sum + countOf(label, predicted), 0);
    const line = categories.map((predicted) => {
      const count = countOf(label, predicted);
      const depth = total === 0 ? 0 : Math.round((100 * count) / total);
      return html`<td class="${label === predicted ? 'hit' : 'miss'}" style="--depth:${depth}%" title="label ${label}, predicted ${predicted}: ${count} (${depth} %)">${count === 0 ? '·' : count}</td>`;
    });
    return html`<tr><th scope="row">${label}</th>${line}<td class="total">${total}</td></tr>`;
  });
  return html`<div class="wide"><table class="matrix"><thead><tr><th>label ↓ predicted →</th>${categories.map((category) => html`<th scope="col"><span>${category}</span></th>`)}<th scope="col"><span>rows</span></th></tr></thead><tbody>${body}</tbody></table></div>`;
}
