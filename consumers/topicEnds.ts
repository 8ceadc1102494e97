// Where a topic ends now: `<topic>-<partition>` → next offset, as a read_committed reader sees it.
import { withAdmin } from '../producers/withAdmin.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { endKey } from './readToEnd.ts';

export const endsOf = (settings: Settings, topic: TopicName): Promise<ReadonlyMap<string, bigint>> =>
  withAdmin(settings, 'topic-ends', async (admin) => new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [endKey(topic, partition), BigInt(high)])));
