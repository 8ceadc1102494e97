// The topics. A topic's name is written here and nowhere else.
import type { AdminActed, DeadLetter, Example, Feedback, Labelled, ModelPromoted, Prediction, Product, RetrainRequested, Tally } from './events.ts';

export type EventOf = {
  products: Product;
  predictions: Prediction;
  feedback: Feedback;
  labelled: Labelled;
  examples: Example;
  tallies: Tally;
  'retrain-requests': RetrainRequested;
  models: ModelPromoted;
  'dead-letters': DeadLetter;
  'audit-log': AdminActed;
};
export type TopicName = keyof EventOf;

const DAY_MS = 86_400_000;
type Width = 'inputs' | 'labelled' | 1;
type Shape = { readonly width: Width; readonly retentionDays?: number | 'twice the horizon'; readonly compacted?: true };

const SHAPES: Readonly<Record<TopicName, Shape>> = {
  products: { width: 'inputs', retentionDays: 7 },
  predictions: { width: 'inputs', retentionDays: 'twice the horizon' },
  feedback: { width: 'inputs', retentionDays: 'twice the horizon' },
  labelled: { width: 'labelled' },
  examples: { width: 'inputs', compacted: true },
  tallies: { width: 'labelled', compacted: true },
  'retrain-requests': { width: 1, retentionDays: 30 },
  models: { width: 1, compacted: true },
  'dead-letters': { width: 1, retentionDays: 30 },
  'audit-log': { width: 1, retentionDays: 730 },
};
/** In the fixed order in which `up` creates topics and registers schemas. */
export const TOPIC_NAMES: readonly TopicName[] = ['products', 'predictions', 'feedback', 'labelled', 'examples', 'tallies', 'retrain-requests', 'models', 'dead-letters', 'audit-log'];

export const isTopic = (name: string): name is TopicName => TOPIC_NAMES.some((topic) => topic === name);
export const subjectOf = (topic: TopicName): string => `${topic}-value`;
export type TopicSpec = { readonly name: TopicName; readonly partitions: number; readonly replicas: number; readonly config: Readonly<Record<string, string>> };

/** With three copies, two must have a record before it counts as written; with fewer, one that is away must not stop the writing. */
const COPIES_FOR_TWO = 3;
/** However a client packs its records, the broker unpacks them: kafkajs reads neither Snappy nor LZ4 nor Zstandard, and a batch it cannot read would stop its partition for everybody. It also bounds what a small batch can grow to. */
const STORED = 'uncompressed';
/** Name, partition count, copies and broker configuration of every topic. horizonMs: how long a prediction waits for its label. */
export function topicSpecs(settings: { readonly partitions: number; readonly labelledPartitions: number; readonly replicationFactor: number; readonly horizonMs: number }): TopicSpec[] {
  return TOPIC_NAMES.map((name) => {
    const shape = SHAPES[name];
    const partitions = shape.width === 'inputs' ? settings.partitions : shape.width === 'labelled' ? settings.labelledPartitions : 1;
    const days = shape.retentionDays;
    const retentionMs = days === undefined ? -1 : days === 'twice the horizon' ? Math.max(2 * settings.horizonMs, 2 * DAY_MS) : days * DAY_MS;
    const cleanup: Record<string, string> = shape.compacted ? { 'cleanup.policy': 'compact' } : { 'cleanup.policy': 'delete', 'retention.ms': String(retentionMs), 'retention.bytes': '-1' };
    const insync: Record<string, string> = settings.replicationFactor >= COPIES_FOR_TWO ? { 'min.insync.replicas': '2' } : {};
    return { name, partitions, replicas: settings.replicationFactor, config: { 'message.timestamp.type': 'LogAppendTime', 'compression.type': STORED, ...cleanup, ...insync } };
  });
}
