// What a soak says, and when: products at a steady rate and what people say of them a while later, as a pure stream from a seed. Nothing is remembered of what is said.
import type { Row } from '../../producers/catalogue.ts';
import { sayingsAbout, type Habits } from '../../producers/people.ts';
import { createRandom } from '../../schemas/random.ts';

/** http: by which door it goes. */
export type SaidProduct = { readonly kind: 'product'; readonly id: string; readonly text: string; readonly http: boolean };
export type SaidLabel = { readonly kind: 'label'; readonly id: string; readonly feedbackId: string; readonly category: string | null; readonly http: boolean };
export type FeedOptions = {
  readonly seed: number;
  /** Begins every id. */
  readonly tag: string;
  readonly rows: readonly Row[]; readonly categories: readonly string[];
  readonly products: number; readonly feedback: number;
  /** The longest wait of a person before the first word. */
  readonly delayMs: number;
};
export type Feed = {
  /** What is to be said by `elapsedMs` and has not been given out yet; products first. Times never go back. */
  due(elapsedMs: number): { readonly products: readonly SaidProduct[]; readonly labels: readonly SaidLabel[] };
  /** Products no more; what people still want to say goes on. */
  end(): void;
  /** Words that are not due yet. */
  readonly left: () => number;
};
/** Some correct or repeat themselves. */
const WORDS_PER_PERSON = 1.05;
const SLOT_MS = 100;
const MIN_DELAY_MS = 200;

export function createFeed({ seed, tag, rows, categories, products: perSecond, feedback, delayMs }: FeedOptions): Feed {
  const random = createRandom(seed);
  const habits: Habits = { verifiedShare: Math.min(1, feedback / (perSecond * WORDS_PER_PERSON)), minDelayMs: MIN_DELAY_MS, maxDelayMs: delayMs, auditRate: 0 };
  const slots = new Map<number, SaidLabel[]>();
  let given = 0;
  let slot = 0;
  let waiting = 0;
  let ended = false;

  function one(i: number): SaidProduct {
    const row = rows[i % rows.length];
    if (row === undefined) throw new RangeError('a feed needs rows');
    const id = `${tag}-${i}`;
    const saidMs = (i * 1000) / perSecond;
    for (const saying of sayingsAbout(id, row.category, categories, habits, random)) {
      const at = Math.max(slot, Math.floor((saidMs + saying.delayMs) / SLOT_MS));
      const list = slots.get(at) ?? [];
      list.push({ kind: 'label', id, feedbackId: saying.feedbackId, category: saying.category, http: random.next() < 0.5 });
      slots.set(at, list);
      waiting += 1;
    }
    return { kind: 'product', id, text: row.product_description, http: random.next() < 0.5 };
  }
  return {
    due(elapsedMs) {
      const products: SaidProduct[] = [];
      if (!ended) for (const until = Math.floor((elapsedMs * perSecond) / 1000); given < until; given += 1) products.push(one(given));
      const labels: SaidLabel[] = [];
      for (const until = Math.floor(elapsedMs / SLOT_MS); slot < until; slot += 1) {
        for (const label of slots.get(slot) ?? []) labels.push(label);
        slots.delete(slot);
      }
      waiting -= labels.length;
      return { products, labels };
    },
    end: () => void (ended = true),
    left: () => waiting,
  };
}
