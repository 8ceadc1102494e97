// Publishes a promotion: step 3 of the promotion, through the transactional id of the model, at most once per promotion_seq.
import { createKafka, type Log } from '../../producers/kafka.ts';
import { createTransactor } from '../../producers/transaction.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import { readPromotions } from './known.ts';
import { highestOf, turnOf, type Announced } from './seq.ts';

export type Published = { readonly status: 'published' | 'lease lost' } | { readonly status: 'outrun'; readonly standing: Announced };
/** stillMine is asked after older publishers have been fenced. Returns what happened; 'published' is also said when this very event stood there already. */
export async function publishPromotion(event: ModelPromoted, { settings, registry, log, stillMine }: { settings: Settings; registry: Registry; log: Log; stillMine: () => Promise<boolean> }): Promise<Published> {
  const transactor = await createTransactor({ kafka: createKafka(settings, 'trainer-models', log), registry, settings, transactionalId: `models-${event.model_name}` });
  try {
    const standing = highestOf(await readPromotions(settings, registry)).get(event.model_name);
    const turn = turnOf(event, standing);
    if (turn === 'stands') return { status: 'published' };
    if (turn === 'outrun' && standing !== undefined) return { status: 'outrun', standing };
    if (!(await stillMine())) return { status: 'lease lost' };
    await transactor.run({ messages: [{ topic: 'models', key: event.model_name, value: event }] });
    return { status: 'published' };
  } finally {
    await transactor.close().catch(() => undefined);
  }
}
