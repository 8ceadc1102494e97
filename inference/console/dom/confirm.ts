// A question before something that others will notice. Escape and "Cancel" change nothing.
import { button, h, on, type Child } from './element.ts';

export type Question = { readonly title: string; readonly body: readonly Child[]; readonly action: string; readonly danger?: boolean };
/** Resolves with what the form holds when the person goes on; undefined: not. */
export function confirm({ title, body, action, danger = false }: Question): Promise<FormData | undefined> {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const close = (data: FormData | undefined): void => {
      dialog.close();
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(data);
    };
    const form = on(h('form', {}, h('h2', { id: 'question' }, title), ...body,
      h('div', { class: 'actions' }, button('Cancel', () => close(undefined)), h('button', { type: 'submit', class: danger ? 'danger' : 'primary' }, action))), {
      submit(event) {
        event.preventDefault();
        close(new FormData(form));
      },
    });
    const dialog = h('dialog', { 'aria-labelledby': 'question' }, form);
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      close(undefined);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
