// What stands on the topics, read from their starts to where they end now: the side of the evidence in every comparison.
import { readToEnd } from '../../consumers/readToEnd.ts';
import { openRegistry } from '../../producers/connections.ts';
import type { Example, Labelled, ModelPromoted, RetrainRequested, Tally } from '../../schemas/events.ts';
import { LoopError } from '../../schemas/failure.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { oversize } from '../../schemas/recordSize.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { LoggedFeedback, LoggedPrediction } from './oracle.ts';

export type LoggedLabel = { readonly event: Labelled; readonly offset: bigint; readonly partition: number };
/** ends: all end positions as text; the same text means that nothing was written between. */
export type Logs = { readonly predictions: LoggedPrediction[]; readonly feedback: LoggedFeedback[]; readonly labelled: LoggedLabel[]; readonly examples: Map<string, Example>; readonly tallies: Map<string, Tally>; readonly requests: RetrainRequested[]; readonly models: ModelPromoted[]; readonly ends: string };

/** Poison is left out: it is in the dead letters. Misplaced records too: they count where the join has put them again. */
export async function readLogs(settings: Settings, topics: readonly TopicName[] = ['predictions', 'feedback', 'labelled', 'examples', 'tallies', 'retrain-requests', 'models']): Promise<Logs> {
  const registry = openRegistry(settings);
  const logs: Logs = { predictions: [], feedback: [], labelled: [], examples: new Map(), tallies: new Map(), requests: [], models: [], ends: '' };
  const ends = await readToEnd({
    settings, clientId: 'verify', topics,
    async onRecord({ topic, partition, offset, timestampMs, key, value }) {
      const id = key?.toString() ?? '';
      if (topic === 'examples' && value === null) return void logs.examples.delete(id);
      if (topic === 'tallies' && value === null) return void logs.tallies.delete(id);
      if (value === null) return;
      const at = { partition, offset: Number(offset), timeMs: timestampMs };
      if ((topic === 'predictions' || topic === 'feedback') && oversize(key?.length ?? 0, value.length) !== undefined) return;
      try {
        switch (topic) {
          case 'predictions': {
            const event = await registry.decode(topic, value);
            if (event.prediction_id === id && partitionOf(id, settings.partitions) === partition) logs.predictions.push({ ...at, id, model: event.model_name, version: event.model_version, category: event.category, categories: event.probabilities.map((one) => one.category), text: event.product_description });
            return;
          }
          case 'feedback': {
            const event = await registry.decode(topic, value);
            if (event.prediction_id === id && partitionOf(id, settings.partitions) === partition) logs.feedback.push({ ...at, id, feedbackId: event.feedback_id === '' ? `${partition}@${offset}` : event.feedback_id, category: event.category, source: event.source });
            return;
          }
          case 'labelled': return void logs.labelled.push({ event: await registry.decode(topic, value), offset, partition });
          case 'examples': return void logs.examples.set(id, await registry.decode(topic, value));
          case 'tallies': return void logs.tallies.set(id, await registry.decode(topic, value));
          case 'retrain-requests': return void logs.requests.push(await registry.decode(topic, value));
          case 'models': return void logs.models.push(await registry.decode(topic, value));
          default: return;
        }
      } catch (error) {
        // Poison is in the dead letters; it is no part of the tallies.
        if (!(error instanceof LoopError) || error.kind !== 'poison') throw error;
      }
    },
  });
  return { ...logs, ends: JSON.stringify([...ends].map(([name, end]) => [name, String(end)])) };
}

