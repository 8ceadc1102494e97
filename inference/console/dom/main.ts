// The console: signs in, listens, opens the page the address names, hands it the keys.
import { commandOf, type Command, type Focus } from '../rules/keys.ts';
import { endsSession } from '../rules/problem.ts';
import { headOf } from '../rules/statusLine.ts';
import { neighbour, tabOf, tabsFor, type Tab } from '../rules/tabs.ts';
import type { History, Problem, Who } from '../rules/wire.ts';
import { emptyFeed, emptyMemory, take, type App, type OpenPage, type Page } from './app.ts';
import { createClient } from './client.ts';
import { openDeadLetters } from './deadLettersPage.ts';
import { button, h } from './element.ts';
import { showHelp, singleKeys } from './helpDialog.ts';
import { openLabel } from './labelPage.ts';
import { openLive } from './livePage.ts';
import { openModels } from './modelsPage.ts';
import { show } from './morph.ts';
import { announce } from './notices.ts';
import { forgetToken, keptToken, signIn } from './signIn.ts';
import { listen } from './stream.ts';
import { keepTheme } from './theme.ts';
import { openTry } from './tryPage.ts';

const PAGES: Readonly<Record<Tab, OpenPage>> = { try: openTry, label: openLabel, live: openLive, models: openModels, 'dead-letters': openDeadLetters };
const HISTORY_EVERY_MS = 2000;
const HISTORY_POINTS = 120;
const part = (selector: string): HTMLElement => document.querySelector<HTMLElement>(selector) ?? document.body;
const [main, nav, head, session] = [part('main'), part('nav'), part('#head'), part('#session')];

function focusOf(target: EventTarget | null): Focus {
  if (target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && !['radio', 'checkbox', 'submit', 'button'].includes(target.type))) return 'text';
  return target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement || target instanceof HTMLSelectElement || (target instanceof HTMLElement && target.nodeName === 'SUMMARY') ? 'control' : 'elsewhere';
}

function run(token: string, who: Who): () => void {
  const feed = emptyFeed();
  let page: Page | undefined;
  let tab: Tab | undefined;
  const client = createClient(token, (problem) => leave(problem));
  const app: App = { who, client, feed, memory: emptyMemory(), newId: () => crypto.randomUUID(), nowMs: Date.now };

  let [historyAsked, historyDue] = [false, false];
  /** At most one question in HISTORY_EVERY_MS, however often the service says that it has moved. */
  function refreshHistory(): void {
    historyDue = true;
    if (historyAsked) return;
    [historyAsked, historyDue] = [true, false];
    void client.get<History>(`/v1/live/history?points=${HISTORY_POINTS}`).then((answer) => {
      if (answer.ok) feed.history = answer.value;
      redraw();
      setTimeout(() => {
        historyAsked = false;
        if (historyDue && !closed) refreshHistory();
      }, HISTORY_EVERY_MS);
    });
  }
  let drawing = false;
  function redraw(): void {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      if (closed) return;
      drawHead();
      page?.draw();
    });
  }
  function drawHead(): void {
    const { line } = feed;
    const figures = headOf(feed.live);
    const words = line.status === 'live' ? 'live' : line.status === 'connecting' ? 'connecting' : 'no connection, trying again';
    show(head, figures === undefined ? h('span', { class: 'soft' }, 'asking …') : h('span', { class: 'figures' }, h('strong', {}, figures.serving), figures.f1 === '' ? undefined : h('span', { class: 'num' }, `F1 ${figures.f1}`), figures.support === '' ? undefined : h('span', { class: 'soft' }, figures.support), h('span', { class: `pill ${figures.status}` }, figures.status)),
      h('span', { class: `line ${line.status}`, role: 'status' }, words));
  }
  function drawNav(): void {
    show(nav, h('ul', {}, tabsFor(who.scopes).map(({ name, title }) => h('li', {}, h('a', { href: `#${name}`, 'aria-current': name === tab ? 'page' : undefined }, title)))));
  }
  function open(): void {
    const next = tabOf(location.hash, who.scopes);
    if (next === tab) return;
    page?.close?.();
    const first = tab === undefined;
    tab = next;
    drawNav();
    main.replaceChildren();
    page = PAGES[next](main, app);
    page.draw();
    document.title = `${tabsFor(who.scopes).find(({ name }) => name === next)?.title ?? ''} · Console`;
    if (!first) main.querySelector<HTMLElement>('h1')?.focus();
  }
  function general(command: Command): boolean {
    switch (command.kind) {
      case 'help': showHelp(); return true;
      case 'tab': if (tab !== undefined) location.hash = neighbour(tab, command.by, who.scopes); return true;
      case 'leave': if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); return false;
      default: return false;
    }
  }
  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
    const command = commandOf(event, focusOf(event.target), singleKeys());
    if (command !== undefined && ((page?.command?.(command) ?? false) || general(command))) event.preventDefault();
  }

  let closed = false;
  const hush = listen(client, '/v1/live/events', ({ event, data }) => {
    if (event === 'history') return refreshHistory();
    const before = feed.live?.serving?.model_version;
    take(feed, event, JSON.parse(data), Date.now());
    const now = feed.live?.serving?.model_version;
    if (before !== undefined && now !== undefined && before !== now) announce(`${now} serves now`);
    redraw();
  }, (line) => {
    feed.line = line;
    redraw();
  });
  function close(): void {
    closed = true;
    hush();
    page?.close?.();
    window.removeEventListener('hashchange', open);
    document.removeEventListener('keydown', onKey);
    show(nav);
    show(head);
    show(session);
    main.replaceChildren();
  }
  /** Back to the door. */
  function leave(why: Problem | undefined): void {
    if (closed) return;
    close();
    forgetToken();
    door(why);
  }
  window.addEventListener('hashchange', open);
  document.addEventListener('keydown', onKey);
  show(session, h('span', { class: 'soft' }, who.name), button('Keys', showHelp, { 'aria-keyshortcuts': '?' }), button('Sign out', () => leave(undefined)));
  refreshHistory();
  open();
  drawHead();
  return close;
}

function door(why?: Problem): void {
  document.title = 'Sign in · Console';
  signIn(main, why, (token, who) => void run(token, who));
}
keepTheme(part('#theme'));
const kept = keptToken();
if (kept === undefined) door();
else void createClient(kept, () => undefined).get<Who>('/v1/whoami').then((answer) => {
  if (answer.ok) return void run(kept, answer.value);
  // A service that is away has not refused it.
  if (endsSession(answer.problem)) forgetToken();
  door(answer.problem);
});
part('.skip').addEventListener('click', (event) => {
  // The address names the page; it is not to be changed.
  event.preventDefault();
  main.focus();
});
