// Dead letters: records that nobody could use, with the reason, their bytes, the way back to where they came from after a fix, and the way out for those that nothing mends.
import { bytesIn, hexLines } from '../rules/bytes.ts';
import { count, moment } from '../rules/format.ts';
import { allShown, oneOf, purgedText, wouldGo, type Wish } from '../rules/purging.ts';
import type { DeadLetter, DeadLetters, Problem, Purged } from '../rules/wire.ts';
import type { OpenPage } from './app.ts';
import { confirm } from './confirm.ts';
import { button, h, on, type Child } from './element.ts';
import { show } from './morph.ts';
import { announce, empty, loading, problemNotice } from './notices.ts';

const TOPICS = ['products', 'predictions', 'feedback', 'labelled', 'retrain-requests', 'models'];
const PAGE = 50;

export const openDeadLetters: OpenPage = (place, app) => {
  const { client, nowMs } = app;
  let topic = '';
  let items: readonly DeadLetter[] | undefined;
  let next: string | null = null;
  let problem: Problem | undefined;
  let word: { readonly text: string } | { readonly refused: Problem } | undefined;
  const refusals = new Map<string, Problem>();
  let closed = false;

  async function look(before?: string): Promise<void> {
    const asked = topic;
    const query = new URLSearchParams({ limit: String(PAGE), ...(topic === '' ? {} : { topic }), ...(before === undefined ? {} : { before }) });
    const answer = await client.get<DeadLetters>(`/v1/dead-letters?${query.toString()}`);
    if (closed || asked !== topic) return;
    if (answer.ok) {
      items = before === undefined ? answer.value.items : [...(items ?? []), ...answer.value.items];
      ({ next } = answer.value);
      problem = undefined;
    } else ({ problem } = answer);
    draw();
  }
  async function resend(letter: DeadLetter): Promise<void> {
    const form = await confirm({
      title: `Send it to ${letter.topic} again?`, action: 'Send again',
      body: [h('p', {}, `The very bytes go to ${letter.topic} once more. Do this after what refused them was mended; otherwise they come back here.`), ...(letter.resent ? [h('p', { class: 'notice open' }, 'It has been sent again before.')] : [])],
    });
    if (form === undefined) return;
    const answer = await client.post(`/v1/dead-letters/${encodeURIComponent(letter.id)}/resend${letter.resent ? '?again=true' : ''}`, {});
    if (closed) return;
    if (answer.ok) {
      refusals.delete(letter.id);
      items = items?.map((one) => (one.id === letter.id ? { ...one, resent: true } : one));
      announce(`Sent to ${letter.topic} again`);
    } else refusals.set(letter.id, answer.problem);
    draw();
  }
  async function purge(wish: Wish, title: string, action: string, more: readonly Child[], gone: (letter: DeadLetter) => boolean): Promise<void> {
    const form = await confirm({ title, action, danger: true, body: [h('p', {}, 'Nobody is shown them or can send them again from then on, and there is no way back. Who did it stands in the audit log.'), ...more] });
    if (form === undefined) return;
    const answer = await client.post<Purged>('/v1/dead-letters/purge', wish);
    if (closed) return;
    if (answer.ok) {
      const text = purgedText(answer.value);
      word = { text };
      items = items?.filter((letter) => !gone(letter));
      announce(text);
    } else word = { refused: answer.problem };
    draw();
    // The button that was pressed may be gone with its letter.
    place.querySelector('h1')?.focus();
  }
  const purgeOne = (letter: DeadLetter): void => void purge(oneOf(letter), 'Purge this dead letter?', 'Purge', [h('p', {}, `${letter.topic}: ${letter.error}`)], ({ id }) => id === letter.id);
  async function purgeShown(): Promise<void> {
    const [from, wish] = [topic, allShown(topic, items ?? [])];
    if (wish === undefined) return;
    const counted = await client.post<Purged>('/v1/dead-letters/purge', { ...wish, dry_run: true });
    if (closed || from !== topic) return;
    if (counted.ok) return purge(wish, `Purge ${wouldGo(counted.value)}${from === '' ? '' : ` of ${from}`}?`, `Purge ${wouldGo(counted.value)}`, [h('p', {}, `${count(counted.value.kept)} would stay. What is set aside after the newest shown here stays too.`)], () => true).then(() => look());
    word = { refused: counted.problem };
    draw();
  }
  function bytes({ bytes_base64, length, text }: DeadLetter): Child {
    if (bytes_base64 === null) return h('p', { class: 'soft' }, 'It had no value.');
    const lines = hexLines(bytesIn(bytes_base64));
    return [text === null ? undefined : [h('h2', {}, 'As text'), h('pre', { tabindex: 0 }, text)], h('h2', {}, `Bytes (${count(length)})`), h('pre', { tabindex: 0, class: 'hex' }, lines.join('\n'), lines.length * 16 < length ? '\n…' : undefined)];
  }
  function letterOf(letter: DeadLetter): HTMLElement {
    const refusal = refusals.get(letter.id);
    return h('details', { class: 'letter', 'data-key': letter.id }, h('summary', {}, h('span', { class: 'num' }, moment(letter.at_ms, nowMs())), h('span', {}, letter.topic), h('strong', {}, letter.reason.replaceAll('_', ' ')), h('span', { class: 'text soft' }, letter.error), letter.resent ? h('span', { class: 'word good' }, 'sent again') : undefined),
      h('div', { class: 'details' }, h('p', {}, letter.error), h('dl', { class: 'facts' }, h('dt', {}, 'From'), h('dd', {}, `${letter.topic}, partition ${letter.partition}, offset ${letter.offset}`), h('dt', {}, 'Key'), h('dd', {}, letter.key === null ? 'none' : h('code', {}, letter.key)), h('dt', {}, 'Dead letter'), h('dd', {}, h('code', {}, letter.id))),
        bytes(letter), refusal === undefined ? undefined : problemNotice(refusal), h('div', { class: 'actions' }, button(letter.resent ? 'Send once more' : 'Send again', () => void resend(letter), letter.resent ? {} : { class: 'primary' }), button('Purge', () => purgeOne(letter)))));
  }
  function draw(): void {
    show(place, h('div', { class: 'title' }, h('h1', { tabindex: -1 }, 'Dead letters'), h('label', {}, 'From ', on(h('select', { id: 'topic' }, h('option', { value: '', selected: topic === '' }, 'all topics'), TOPICS.map((one) => h('option', { value: one, selected: topic === one }, one))), {
      change(event) {
        topic = event.target instanceof HTMLSelectElement ? event.target.value : '';
        [items, next, word] = [undefined, null, undefined];
        draw();
        void look();
      },
    })), button('Look again', () => void look()), (items ?? []).length === 0 ? undefined : button(topic === '' ? 'Purge all' : `Purge all of ${topic}`, () => void purgeShown())),
    ...(word === undefined ? [] : ['text' in word ? h('p', { class: 'notice good', role: 'status' }, word.text) : problemNotice(word.refused)]),
    ...(problem === undefined ? [] : [problemNotice(problem, () => void look())]),
    ...(items === undefined ? (problem === undefined ? [loading('dead letters')] : []) : items.length === 0 ? [empty('No dead letters', 'Every record that came could be used.')] : [h('div', { class: 'letters', 'data-key': 'letters' }, items.map(letterOf))]),
    ...(next === null ? [] : [button('Older ones', () => void look(next ?? undefined))]));
  }
  void look();
  return {
    draw,
    close() {
      closed = true;
    },
  };
};
