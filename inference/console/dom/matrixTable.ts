// The confusion matrix: a table whose counts are buttons that show what is behind them.
import { count, percent } from '../rules/format.ts';
import { matrixOf, shortNames, type MatrixCell } from '../rules/matrix.ts';
import type { Cell } from '../rules/wire.ts';
import { button, h } from './element.ts';

export type Chosen = { readonly label: string; readonly predicted: string };
export function matrixTable(cells: readonly Cell[], categories: readonly string[], chosen: Chosen | undefined, onChoose: ((cell: MatrixCell) => void) | undefined): HTMLElement {
  const { names, rows } = matrixOf(cells, categories);
  const short = shortNames(names);
  const shown = (cell: MatrixCell): Node | string => {
    if (cell.count === 0) return h('span', { class: 'soft' }, '·');
    if (onChoose === undefined) return count(cell.count);
    const isChosen = chosen?.label === cell.label && chosen.predicted === cell.predicted;
    return button(count(cell.count), () => onChoose(cell), { 'aria-pressed': isChosen ? 'true' : 'false', 'aria-label': `${cell.count}: labelled ${cell.label}, predicted ${cell.predicted}, ${percent(cell.share)} of that label. Show examples` });
  };
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Confusion matrix' }, h('table', { class: 'matrix' }, h('caption', {}, 'Rows: what people say. Columns: what the model said. A count shows its examples.'),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Label'), names.map((name, i) => h('th', { scope: 'col', class: 'n' }, h('abbr', { title: name, 'aria-label': name }, short[i]))), h('th', { scope: 'col', class: 'n' }, 'All'))),
    h('tbody', {}, rows.map(({ label, total, cells: row }, i) => h('tr', {}, h('th', { scope: 'row' }, h('span', { class: 'short' }, short[i]), ' ', label), row.map((cell) => h('td', { class: `n ${cell.right ? 'right' : 'wrong'} level-${cell.level}` }, shown(cell))), h('td', { class: 'n soft' }, count(total)))))));
}
