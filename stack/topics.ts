// Topics on the broker: read, created, and brought to what the settings ask for.
import type { Admin } from 'kafkajs';
import { withAdmin } from '../producers/withAdmin.ts';
import { fatal, transient } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';
import { topicSpecs } from '../schemas/topics.ts';
import { configAfter, driftLine, driftOf, type Drift, type FoundTopic } from './topicDrift.ts';

const TOPIC = 2;
/** A setting of the topic's own, in Kafka's words DYNAMIC_TOPIC_CONFIG. */
const OWN = 1;
async function readTopics(admin: Admin, names: readonly string[]): Promise<FoundTopic[]> {
  if (names.length === 0) return [];
  const [{ topics }, { resources }] = await Promise.all([admin.fetchTopicMetadata({ topics: [...names] }), admin.describeConfigs({ includeSynonyms: false, resources: names.map((name) => ({ type: TOPIC, name })) })]);
  return topics.map(({ name, partitions }) => {
    const entries = resources.find((one) => one.resourceName === name)?.configEntries ?? [];
    return { name, partitions: partitions.length, replicas: Math.min(...partitions.map((one) => one.replicas.length)), config: Object.fromEntries(entries.map((one) => [one.configName, one.configValue])), own: new Set(entries.filter((one) => Number(one.configSource) === OWN).map((one) => one.configName)) };
  });
}
async function look(admin: Admin, settings: Settings): Promise<{ readonly found: FoundTopic[]; readonly drifts: Drift[] }> {
  const specs = topicSpecs(settings);
  const standing = new Set(await admin.listTopics());
  const found = await readTopics(admin, specs.map(({ name }) => name).filter((name) => standing.has(name)));
  return { found, drifts: driftOf(specs, found) };
}
async function change(admin: Admin, settings: Settings, found: readonly FoundTopic[], drifts: readonly Drift[]): Promise<void> {
  const missing = topicSpecs(settings).filter((spec) => !found.some(({ name }) => name === spec.name));
  if (missing.length > 0) await admin.createTopics({ waitForLeaders: true, topics: missing.map((spec) => ({ topic: spec.name, numPartitions: spec.partitions, replicationFactor: spec.replicas, configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })) })) });
  const changed = found.filter(({ name }) => drifts.some((drift) => drift.topic === name));
  if (changed.length > 0) await admin.alterConfigs({ validateOnly: false, resources: changed.map((topic) => ({ type: TOPIC, name: topic.name, configEntries: Object.entries(configAfter(topic, drifts)).map(([name, value]) => ({ name, value })) })) });
}

export type Reconciled = { readonly done: readonly Drift[]; readonly left: readonly Drift[] };
/** do: nothing, what is safe, or also what makes Kafka keep less. */
export const reconcileTopics = (settings: Settings, wish: 'look' | 'safe' | 'lose'): Promise<Reconciled> => withAdmin(settings, 'stack', async (admin) => {
  const { found, drifts } = await look(admin, settings);
  const done = drifts.filter(({ kind }) => (kind === 'safe' && wish !== 'look') || (kind === 'loses' && wish === 'lose'));
  await change(admin, settings, found, done);
  return { done, left: drifts.filter((drift) => !done.includes(drift)) };
});

/** Creates the topics and changes what is safe to change; returns what a person should know. whenMissing 'refuse': somebody else makes them (an operator, with replicas of its own): nothing is changed, and it is transient `topics_missing` until they stand.
 *  Fatal `partitions_differ` when a topic stands with another width than the settings ask for. */
export async function createTopics({ settings }: { readonly settings: Settings }, whenMissing: 'create' | 'refuse' = 'create'): Promise<string[]> {
  return withAdmin(settings, 'stack', async (admin) => {
    const { found, drifts } = await look(admin, settings);
    const missing = drifts.filter(({ what }) => what === 'topic').map(({ topic }) => topic);
    if (missing.length > 0 && whenMissing === 'refuse') throw transient('topics_missing', `there is no topic ${missing.join(', ')} yet; whoever makes them has to come first`);
    const width = drifts.find(({ what }) => what === 'partitions');
    if (width !== undefined) throw fatal('partitions_differ', `topic ${width.topic} has ${width.is} partitions, the settings ask for ${width.should}; the number is fixed at creation (PARTITIONS, LABELLED_PARTITIONS)`);
    const safe = drifts.filter(({ kind }) => kind === 'safe');
    if (whenMissing === 'create') await change(admin, settings, found, safe);
    const told = whenMissing === 'create' ? safe.filter(({ what }) => what !== 'topic').map((drift) => `changed: ${driftLine(drift)}`) : safe.map(driftLine);
    return [...told, ...drifts.filter(({ kind }) => kind !== 'safe').map((drift) => `${driftLine(drift)} (./loop topics)`)];
  });
}
