// What pages tell in words: a problem with its way out, an empty place, one that is being filled; and what a screen reader should say.
import { told } from '../rules/problem.ts';
import type { Problem } from '../rules/wire.ts';
import { button, h, type Child } from './element.ts';

export function problemNotice(problem: Problem, again?: () => void, label = 'Try again'): HTMLElement {
  const { what, way } = told(problem);
  return h('div', { class: 'notice bad', role: 'alert' }, h('p', {}, h('strong', {}, what), ' ', way), again === undefined ? undefined : button(label, again));
}
export const empty = (title: string, ...more: readonly Child[]): HTMLElement => h('div', { class: 'empty' }, h('p', { class: 'empty-title' }, title), more.length === 0 ? undefined : h('p', {}, ...more));
export const loading = (what: string): HTMLElement => h('p', { class: 'loading', role: 'status' }, `Loading ${what} …`);

/** The same words twice are said twice: the place is emptied first. */
export function announce(text: string): void {
  const place = document.querySelector('#said');
  if (place === null) return;
  place.textContent = '';
  requestAnimationFrame(() => {
    place.textContent = text;
  });
}
