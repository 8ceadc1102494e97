// What of a fetch reaches a shard: what is due by the barrier, and nothing from elsewhere in the log.
import type { Admin, Batch } from 'kafkajs';
import { transient } from '../schemas/failure.ts';
import type { TopicName } from '../schemas/topics.ts';
import { dueOf } from './barrier.ts';
import type { Flow } from './flow.ts';
import type { Passed } from './member.ts';
import { incomingOf, offsetOf, type Incoming } from './record.ts';
import type { Place, Shard } from './shard.ts';

export type Feeding = {
  /** Hands over what is due of a fetched batch. isOurs: whether the shard is still, asked again after the handing over. Resolves to whether its position is now to be committed. */
  feed(shard: Shard, topic: TopicName, batch: Batch, isOurs: () => boolean): Promise<boolean>;
  /** A batch of only markers or aborted records never reaches the handler but moves the position, in a replay too. */
  pass(shard: Shard, passed: Passed): void;
};

/** sign: progress was made. */
export function feedingOf({ admin, flow, sign }: { readonly admin: Admin; readonly flow: Flow; readonly sign: () => void }): Feeding {
  /** kafkajs goes on at the log's start, without a word, when it is asked for an offset that is not there. */
  async function checkStanding(topic: TopicName, partition: number, { next }: Place): Promise<void> {
    const ends = (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition);
    if (ends !== undefined && (next < BigInt(ends.low) || next > BigInt(ends.high))) throw transient('log_moved', `${topic}-${partition} was to be read at ${next}, but holds ${ends.low} to ${ends.high}`);
  }
  return {
    async feed(shard, topic, batch, isOurs) {
      const place = shard.places.get(topic);
      if (place === undefined) return false;
      place.high = BigInt(batch.highWatermark);
      const fetchedAt: unknown = Reflect.get(batch, 'fetchedOffset');
      const due = dueOf(place, shard.live, BigInt(String(fetchedAt)), BigInt(batch.lastOffset()));
      if (due.status === 'elsewhere') {
        await checkStanding(topic, shard.partition, place);
        flow.seek(topic, shard.partition, place.next);
        return false;
      }
      const [from, to] = [Number(due.from), Number(due.to)];
      const records: Incoming[] = [];
      for (const message of batch.messages) {
        const record = incomingOf(topic, shard.partition, message);
        const offset = offsetOf(record);
        if (offset >= from && offset < to) records.push(record);
      }
      await shard.take(topic, records, due.to);
      sign();
      if (!isOurs()) return false;
      if (!shard.live && place.next >= place.committed) flow.goOn(shard);
      const last = records.at(-1);
      return last !== undefined && last.offset >= place.committed;
    },
    pass(shard, { topic, from, last, high, size }) {
      const place = shard.places.get(topic);
      if (place === undefined || size > 0) return;
      const due = dueOf(place, shard.live, from, last);
      if (due.status === 'elsewhere') return;
      place.next = due.to;
      place.high = high;
      sign();
      if (!shard.live && place.next >= place.committed) flow.goOn(shard);
      else flow.keepPace(shard);
    },
  };
}
