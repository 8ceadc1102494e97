// The label queue: what a person sees next, what is said about it, how it is taken back. Items are leased ahead, so that the next one is there at once; words travel while the person goes on.
// Pure: ids and times come in with the events, what is to be done goes out as wishes.
import type { LeasedItem, Problem } from './wire.ts';

export const ORDERS = ['least_certain', 'audit', 'newest'] as const;
export type Order = (typeof ORDERS)[number];
/** category null: taken back. */
export type Word = { readonly item: LeasedItem; readonly category: string | null; readonly feedbackId: string; readonly status: 'travels' | 'stored' | 'failed' };
export type Queue = {
  readonly order: Order;
  /** The first one is shown. */
  readonly items: readonly LeasedItem[];
  readonly chosen: string | undefined;
  /** What was said here, the newest first. */
  readonly said: readonly Word[];
  /** Not asked about again here: skipped, or taken back and then skipped. */
  readonly skipped: readonly string[];
  readonly asking: boolean;
  /** Unlabelled predictions the service holds; undefined: not told yet. */
  readonly waiting: number | undefined;
  /** The last lease brought nothing: the next attempt waits for a moment. */
  readonly dry: boolean;
  readonly problem: Problem | undefined;
  readonly counts: { readonly labelled: number; readonly corrected: number; readonly withdrawn: number };
};
export type Event =
  | { readonly kind: 'look' | 'skip' | 'left' }
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'leased'; readonly order: Order; readonly items: readonly LeasedItem[]; readonly waiting: number }
  | { readonly kind: 'lease failed'; readonly problem: Problem }
  | { readonly kind: 'choose'; readonly category: string }
  | { readonly kind: 'confirm'; readonly feedbackId: string }
  | { readonly kind: 'undo'; readonly feedbackId: string }
  | { readonly kind: 'stored'; readonly feedbackId: string }
  | { readonly kind: 'failed'; readonly feedbackId: string; readonly problem: Problem }
  | { readonly kind: 'again'; readonly feedbackId: string }
  | { readonly kind: 'tick'; readonly nowMs: number };
export type Wish =
  | { readonly kind: 'lease'; readonly order: Order; readonly limit: number; readonly except: readonly string[] }
  | { readonly kind: 'release'; readonly ids: readonly string[] }
  | { readonly kind: 'say'; readonly predictionId: string; readonly category: string | null; readonly feedbackId: string }
  | { readonly kind: 'announce'; readonly text: string };

export const AHEAD = 20;
const LOW = 10;
const KEPT = 200;
const MAX_EXCEPT = 200;
/** A lease that is about to end is not shown as the person's own any more. */
const MARGIN_MS = 5000;

export const emptyQueue = (order: Order): Queue => ({ order, items: [], chosen: undefined, said: [], skipped: [], asking: false, waiting: undefined, dry: false, problem: undefined, counts: { labelled: 0, corrected: 0, withdrawn: 0 } });
type Step = { readonly queue: Queue; readonly wishes: readonly Wish[] };
const step = (queue: Queue, ...wishes: readonly Wish[]): Step => ({ queue, wishes });

/** Not to be given again: at hand, skipped, or said a moment ago, of which the service may not have heard yet. The newest first. */
const mentioned = ({ items, said, skipped }: Queue): string[] => [...items.map((item) => item.prediction_id), ...skipped, ...said.map(({ item }) => item.prediction_id)];
/** Asks for more where few are left and nobody has asked yet. */
function filled({ queue, wishes }: Step): Step {
  if (queue.asking || queue.dry || queue.items.length > LOW) return { queue, wishes };
  return { queue: { ...queue, asking: true }, wishes: [...wishes, { kind: 'lease', order: queue.order, limit: AHEAD, except: mentioned(queue).slice(0, MAX_EXCEPT) }] };
}
/** The first item with the model's answer chosen; one that was taken back with what was said of it. */
const shown = (queue: Queue, items: readonly LeasedItem[], chosen?: string): Queue => ({ ...queue, items, chosen: chosen ?? items[0]?.category });

/** place: of the categories as they are listed. */
export const categoriesOf = (item: LeasedItem): string[] => item.probabilities.map(({ category }) => category);
export function moved({ items: [item], chosen }: Queue, by: number): string | undefined {
  if (item === undefined) return undefined;
  const names = categoriesOf(item);
  return names[(names.indexOf(chosen ?? item.category) + by + names.length) % names.length];
}

