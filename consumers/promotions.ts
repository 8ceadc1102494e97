// Follows what is promoted. Every reader reads every promotion at every start: one that cannot be read is set aside in the log, not in a topic, and never fatal.
import { kindOf, messageOf } from '../schemas/failure.ts';
import type { ModelPromoted } from '../schemas/events.ts';
import type { Registry } from '../schemas/registry.ts';
import { follow, type Following } from './follow.ts';

type Options = Omit<Parameters<typeof follow>[0], 'topics' | 'onBatch'> & {
  readonly registry: Registry;
  onPromotion(event: ModelPromoted): void;
  onUnreadable?(): void;
};
export const followPromotions = ({ registry, onPromotion, onUnreadable, ...rest }: Options): Promise<Following> => follow({
  ...rest, topics: ['models'],
  async onBatch(records) {
    for (const { value, offset } of records) {
      if (value === null) continue;
      try {
        onPromotion(await registry.decode('models', value));
      } catch (error) {
        if (kindOf(error) !== 'poison') throw error;
        onUnreadable?.();
        rest.log.error({ topic: 'models', offset: String(offset), reason: messageOf(error) }, 'a promotion that cannot be read is ignored');
      }
    }
  },
});
