// What flows to a shard: which of its topics are fetched, from where, and which wait for the first one (pace.ts).
import type { Consumer } from 'kafkajs';
import type { TopicName } from '../schemas/topics.ts';
import { mustWait } from './pace.ts';
import type { Shard } from './shard.ts';

export type Flow = {
  /** Nothing comes to a number while there is no shard to take it. */
  halt(partition: number): void;
  /** Every topic goes on from where the shard stands; in a replay, one that has reached its committed position waits for the others. */
  goOn(shard: Shard): void;
  seek(topic: TopicName, partition: number, offset: bigint): void;
  /** Lets topics of a live shard wait for the first one, or go on. */
  keepPace(shard: Shard): void;
  /** About once a second: a first topic that has not moved since `ledTo` (its records may be hidden by an open transaction) is not waited for. Returns where it stands. */
  keepMoving(shard: Shard, ledTo: bigint): bigint;
};

/** consumer: the one in place. The first of the topics leads. */
export function flowOf([first, ...others]: readonly TopicName[], consumer: () => Consumer): Flow {
  const pause = (topic: TopicName, partition: number): void => consumer().pause([{ topic, partitions: [partition] }]);
  const resume = (topic: TopicName, partition: number): void => consumer().resume([{ topic, partitions: [partition] }]);
  const leadOf = ({ places }: Shard) => (first === undefined ? undefined : places.get(first));
  const flow: Flow = {
    halt(partition) {
      for (const topic of first === undefined ? [] : [first, ...others]) pause(topic, partition);
    },
    goOn({ partition, places, live, slowed }) {
      slowed.clear();
      for (const [topic, { next, committed }] of places) {
        if (!live && next >= committed) pause(topic, partition);
        else resume(topic, partition);
        flow.seek(topic, partition, next);
      }
    },
    seek: (topic, partition, offset) => consumer().seek({ topic, partition, offset: String(offset) }),
    keepPace(shard) {
      const { partition, places, live, slowed } = shard;
      const lead = leadOf(shard);
      for (const topic of others) {
        const place = places.get(topic);
        const waits = live && place !== undefined && lead !== undefined && mustWait(place, lead);
        if (waits === slowed.has(topic)) continue;
        (waits ? pause : resume)(topic, partition);
        if (waits) slowed.add(topic);
        else slowed.delete(topic);
      }
    },
    keepMoving(shard, ledTo) {
      const { partition, slowed } = shard;
      const led = leadOf(shard)?.next ?? 0n;
      if (ledTo === led) {
        for (const topic of slowed) resume(topic, partition);
        slowed.clear();
      }
      return led;
    },
  };
  return flow;
}
