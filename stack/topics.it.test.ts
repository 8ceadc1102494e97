// Topics on the real broker: told, kept longer by themselves, never shortened unasked, and what is not ours stays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKafka } from '../producers/kafka.ts';
import type { Settings } from '../schemas/settings.ts';
import { closeAtEnd, openBench } from './testing.ts';
import { createTopics, reconcileTopics } from './topics.ts';

const DAY_MS = 86_400_000;
test('a longer horizon makes topics keep longer at the next up; a shorter one is told, and done only when told', async (t) => {
  const { settings } = await openBench(t);
  const longer: Settings = { ...settings, horizonMs: settings.horizonMs + 10 * DAY_MS };
  const admin = createKafka(settings, 'test').admin();
  await admin.connect();
  closeAtEnd(t, () => admin.disconnect());
  closeAtEnd(t, () => reconcileTopics(settings, 'lose'));
  const brief = (drifts: readonly { readonly topic: string; readonly what: string; readonly kind: string }[]) => drifts.map(({ topic, what, kind }) => `${topic} ${what} ${kind}`);
  const configOf = async (name: string): Promise<Map<string, string>> => {
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name }] });
    return new Map(resources[0]?.configEntries.filter((entry) => Number(entry.configSource) === 1).map((entry) => [entry.configName, entry.configValue]));
  };
  assert.deepEqual(await reconcileTopics(settings, 'look'), { done: [], left: [] });
  // Somebody has set something of their own.
  const before = await configOf('feedback');
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 'feedback', configEntries: [...before, ['max.message.bytes', '2000000']].map(([name = '', value = '']) => ({ name, value })) }] });

  assert.deepEqual(brief((await reconcileTopics(longer, 'look')).left), ['predictions retention.ms safe', 'feedback retention.ms safe']);
  const told = await createTopics({ settings: longer });
  assert.deepEqual(told.map((line) => /^changed: (\S+) .*records are kept longer$/.exec(line)?.[1]), ['predictions', 'feedback']);
  assert.deepEqual(await reconcileTopics(longer, 'look'), { done: [], left: [] });
  const after = await configOf('feedback');
  assert.deepEqual([after.get('max.message.bytes'), after.get('retention.ms'), after.size], ['2000000', String(2 * longer.horizonMs), before.size + 1]);

  assert.ok((await createTopics({ settings })).every((line) => /loses: records that are kept now would be deleted \(\.\/loop topics\)$/.test(line)));
  assert.deepEqual(brief((await reconcileTopics(settings, 'safe')).left), ['predictions retention.ms loses', 'feedback retention.ms loses']);
  assert.deepEqual(brief((await reconcileTopics(settings, 'lose')).done), ['predictions retention.ms loses', 'feedback retention.ms loses']);
  assert.deepEqual(await reconcileTopics(settings, 'look'), { done: [], left: [] });
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 'feedback', configEntries: [...before].map(([name, value]) => ({ name, value })) }] });

  assert.deepEqual(brief((await reconcileTopics({ ...settings, replicationFactor: 3, partitions: settings.partitions + 1 }, 'safe')).left).filter((line) => line.startsWith('products')), ['products partitions fixed', 'products replicas fixed', 'products min.insync.replicas fixed']);
});
