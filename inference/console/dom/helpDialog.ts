// The list of keys, and the switch for those without a modifier.
import { KEYS } from '../rules/keys.ts';
import { button, h, on } from './element.ts';

const KEY = 'console-single-keys';
export const singleKeys = (): boolean => localStorage.getItem(KEY) !== 'off';

export function showHelp(): void {
  if (document.querySelector('dialog[open]') !== null) return;
  const dialog = h('dialog', { 'aria-labelledby': 'keys' }, h('h2', { id: 'keys' }, 'Keys'),
    h('dl', { class: 'keys' }, KEYS.map(([keys, what]) => [h('dt', {}, h('kbd', {}, keys)), h('dd', {}, what)])),
    h('label', { class: 'check' }, on(h('input', { type: 'checkbox', checked: singleKeys() }), {
      change: (event) => localStorage.setItem(KEY, event.target instanceof HTMLInputElement && event.target.checked ? 'on' : 'off'),
    }), ' letters and digits act without a modifier'),
    h('div', { class: 'actions' }, button('Close', () => dialog.close(), { class: 'primary' })));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
