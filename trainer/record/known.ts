// What the topic `models` says, read once and remembered: the ledger is measured by it.
import { readToEnd } from '../../consumers/readToEnd.ts';
import { kindOf } from '../../schemas/failure.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import { highestOf } from './seq.ts';

/** Every promotion the topic still holds, in its order. What cannot be read is left out, as inference leaves it out. */
export async function readPromotions(settings: Settings, registry: Registry): Promise<ModelPromoted[]> {
  const events: ModelPromoted[] = [];
  await readToEnd({
    settings, clientId: 'trainer-models', topics: ['models'],
    async onRecord(record) {
      if (record.value === null) return;
      try {
        events.push(await registry.decode('models', record.value));
      } catch (error) {
        if (kindOf(error) !== 'poison') throw error;
      }
    },
  });
  return events;
}

/** The highest promotion_seq of a model that this process knows to stand in Kafka; 0: none. */
export type KnownPromotions = { highest(modelName: string): number; hear(event: Pick<ModelPromoted, 'model_name' | 'promotion_seq'>): void };
export function knownPromotions(events: readonly ModelPromoted[] = []): KnownPromotions {
  const seqs = new Map([...highestOf(events)].map(([model, event]) => [model, event.promotion_seq]));
  return {
    highest: (modelName) => seqs.get(modelName) ?? 0,
    hear: ({ model_name, promotion_seq }) => void seqs.set(model_name, Math.max(promotion_seq, seqs.get(model_name) ?? 0)),
  };
}
