// Label: one item after another, as quickly as a person can judge. What is said travels while the next one is looked at.
import { count, plural } from '../rules/format.ts';
import type { Command } from '../rules/keys.ts';
import { advance, categoriesOf, moved, ORDERS, type Event as QueueEvent, type Order, type Wish, type Word } from '../rules/queue.ts';
import { midnightBefore, pace } from '../rules/pace.ts';
import type { LeasedItem, Lease, Progress } from '../rules/wire.ts';
import type { OpenPage } from './app.ts';
import { choices, followFocus } from './choices.ts';
import { button, h, on, type Child } from './element.ts';
import { show } from './morph.ts';
import { announce, empty, loading, problemNotice } from './notices.ts';
import { createSaying } from './saying.ts';

const TITLES: Readonly<Record<Order, string>> = { least_certain: 'Least certain first', audit: 'Audit sample', newest: 'Newest first' };
const TICK_MS = 2000;
const PROGRESS_EVERY_MS = 10_000;
const COUNTED_WITHIN_MS = 1500;
const SHOWN = 8;
const AIM = 50;
const AT_ONCE = 'console-at-once';

export const openLabel: OpenPage = (place, app) => {
  const { client, memory, nowMs, newId } = app;
  let progress: Progress | undefined;
  let closed = false;
  // What is given back is given back before more is asked for: what one holds comes first.
  let released: Promise<unknown> = Promise.resolve();
  const send = createSaying(client, app.who.name);

  async function say({ predictionId, category, feedbackId }: Extract<Wish, { kind: 'say' }>): Promise<void> {
    const answer = await send(predictionId, category, feedbackId);
    happen(answer.ok ? { kind: 'stored', feedbackId } : { kind: 'failed', feedbackId, problem: answer.problem });
  }
  async function lease({ order, limit, except }: Extract<Wish, { kind: 'lease' }>): Promise<void> {
    await released;
    const answer = await client.post<Lease>('/v1/labels/lease', { order, limit, except });
    happen(answer.ok ? { kind: 'leased', order, items: answer.value.items, waiting: answer.value.waiting } : { kind: 'lease failed', problem: answer.problem });
  }
  function fulfil(wish: Wish): void {
    switch (wish.kind) {
      case 'lease': return void lease(wish);
      case 'say': return void say(wish);
      // It lapses by itself where this does not arrive.
      case 'release': return void (released = released.then(() => client.post('/v1/labels/release', { prediction_ids: wish.ids })));
      case 'announce': return announce(wish.text);
    }
  }
  function happen(event: QueueEvent): void {
    const { queue: next, wishes } = advance(memory.queue, event);
    if (event.kind === 'confirm' && next.said !== memory.queue.said) memory.saidAtMs = [...memory.saidAtMs, nowMs()].slice(-AIM);
    memory.queue = next;
    if (!closed) draw();
    for (const wish of wishes) fulfil(wish);
    if (event.kind === 'stored') lookSoon();
  }
  const atOnce = (): boolean => localStorage.getItem(AT_ONCE) === 'on';
  const confirm = (): void => happen({ kind: 'confirm', feedbackId: newId() });
  const undo = (): void => happen({ kind: 'undo', feedbackId: newId() });
  const skip = (): void => happen({ kind: 'skip' });
  function command(one: Command): boolean {
    switch (one.kind) {
      case 'choose': {
        const [item] = memory.queue.items;
        const category = item === undefined ? undefined : categoriesOf(item)[one.place];
        if (category === undefined) return false;
        happen({ kind: 'choose', category });
        if (atOnce()) confirm();
        break;
      }
      case 'move': {
        const category = moved(memory.queue, one.by);
        if (category !== undefined) happen({ kind: 'choose', category });
        break;
      }
      case 'confirm': confirm(); break;
      case 'undo': undo(); break;
      case 'skip': skip(); break;
      default: return false;
    }
    followFocus(place);
    return true;
  }

  function card(item: LeasedItem): HTMLElement {
    const { chosen } = memory.queue;
    return h('section', { class: 'card', 'aria-label': 'To label' }, h('p', { class: 'product', 'aria-live': 'polite' }, item.product_description),
      choices('What it is', item.probabilities, item.category, chosen, (category) => happen({ kind: 'choose', category })),
      h('div', { class: 'actions' }, button([chosen === item.category ? 'Confirm' : 'Correct', h('kbd', {}, 'Enter')], confirm, { class: 'primary' }), button(['Skip', h('kbd', {}, 's')], skip), button(['Undo', h('kbd', {}, 'u')], undo, { disabled: !memory.queue.said.some(({ category }) => category !== null) }),
        h('span', { class: 'soft small said' }, item.model_version, item.audit ? ' · audit sample' : '')));
  }
  function word(one: Word): Child {
    const { item, category, status, feedbackId } = one;
    const what = category === null ? 'taken back' : category === item.category ? category : [h('s', {}, item.category), ' → ', category];
    const mark = status === 'stored' ? h('span', { class: 'word good' }, 'stored') : status === 'travels' ? h('span', { class: 'soft' }, 'sending …') : button('Not stored. Try again', () => happen({ kind: 'again', feedbackId }), { class: 'small bad' });
    return h('li', { 'data-key': feedbackId }, h('span', { class: 'text' }, item.product_description), h('span', { class: 'what' }, what), mark);
  }
  function tally(): HTMLElement {
    const { labelled, corrected, withdrawn } = memory.queue.counts;
    const perMinute = pace(memory.saidAtMs, nowMs());
    const figure = (name: string, value: Child, more?: Child): Child => h('div', {}, h('dt', {}, name), h('dd', {}, value, more === undefined ? undefined : h('span', { class: 'soft' }, ' ', more)));
    return h('dl', { class: 'tiles', id: 'tally' },
      figure('This sitting', h('span', { id: 'labelled', class: 'big' }, count(labelled)), `${corrected} corrected, ${withdrawn} taken back`),
      figure('Pace', h('span', { class: 'big' }, perMinute === undefined ? '–' : perMinute), perMinute === undefined ? undefined : 'a minute'),
      figure('Today, everybody', h('span', { class: 'big' }, count(progress?.labelled)), progress === undefined ? undefined : `${progress.by_me === undefined ? '' : `${count(progress.by_me)} by you, `}${count(progress.corrected)} corrected`),
      figure('Waiting', h('span', { class: 'big' }, count(memory.queue.waiting))));
  }
  function body(): HTMLElement {
    const [item] = memory.queue.items;
    if (item !== undefined) return card(item);
    if (memory.queue.asking && memory.queue.waiting === undefined) return loading('items to label');
    if (memory.queue.problem !== undefined) return h('div');
    return h('section', { class: 'card' }, empty(memory.queue.order === 'audit' ? 'No audited prediction waits for a label' : 'Nothing waits for a label', memory.queue.order === 'audit' ? 'Choose another order, or come back later: AUDIT_RATE of the predictions are marked for it.' : 'All that is held here has a label, or somebody else is at it. New predictions appear by themselves.'),
      h('div', { class: 'actions' }, button('Look again', () => happen({ kind: 'look' })), button(['Undo', h('kbd', {}, 'u')], undo, { disabled: !memory.queue.said.some(({ category }) => category !== null) })));
  }
  function draw(): void {
    const { labelled } = memory.queue.counts;
    show(place, h('div', { class: 'title' }, h('h1', { tabindex: -1 }, 'Label'),
      h('label', {}, 'Order ', on(h('select', { id: 'order' }, ORDERS.map((order) => h('option', { value: order, selected: order === memory.queue.order }, TITLES[order]))), {
        change: (event) => {
          const order = ORDERS.find((one) => event.target instanceof HTMLSelectElement && one === event.target.value);
          if (order !== undefined) happen({ kind: 'order', order });
        },
      })),
      h('label', { class: 'check' }, on(h('input', { type: 'checkbox', checked: atOnce() }), { change: (event) => localStorage.setItem(AT_ONCE, event.target instanceof HTMLInputElement && event.target.checked ? 'on' : 'off') }), ' a digit confirms at once')),
      tally(), h('progress', { max: AIM, value: labelled % AIM, 'aria-label': `${labelled % AIM} of the next ${AIM} labels` }),
      ...(memory.queue.problem === undefined ? [] : [problemNotice(memory.queue.problem, () => happen({ kind: 'look' }))]), body(),
      ...(memory.queue.said.length === 0 ? [] : [h('h2', {}, 'Just said'), h('ol', { class: 'said-list' }, memory.queue.said.slice(0, SHOWN).map(word)), ...(memory.queue.said.length > SHOWN ? [h('p', { class: 'soft small' }, `and ${plural(memory.queue.said.length - SHOWN, 'earlier one')}`)] : [])]));
  }
  let looking: ReturnType<typeof setTimeout> | undefined;
  /** What was just stored is counted in a moment. */
  function lookSoon(): void {
    looking ??= setTimeout(() => {
      looking = undefined;
      if (!closed) void lookAtProgress();
    }, COUNTED_WITHIN_MS);
  }
  async function lookAtProgress(): Promise<void> {
    const answer = await client.get<Progress>(`/v1/labels/progress?since_ms=${midnightBefore(nowMs(), new Date(nowMs()).getTimezoneOffset())}`);
    if (closed || !answer.ok) return;
    progress = answer.value;
    draw();
  }
  const ticking = setInterval(() => {
    happen({ kind: 'tick', nowMs: nowMs() });
    if (memory.queue.dry && memory.queue.items.length === 0) happen({ kind: 'look' });
  }, TICK_MS);
  const progressing = setInterval(() => void lookAtProgress(), PROGRESS_EVERY_MS);
  happen({ kind: 'look' });
  void lookAtProgress();
  return {
    draw,
    command,
    close() {
      closed = true;
      clearInterval(ticking);
      clearInterval(progressing);
      happen({ kind: 'left' });
    },
  };
};
