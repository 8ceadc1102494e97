// Where a read model that wants only the newest begins to read.
import { withAdmin } from '../producers/withAdmin.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { startKey, type Starts } from './follow.ts';

/** So many offsets before the end of each partition. Markers of transactions take offsets too: fewer records than offsets. */
export const beforeEnds = (settings: Settings, topic: TopicName, offsets: number): Promise<Starts> =>
  withAdmin(settings, `starts-${topic}`, async (admin) => new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => {
    const start = BigInt(high) - BigInt(offsets);
    return [startKey(topic, partition), start > BigInt(low) ? start : BigInt(low)];
  })));

/** The first record of each partition at or after a broker time; its end where there is none. */
export const sinceTime = (settings: Settings, topic: TopicName, timeMs: number): Promise<Starts> =>
  withAdmin(settings, `starts-${topic}`, async (admin) => new Map((await admin.fetchTopicOffsetsByTimestamp(topic, timeMs)).map(({ partition, offset }) => [startKey(topic, partition), BigInt(offset)])));