export function advance(queue: Queue, event: Event): Step {
  const [item] = queue.items;
  switch (event.kind) {
    case 'look':
      return filled(step({ ...queue, dry: false, problem: undefined }));
    case 'left':
      // Others may have them while nobody looks.
      return step(shown({ ...queue, asking: false, dry: false }, []), ...(queue.items.length === 0 ? [] : [{ kind: 'release', ids: queue.items.map((one) => one.prediction_id) } as const]));
    case 'order': {
      if (event.order === queue.order) return step(queue);
      const given = queue.items.map((one) => one.prediction_id);
      const fresh = { ...queue, order: event.order, items: [], chosen: undefined, skipped: [], dry: false, asking: false, problem: undefined };
      return filled(step(fresh, ...(given.length === 0 ? [] : [{ kind: 'release', ids: given } as const])));
    }
    case 'leased': {
      // An answer to the order before this one: what it leased lapses by itself.
      if (event.order !== queue.order) return step(queue);
      const known = new Set(mentioned(queue));
      const fresh = event.items.filter(({ prediction_id: id }) => !known.has(id) && known.add(id));
      const items = [...queue.items, ...fresh];
      const next = { ...queue, asking: false, waiting: event.waiting, dry: fresh.length === 0, problem: undefined };
      return step(item === undefined ? shown(next, items) : { ...next, items });
    }
    case 'lease failed':
      return step({ ...queue, asking: false, dry: true, problem: event.problem });
    case 'choose':
      return step(item === undefined || !categoriesOf(item).includes(event.category) ? queue : { ...queue, chosen: event.category });
    case 'confirm': {
      if (item === undefined || queue.chosen === undefined) return step(queue);
      const { chosen } = queue;
      const { labelled, corrected, withdrawn } = queue.counts;
      const counts = { labelled: labelled + 1, corrected: corrected + (chosen === item.category ? 0 : 1), withdrawn };
      const said: Word = { item, category: chosen, feedbackId: event.feedbackId, status: 'travels' };
      return filled(step(
        shown({ ...queue, said: [said, ...queue.said].slice(0, KEPT), counts, waiting: queue.waiting === undefined ? undefined : Math.max(0, queue.waiting - 1) }, queue.items.slice(1)),
        { kind: 'say', predictionId: item.prediction_id, category: chosen, feedbackId: event.feedbackId }, { kind: 'announce', text: `${chosen === item.category ? 'Confirmed' : 'Corrected'}: ${chosen}` },
      ));
    }
    case 'skip': {
      if (item === undefined) return step(queue);
      return filled(step(shown({ ...queue, skipped: [item.prediction_id, ...queue.skipped] }, queue.items.slice(1)), { kind: 'release', ids: [item.prediction_id] }, { kind: 'announce', text: 'Skipped' }));
    }
    case 'undo': {
      const last = queue.said.find(({ category }) => category !== null);
      if (last === undefined) return step(queue, { kind: 'announce', text: 'There is nothing to undo' });
      const { labelled, corrected, withdrawn } = queue.counts;
      const counts = { labelled: labelled - 1, corrected: corrected - (last.category === last.item.category ? 0 : 1), withdrawn: withdrawn + 1 };
      const others = queue.said.filter((word) => word !== last);
      // One that never arrived needs no word to take it back.
      const arrived = last.status !== 'failed';
      const said: readonly Word[] = arrived ? [{ item: last.item, category: null, feedbackId: event.feedbackId, status: 'travels' }, ...others] : others;
      return step(
        shown({ ...queue, said, counts }, [{ ...last.item, leased_until: Infinity }, ...queue.items], last.category ?? undefined),
        ...(arrived ? [{ kind: 'say', predictionId: last.item.prediction_id, category: null, feedbackId: event.feedbackId } as const] : []), { kind: 'announce', text: `Taken back: ${last.item.product_description}` },
      );
    }
    case 'stored':
      return step({ ...queue, problem: undefined, said: queue.said.map((word) => (word.feedbackId === event.feedbackId ? { ...word, status: 'stored' } : word)) });
    case 'failed':
      return step({ ...queue, problem: event.problem, said: queue.said.map((word) => (word.feedbackId === event.feedbackId ? { ...word, status: 'failed' } : word)) });
    case 'again': {
      const word = queue.said.find(({ feedbackId, status }) => feedbackId === event.feedbackId && status === 'failed');
      if (word === undefined) return step(queue);
      const said = queue.said.map((one) => (one === word ? { ...one, status: 'travels' as const } : one));
      return step({ ...queue, said, problem: undefined }, { kind: 'say', predictionId: word.item.prediction_id, category: word.category, feedbackId: word.feedbackId });
    }
    case 'tick': {
      const held = queue.items.filter((one) => one.leased_until > event.nowMs + MARGIN_MS);
      if (held.length === queue.items.length) return step(queue);
      return filled(step(held[0] === item ? { ...queue, items: held } : shown({ ...queue, dry: false }, held), ...(held[0] === item ? [] : [{ kind: 'announce', text: 'The lease of this item ran out; here is another' } as const])));
    }
  }
}
