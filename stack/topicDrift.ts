// Topics as they stand against topics as the settings ask for them: what differs, and whether it may be changed without losing anything. Pure.
import type { TopicSpec } from '../schemas/topics.ts';

/** replicas: of the partition that has the fewest. config: every setting of the topic, with those of the broker where it has none of its own; own: the names of its own. */
export type FoundTopic = { readonly name: string; readonly partitions: number; readonly replicas: number; readonly config: Readonly<Record<string, string>>; readonly own: ReadonlySet<string> };
/** safe: nothing is lost by it. loses: Kafka would keep less than now. fixed: no setting; it takes hands. */
export type Drift = { readonly topic: string; readonly what: string; readonly is: string; readonly should: string; readonly kind: 'safe' | 'loses' | 'fixed'; readonly how: string };

const FOR_EVER = -1;
const amount = (text: string): number => (Number(text) === FOR_EVER ? Number.POSITIVE_INFINITY : Number(text));
const KEEPS = new Set(['retention.ms', 'retention.bytes']);

function configDrift(spec: TopicSpec, found: FoundTopic, what: string, should: string): Drift[] {
  const is = found.config[what] ?? '';
  if (is === should) return [];
  const drift = (kind: Drift['kind'], how: string): Drift[] => [{ topic: spec.name, what, is, should, kind, how }];
  if (KEEPS.has(what)) return amount(should) > amount(is) ? drift('safe', 'records are kept longer') : drift('loses', 'records that are kept now would be deleted');
  if (what === 'cleanup.policy') return drift('loses', should === 'compact' ? 'all but the newest record of every key would be deleted' : 'records would be deleted by their age');
  if (what === 'min.insync.replicas' && Number(should) > found.replicas) return drift('fixed', `it has ${found.replicas} replicas: every write would be refused`);
  if (what === 'min.insync.replicas' && Number(should) < Number(is)) return drift('loses', 'a write would count with fewer copies than now');
  return drift('safe', 'only records to come are written otherwise');
}
export function driftOf(specs: readonly TopicSpec[], found: readonly FoundTopic[]): Drift[] {
  return specs.flatMap((spec): Drift[] => {
    const topic = found.find(({ name }) => name === spec.name);
    if (topic === undefined) return [{ topic: spec.name, what: 'topic', is: 'absent', should: `${spec.partitions} partitions`, kind: 'safe', how: 'it is created' }];
    const width: Drift[] = topic.partitions === spec.partitions ? [] : [{ topic: spec.name, what: 'partitions', is: String(topic.partitions), should: String(spec.partitions), kind: 'fixed', how: 'fixed at creation (PARTITIONS, LABELLED_PARTITIONS): keys would move to other partitions' }];
    // More copies than were asked for harm nobody.
    const copies: Drift[] = topic.replicas >= spec.replicas ? [] : [{ topic: spec.name, what: 'replicas', is: String(topic.replicas), should: String(spec.replicas), kind: 'fixed', how: 'fixed at creation (REPLICATION_FACTOR): kafka-reassign-partitions.sh moves them' }];
    return [...width, ...copies, ...Object.entries(spec.config).flatMap(([name, value]) => configDrift(spec, topic, name, value))];
  });
}
/** Kafka replaces all settings of a topic at once: its own, with ours changed. */
export function configAfter(found: FoundTopic, drifts: readonly Drift[]): Readonly<Record<string, string>> {
  const own = Object.fromEntries(Object.entries(found.config).filter(([name]) => found.own.has(name)));
  return { ...own, ...Object.fromEntries(drifts.filter(({ topic }) => topic === found.name).map(({ what, should }) => [what, should])) };
}

const DAY_MS = 86_400_000;
const readable = (what: string, value: string): string => (what === 'retention.ms' && Number(value) >= DAY_MS ? `${value} (${Number((Number(value) / DAY_MS).toFixed(1))} days)` : KEEPS.has(what) && value === String(FOR_EVER) ? 'for ever' : value);
export const driftLine = ({ topic, what, is, should, kind, how }: Drift): string => `${topic}  ${what} is ${readable(what, is)}, the settings ask for ${readable(what, should)}  ${kind === 'safe' ? '' : `${kind}: `}${how}`;
