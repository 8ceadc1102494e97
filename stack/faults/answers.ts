// Products beside the feed, for runs in which inferences are hurt too: each has to be answered exactly once.
import { readToEnd } from '../../consumers/readToEnd.ts';
import { baseCorpus } from '../../producers/catalogue.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import { until, type Bench } from '../testing.ts';

export type Answers = { readonly products: number; readonly missing: number; readonly doubled: number };
export type Products = { next(): Outgoing; readonly count: () => number; readonly prefix: string };
const QUIET_DEADLINE_MS = 180_000;
const TEXTS = baseCorpus(1).map(({ product_description }) => product_description);

/** prefix: begins every id, followed by -N. */
export function productsOf(prefix: string): Products {
  let count = 0;
  return {
    prefix,
    count: () => count,
    next() {
      const id = `${prefix}-${count}`;
      count += 1;
      return { topic: 'products', key: id, value: { product_id: id, prediction_id: null, model_name: '', product_description: TEXTS[count % TEXTS.length] ?? '', sent_at: 0 } };
    },
  };
}
/** Waits until as many different ones are answered as were asked for, or no more come; then counts. */
export async function judgeAnswers({ settings, registry }: Bench, { prefix, count }: Products): Promise<Answers> {
  async function look(): Promise<{ readonly answered: number; readonly doubled: number }> {
    const seen = new Map<string, number>();
    await readToEnd({
      settings, clientId: 'judge-answers', topics: ['predictions'],
      async onRecord({ key, value }) {
        if (value === null || key?.toString().startsWith(prefix) !== true) return;
        const { prediction_id } = await registry.decode('predictions', value);
        seen.set(prediction_id, (seen.get(prediction_id) ?? 0) + 1);
      },
    });
    return { answered: seen.size, doubled: [...seen.values()].filter((times) => times > 1).length };
  }
  const told = await until('every product is answered', async () => {
    const now = await look();
    return now.answered >= count() ? now : undefined;
  }, QUIET_DEADLINE_MS).catch(look);
  return { products: count(), missing: count() - told.answered, doubled: told.doubled };
}
