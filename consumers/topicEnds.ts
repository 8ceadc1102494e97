// Where a topic ends now: `<topic>-<partition>` → next offset, as a read_committed reader sees it.
import { createKafka } from '../producers/kafka.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { endKey } from './readToEnd.ts';

export async function endsOf(settings: Settings, topic: TopicName): Promise<ReadonlyMap<string, bigint>> {
  const admin = createKafka(settings, 'topic-ends').admin();
  await admin.connect();
  try {
    return new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [endKey(topic, partition), BigInt(high)]));
  } finally {
    await admin.disconnect();
  }
}
