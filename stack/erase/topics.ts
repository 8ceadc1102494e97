// The Kafka side of an erasure: who said the text, the record of the act, the word to the join, and whether the examples are gone.
import { readToEnd } from '../../consumers/readToEnd.ts';
import { createKafka } from '../../producers/kafka.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import { createPublisher } from '../../producers/publisher.ts';
import { ERASURE_SOURCE } from '../../schemas/erasure.ts';
import type { AdminActed } from '../../schemas/events.ts';
import { kindOf } from '../../schemas/failure.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Spoken } from './plan.ts';

/** Texts of predictions that stand in `predictions` or `examples`. */
export async function readSpoken(settings: Settings, registry: Registry): Promise<Spoken[]> {
  const spoken = new Map<string, Spoken>();
  await readToEnd({
    settings, clientId: 'erase', topics: ['predictions', 'examples'],
    async onRecord({ topic, value }) {
      if (value === null || (topic !== 'predictions' && topic !== 'examples')) return;
      try {
        const { prediction_id: id, product_description: text } = await registry.decode(topic, value);
        spoken.set(`${id} ${text}`, { id, text });
      } catch (error) {
        if (kindOf(error) !== 'poison') throw error;
      }
    },
  });
  return [...spoken.values()];
}
/** Which of the ids still have an example. */
export async function examplesLeft(settings: Settings, ids: ReadonlySet<string>): Promise<string[]> {
  const left = new Set<string>();
  await readToEnd({
    settings, clientId: 'erase', topics: ['examples'],
    onRecord({ key, value }) {
      const id = key?.toString() ?? '';
      if (value === null) left.delete(id);
      else if (ids.has(id)) left.add(id);
    },
  });
  return [...left];
}

/** One record of the audit log names so many; look-ups read them from there. */
const IDS_AT_ONCE = 500;
/** First the record of the act, which look-ups heed, then the word to the join. Doing it twice is doing it once. */
export async function tellErasure({ settings, registry }: { readonly settings: Settings; readonly registry: Registry }, ids: readonly string[], { erasureId, actor, reason, nowMs }: { readonly erasureId: string; readonly actor: string; readonly reason: string; readonly nowMs: number }): Promise<void> {
  const publisher = await createPublisher({ kafka: createKafka(settings, 'erase'), registry, settings });
  try {
    for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
      const some = ids.slice(from, from + IDS_AT_ONCE);
      const auditId = `${erasureId}-${from / IDS_AT_ONCE}`;
      const entry: AdminActed = { audit_id: auditId, action: 'erase', actor, target: `${ids.length} predictions`, reason, outcome: 'ordered', error: '', request_id: erasureId, model_name: settings.modelName, details_json: JSON.stringify({ prediction_ids: some }), acted_at: nowMs };
      await publisher.send([{ topic: 'audit-log', key: auditId, value: entry }]);
    }
    await publisher.send(ids.map((id): Outgoing => ({ topic: 'feedback', key: id, value: { prediction_id: id, feedback_id: `erasure-${erasureId}`, model_name: settings.modelName, category: null, source: ERASURE_SOURCE, given_at: nowMs } })));
  } finally {
    await publisher.close();
  }
}
