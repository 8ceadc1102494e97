// The door: a token, kept for this browser tab only.
import type { Problem, Who } from '../rules/wire.ts';
import { createClient } from './client.ts';
import { h, on } from './element.ts';
import { show } from './morph.ts';
import { problemNotice } from './notices.ts';

const KEY = 'console-token';
export const keptToken = (): string | undefined => sessionStorage.getItem(KEY) ?? undefined;
export const forgetToken = (): void => sessionStorage.removeItem(KEY);

export function signIn(page: HTMLElement, why: Problem | undefined, onIn: (token: string, who: Who) => void): void {
  function draw(problem: Problem | undefined, busy: boolean): void {
    show(page, h('section', { class: 'sign-in' }, h('h1', { tabindex: -1 }, 'Sign in'),
      on(h('form', {}, h('label', { for: 'token' }, 'Token'), h('input', { id: 'token', name: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': 'token-help' }),
        h('p', { id: 'token-help', class: 'soft' }, 'It stays in this browser tab and is forgotten when you sign out or close it. ', h('code', {}, './loop status'), ' shows those of a local stack, ', h('code', {}, './loop token new NAME'), ' makes one.'),
        h('button', { type: 'submit', class: 'primary', disabled: busy }, busy ? 'Signing in …' : 'Sign in')), { submit }),
      problem === undefined ? undefined : problemNotice(problem)));
  }
  async function enter(token: string): Promise<void> {
    draw(undefined, true);
    const answer = await createClient(token, () => undefined).get<Who>('/v1/whoami');
    if (!answer.ok) {
      draw(answer.problem, false);
      return document.querySelector<HTMLInputElement>('#token')?.focus();
    }
    sessionStorage.setItem(KEY, token);
    onIn(token, answer.value);
  }
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const token = document.querySelector<HTMLInputElement>('#token')?.value.trim() ?? '';
    if (token !== '') void enter(token);
  }
  draw(why, false);
  document.querySelector<HTMLInputElement>('#token')?.focus();
}
