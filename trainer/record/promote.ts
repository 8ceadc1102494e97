// Publishes a promotion: step 3 of the promotion, through the transactional id of the model, at most once per promotion_seq.
import { readToEnd } from '../../consumers/readToEnd.ts';
import { createKafka, type Log } from '../../producers/kafka.ts';
import { createTransactor } from '../../producers/transaction.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';

/** stillMine is asked after older publishers have been fenced. Returns what happened; 'published' is also said when it stood there already. */
export async function publishPromotion(event: ModelPromoted, { settings, registry, log, stillMine }: { settings: Settings; registry: Registry; log: Log; stillMine: () => Promise<boolean> }): Promise<'published' | 'lease lost'> {
  const transactor = await createTransactor({ kafka: createKafka(settings, 'trainer-models', log), registry, settings, transactionalId: `models-${event.model_name}` });
  try {
    let stands = false;
    await readToEnd({
      settings, clientId: 'trainer-models', topics: ['models'],
      onRecord: async (record) => {
        if (record.value === null) return;
        const standing = await registry.decode('models', record.value);
        if (standing.model_name === event.model_name && standing.promotion_seq >= event.promotion_seq) stands = true;
      },
    });
    if (stands) return 'published';
    if (!(await stillMine())) return 'lease lost';
    await transactor.run({ messages: [{ topic: 'models', key: event.model_name, value: event }] });
    return 'published';
  } finally {
    await transactor.close().catch(() => undefined);
  }
}
