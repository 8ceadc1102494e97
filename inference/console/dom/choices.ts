// The categories of one prediction to choose from: a place on the keyboard each, what the model gives it as a bar, and the model's own answer marked.
import { percent } from '../rules/format.ts';
import type { Probability } from '../rules/wire.ts';
import { h, on, s } from './element.ts';

export const bar = (share: number, kind = ''): SVGSVGElement => s('svg', { class: `bar ${kind}`, viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, s('rect', { class: 'track', width: 100, height: 6 }), s('rect', { class: 'fill', width: Math.max(0, Math.min(100, share * 100)), height: 6 }));

/** chosen undefined: none is marked. */
export function choices(legend: string, probabilities: readonly Probability[], predicted: string, chosen: string | undefined, onChoose: (category: string) => void): HTMLElement {
  return h('fieldset', { class: 'choices' }, h('legend', { class: 'unseen' }, legend), probabilities.map(({ category, probability }, i) =>
    h('label', { class: category === predicted ? 'choice predicted' : 'choice' },
      on(h('input', { type: 'radio', name: 'category', value: category, checked: category === chosen }), { change: () => onChoose(category) }),
      h('kbd', { 'aria-hidden': 'true' }, i < 9 ? i + 1 : ''), h('span', { class: 'what' }, category, category === predicted ? h('span', { class: 'tag' }, 'model') : undefined), bar(probability), h('span', { class: 'num' }, percent(probability, 1)))));
}
/** Moves focus with the choice, where a choice had it. */
export function followFocus(place: HTMLElement): void {
  if (document.activeElement instanceof HTMLInputElement && document.activeElement.name === 'category') place.querySelector<HTMLInputElement>('input[name=category]:checked')?.focus();
}
