// Says what the feed gives, through the real doors: each call again with the same ids until it is acknowledged, as a client does that must not lose anything.
import { setTimeout as pause } from 'node:timers/promises';
import type { Outgoing, Publisher } from '../../producers/publisher.ts';
import { messageOf } from '../../schemas/failure.ts';
import type { Feed, SaidLabel, SaidProduct } from './feed.ts';

export type Counts = { readonly products: number; readonly feedback: number; readonly retries: number; readonly refused: number; /** said, not acknowledged */ readonly waiting: number; readonly lastFailure: string };
export type Driving = {
  readonly counts: () => Counts;
  /** No more products; resolves when all is said and acknowledged, or `giveUpMs` later. */
  finish(giveUpMs: number): Promise<void>;
  stop(): void;
};
type Options = { readonly feed: Feed; readonly publisher: Publisher; readonly modelName: string; readonly inferenceUrl: string; readonly tokens: Readonly<Record<'predict' | 'feedback', string>>; readonly nowMs: () => number };
const TICK_MS = 50;
const PER_SEND = 2000;
const PER_REQUEST = 10;
/** Requests under way; one after the other in each lane. */
const HTTP_LANES = 24;
const HTTP_TIMEOUT_MS = 15_000;
const AGAIN_MS = 250;
/** The first of the list, up to a word that is said again: inference takes each feedback_id once per request. */
export function takeLabels(list: SaidLabel[], most: number): SaidLabel[] {
  const seen = new Set<string>();
  const end = list.findIndex(({ feedbackId }, i) => i === most || seen.size === seen.add(feedbackId).size);
  return list.splice(0, end === -1 ? most : end);
}
/** While so much waits, nothing new is said: an outage must not fill our own memory. */
const MAX_WAITING = 200_000;

export function drive({ feed, publisher, modelName, inferenceUrl, tokens, nowMs }: Options): Driving {
  const queues = { topic: [] as (SaidProduct | SaidLabel)[], products: [] as SaidProduct[], labels: [] as SaidLabel[] };
  const counts = { products: 0, feedback: 0, retries: 0, refused: 0, lastFailure: '' };
  let underWay = 0;
  let stopped = false;
  /** The feed's own time: it stands still while too much waits. */
  let fedMs = 0;
  let before = performance.now();
  const waiting = (): number => queues.topic.length + queues.products.length + queues.labels.length + underWay;

  function acknowledged(items: readonly (SaidProduct | SaidLabel)[]): void {
    for (const { kind } of items) counts[kind === 'product' ? 'products' : 'feedback'] += 1;
    underWay -= items.length;
  }
  /** Tries until it is done or the run is over. */
  async function persistently(work: () => Promise<void>): Promise<void> {
    while (!stopped) {
      try {
        return await work();
      } catch (error) {
        counts.retries += 1;
        counts.lastFailure = messageOf(error);
        await pause(AGAIN_MS);
      }
    }
  }
  const recordOf = (item: SaidProduct | SaidLabel): Outgoing => (item.kind === 'product'
    ? { topic: 'products', key: item.id, value: { product_id: item.id, prediction_id: null, model_name: modelName, product_description: item.text, sent_at: nowMs() } }
    : { topic: 'feedback', key: item.id, value: { prediction_id: item.id, feedback_id: item.feedbackId, model_name: modelName, category: item.category, source: 'people', given_at: nowMs() } });
  async function post(scope: 'predict' | 'feedback', items: readonly object[]): Promise<void> {
    const answer = await fetch(`${inferenceUrl}/v1/${scope}`, { method: 'POST', headers: { authorization: `Bearer ${tokens[scope]}`, 'content-type': 'application/json' }, body: JSON.stringify({ items }), signal: AbortSignal.timeout(HTTP_TIMEOUT_MS) });
    const body: unknown = await answer.json();
    if (!answer.ok) throw new Error(`/v1/${scope} answered ${answer.status} ${JSON.stringify(body).slice(0, 200)}`);
    const refused: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'refused') : undefined;
    if (typeof refused === 'number' && refused > 0) {
      counts.refused += refused;
      counts.lastFailure = JSON.stringify(body).slice(0, 300);
    }
  }
  /** Takes and says what waits in one lane, until all ends. */
  async function lane(take: () => readonly (SaidProduct | SaidLabel)[], say: (items: readonly (SaidProduct | SaidLabel)[]) => Promise<void>): Promise<void> {
    while (!stopped) {
      const items = take();
      if (items.length === 0) {
        await pause(TICK_MS / 2);
        continue;
      }
      underWay += items.length;
      await persistently(() => say(items));
      if (!stopped) acknowledged(items);
    }
  }
  void lane(() => queues.topic.splice(0, PER_SEND), (items) => publisher.send(items.map(recordOf)));
  for (let i = 0; i < HTTP_LANES; i += 1) {
    // Whichever is behind: a lane must not starve one kind.
    void lane(() => (queues.products.length >= queues.labels.length ? queues.products.splice(0, PER_REQUEST) : takeLabels(queues.labels, PER_REQUEST)), async (items) => {
      const [first] = items;
      if (first?.kind === 'product') await post('predict', items.map((item) => (item.kind === 'product' ? { prediction_id: item.id, product_description: item.text } : {})));
      else await post('feedback', items.map((item) => (item.kind === 'label' ? { prediction_id: item.id, feedback_id: item.feedbackId, category: item.category, source: 'people' } : {})));
    });
  }
  const ticking = setInterval(() => {
    const now = performance.now();
    if (waiting() < MAX_WAITING) fedMs += now - before;
    before = now;
    const { products, labels } = feed.due(fedMs);
    for (const item of products) (item.http ? queues.products : queues.topic).push(item);
    for (const item of labels) (item.http ? queues.labels : queues.topic).push(item);
  }, TICK_MS);
  const stop = (): void => {
    stopped = true;
    clearInterval(ticking);
  };
  return {
    counts: () => ({ ...counts, waiting: waiting() }),
    stop,
    async finish(giveUpMs) {
      feed.end();
      for (const end = performance.now() + giveUpMs; (feed.left() > 0 || waiting() > 0) && performance.now() < end && !stopped;) await pause(TICK_MS);
    },
  };
}
