// Asks the broker for the ids of topics: what tells a log from the one that is made under its name after it.
import type { Admin } from 'kafkajs';
import { LoopError, transient } from '../schemas/failure.ts';
import type { TopicName } from '../schemas/topics.ts';

type Asked = Pick<Admin, 'fetchTopicMetadata'>;
export type LogIds = ReadonlyMap<TopicName, string>;

/** Whether the broker says that it knows no such topic. kafkajs wraps what it has retried. */
export function isMissing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return Reflect.get(error, 'type') === 'UNKNOWN_TOPIC_OR_PARTITION' || (error instanceof Error && error.cause !== error && isMissing(error.cause));
}
/** Ids by topic; those that a broker before 2.8 cannot tell are absent. Throws transient `topic_missing` when a topic is not there. */
export async function logIdsOf(admin: Asked, topics: readonly TopicName[]): Promise<LogIds> {
  const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] }).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    throw transient('topic_missing', `${topics.join(' or ')} is not there: it was deleted. Bring it back, or make it anew`, { cause: error });
  });
  const ids = new Map<TopicName, string>();
  for (const topic of topics) {
    const [partition] = found.find(({ name }) => name === topic)?.partitions ?? [];
    // producers/wire/metadata.ts has put it there.
    const id: unknown = partition === undefined ? undefined : Reflect.get(partition, 'topicId');
    if (typeof id === 'string' && id !== '') ids.set(topic, id);
  }
  return ids;
}

const ATTEMPTS = 5;
/** Throws transient `log_replaced` when one of these logs is not there any more, or another stands in its place. What was fetched before this was called is of these logs when it resolves: an id never comes back. */
export async function checkLogs(admin: Asked, opened: LogIds): Promise<void> {
  if (opened.size === 0) return;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const now = await logIdsOf(admin, [...opened.keys()]);
      for (const [topic, id] of opened) {
        const found = now.get(topic);
        if (found !== undefined && found !== id) throw transient('log_replaced', `${topic} is another log since a moment ago: it was deleted and made anew`);
      }
      return;
    } catch (error) {
      if (error instanceof LoopError || attempt === ATTEMPTS) throw error;
    }
  }
}
