// Try: a text in, category and probabilities out, and one key says whether that was right.
import type { Command } from '../rules/keys.ts';
import { percent } from '../rules/format.ts';
import { answered, arrived, asked, categoryAt, choose, neighbourOf, refused, says, toSay, type Trial, type Trials } from '../rules/trial.ts';
import type { Prediction } from '../rules/wire.ts';
import type { App, OpenPage } from './app.ts';
import { choices, followFocus } from './choices.ts';
import { button, h, on, table, type Child } from './element.ts';
import { show } from './morph.ts';
import { announce, empty, problemNotice } from './notices.ts';
import { createSaying } from './saying.ts';

const mayJudge = ({ who }: App): boolean => who.scopes.includes('feedback') || who.scopes.includes('admin');

function saidOf({ said, prediction }: Trial): Child {
  if (said === undefined) return h('span', { class: 'soft' }, 'nothing yet');
  if (said.status === 'failed') return h('span', { class: 'word bad' }, 'not stored');
  if (said.category === null) return 'taken back';
  return said.category === prediction.category ? 'right' : `wrong: ${said.category}`;
}

export const openTry: OpenPage = (place, app) => {
  const { client, memory } = app;
  const send = createSaying(client, app.who.name);
  let closed = false;
  const field = (): HTMLInputElement | null => place.querySelector<HTMLInputElement>('#text');
  function set(next: Trials): void {
    memory.trials = next;
    if (!closed) draw();
  }
  async function predict(text: string): Promise<void> {
    set(asked(memory.trials, text));
    const answer = await client.post<Prediction>('/v1/predict', { product_description: text });
    if (!answer.ok) return set(refused(memory.trials, answer.problem));
    set(answered(memory.trials, text, answer.value));
    announce(`${answer.value.category}, ${percent(answer.value.probabilities.find(({ category }) => category === answer.value.category)?.probability)}`);
    place.querySelector<HTMLElement>('#answer')?.focus();
  }
  async function say(category: string | null): Promise<void> {
    const id = memory.trials.list[0]?.prediction.prediction_id;
    if (id === undefined) return;
    set(says(memory.trials, id, category));
    const answer = await send(id, category, app.newId());
    set(arrived(memory.trials, id, answer.ok ? undefined : answer.problem));
    if (answer.ok) announce(category === null ? 'Taken back' : `Stored: ${category}`);
  }
  const confirm = (): void => {
    const category = toSay(memory.trials);
    if (category !== undefined && mayJudge(app)) void say(category);
  };
  const next = (): void => {
    field()?.focus();
    field()?.select();
  };
  function command(one: Command): boolean {
    switch (one.kind) {
      case 'choose': set(choose(memory.trials, categoryAt(memory.trials, one.place))); break;
      case 'move': set(choose(memory.trials, neighbourOf(memory.trials, one.by))); break;
      case 'confirm': confirm(); break;
      case 'undo': if (memory.trials.list[0]?.said != null && mayJudge(app)) void say(null); break;
      // In the field it leaves the field, elsewhere it leads back to it.
      case 'leave': if (document.activeElement === field()) return false; next(); break;
      default: return false;
    }
    followFocus(place);
    return true;
  }
  const draw = (): void => {
    const [newest, ...older] = memory.trials.list;
    show(place, h('h1', { tabindex: -1 }, 'Try'),
      on(h('form', { class: 'row' }, h('label', { for: 'text', class: 'unseen' }, 'Text to classify'), h('input', { id: 'text', name: 'text', type: 'text', maxlength: 10_000, required: true, autocomplete: 'off', spellcheck: 'false', placeholder: 'A product, e.g. Kestrel Sparkling Water Lemon 330 ml' }), h('button', { type: 'submit', class: 'primary', disabled: memory.trials.asking !== undefined }, memory.trials.asking === undefined ? 'Classify' : 'Asking …')), {
        submit(event) {
          event.preventDefault();
          const text = field()?.value.trim() ?? '';
          if (text !== '' && memory.trials.asking === undefined) void predict(text);
        },
      }),
      ...(memory.trials.problem === undefined ? [] : [problemNotice(memory.trials.problem)]),
      newest === undefined ? empty('Nothing tried yet', 'Type what a product is called. The answer comes with a probability for every category; one key says whether it was right, and that is feedback like any other.') : answer(newest),
      ...(older.length === 0 ? [] : [h('h2', {}, 'Before'), table('Texts tried before', [['Text'], ['Model said'], ['Gave it', 'n'], ['You said']], older.map((one) => [one.text, one.prediction.category, percent(Math.max(...one.prediction.probabilities.map(({ probability }) => probability)), 1), saidOf(one)]))]));
  };
  function answer(trial: Trial): HTMLElement {
    const { prediction, chosen } = trial;
    return h('section', { class: 'card', id: 'answer', tabindex: -1, 'aria-label': 'Answer' }, h('p', { class: 'product' }, trial.text),
      choices('What it is', prediction.probabilities, prediction.category, mayJudge(app) ? chosen : undefined, (category) => set(choose(memory.trials, category))),
      mayJudge(app) ? h('div', { class: 'actions' }, button([chosen === prediction.category ? 'Right' : 'It is this', h('kbd', {}, 'Enter')], confirm, { class: 'primary', disabled: toSay(memory.trials) === undefined }), button(['Undo', h('kbd', {}, 'u')], () => void say(null), { disabled: trial.said === undefined || trial.said.category === null }), button(['Next', h('kbd', {}, 'Esc')], next), h('span', { class: 'soft said' }, 'You said: ', saidOf(trial)))
        : h('p', { class: 'soft' }, 'This token may not give feedback.'),
      h('p', { class: 'soft small' }, `${prediction.model_version} · ${prediction.prediction_id}`, prediction.audit ? ' · chosen for the audit sample' : ''));
  }
  return {
    draw() {
      const first = place.childElementCount === 0;
      draw();
      if (first) field()?.focus();
    },
    command,
    close() {
      closed = true;
    },
  };
};
