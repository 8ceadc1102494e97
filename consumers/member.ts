// A member of a consumer group whose client can be replaced: the pulse watches over it, and puts another client in its place when it falls silent. What a replaced one still says is not heard.
// What is read, from where, and how far it has come is known by those who use it: shards.ts, subscriber.ts and follow.ts.
import type { Consumer, ConsumerConfig, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import { createKafka, type Log } from '../producers/kafka.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import type { Pulse, TopicEnd } from './pulse.ts';

export type Member = {
  /** The client in place now. */
  readonly consumer: () => Consumer;
  readonly hasJoined: () => boolean;
  readonly isStopping: () => boolean;
  /** Something was handled, or failed and will be tried again: the pulse counts these. */
  sign(): void;
  /** Resolves when it is in its group. */
  start(hearing: Hearing): Promise<void>;
  stop(): Promise<void>;
};
export type Handed = EachBatchPayload & { readonly topic: TopicName; /** that it came from */ readonly consumer: Consumer; /** false: another client is in place meanwhile */ readonly isCurrent: () => boolean };
/** Offsets `from` to `last` were gone through; with size 0 they are markers and aborted records only, which are never handed over. */
export type Passed = { readonly topic: TopicName; readonly partition: number; readonly from: bigint; readonly last: bigint; readonly high: bigint; readonly size: number };
export type Hearing = {
  batch(handed: Handed): Promise<void>;
  passed(passed: Passed): void;
  /** Every partition is set back by it; a seek here takes effect before the next fetch. */
  joined(memberId: string, assigned: ReadonlyMap<string, readonly number[]>): void;
  /** Records that wait for it while it is in its group. */
  behind(ends: readonly TopicEnd[]): number;
  /** A heartbeat was answered. */
  beat?(): void;
  /** A fetch begins. There is no prefetch: all batches of the one before from the same broker have been handled. */
  fetching?(broker: number): void;
  /** Another client takes the place: nothing is known of the group until it has joined. */
  replaced?(): void;
  /** This topic was deleted and made anew: the client that takes the place is to read it from its beginning. Absent: it finds that out by itself. */
  anew?(topic: TopicName): void;
};
type Options = {
  readonly settings: Settings; readonly log: Log; readonly name: string; readonly topics: readonly TopicName[];
  /** Asked for every client. */
  readonly config: () => ConsumerConfig;
  readonly run?: Pick<ConsumerRunConfig, 'eachBatchAutoResolve' | 'partitionsConsumedConcurrently'>;
  /** Watches over it. */
  readonly pulse: Pulse | undefined;
  /** Whose commits `behind` is to be told. */
  readonly commits?: string;
  /** The client has ended and will not start again by itself. */
  readonly onFatal: (error: Error) => void;
};
/** Then the client starts its consumer again by itself. */
const RETRIES = 5;

export function memberOf({ settings, log, name, topics, config, run = {}, pulse, commits, onFatal }: Options): Member {
  const names = new Map<string, TopicName>(topics.map((topic) => [topic, topic]));
  let stopping = false;
  let joined = false;
  let signs = 0;
  let current = make();

  function make(): Consumer {
    const { retry = { retries: RETRIES }, ...rest } = config();
    const made: Consumer = createKafka(settings, name, log).consumer({ ...rest, allowAutoTopicCreation: false, retry: { ...retry, restartOnFailure: () => Promise.resolve(made === current && !stopping) } });
    return made;
  }
  async function begin(consumer: Consumer, hearing: Hearing): Promise<void> {
    const isCurrent = (): boolean => consumer === current;
    const inPlace = <Event>(hear: (event: Event) => void) => (event: Event): void => {
      if (isCurrent()) hear(event);
    };
    joined = false;
    const { events } = consumer;
    consumer.on(events.GROUP_JOIN, inPlace(({ payload }) => {
      joined = true;
      hearing.joined(payload.memberId, new Map(Object.entries(payload.memberAssignment)));
    }));
    consumer.on(events.REBALANCING, inPlace(() => (joined = false)));
    consumer.on(events.HEARTBEAT, inPlace(() => hearing.beat?.()));
    consumer.on(events.FETCH_START, ({ payload }) => {
      if (isCurrent() && !stopping) hearing.fetching?.(payload.nodeId);
      // One that is told to end while it joins its group goes on all the same: it would be a member with partitions, and handle nothing. Its leaving waits for what it is at: not to be waited for here.
      else consumer.disconnect().catch(() => undefined);
    });
    consumer.on(events.END_BATCH_PROCESS, inPlace(({ payload }) => {
      const topic = names.get(payload.topic);
      if (topic === undefined || typeof payload.firstOffset !== 'string') return;
      hearing.passed({ topic, partition: payload.partition, from: BigInt(payload.firstOffset), last: BigInt(payload.lastOffset), high: BigInt(payload.highWatermark), size: payload.batchSize });
    }));
    consumer.on(events.CRASH, inPlace(({ payload }) => {
      signs += 1;
      joined = false;
      if (!payload.restart && !stopping) onFatal(payload.error);
    }));
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      ...run, autoCommit: false,
      async eachBatch(payload) {
        const topic = names.get(payload.batch.topic);
        if (topic !== undefined && isCurrent()) await hearing.batch({ ...payload, topic, consumer, isCurrent });
      },
    });
  }
  return {
    consumer: () => current,
    hasJoined: () => joined,
    isStopping: () => stopping,
    sign: () => void (signs += 1),
    async start(hearing) {
      async function restart(): Promise<void> {
        hearing.replaced?.();
        current.disconnect().catch(() => undefined);
        if (stopping) return;
        current = make();
        await begin(current, hearing);
      }
      const { anew } = hearing;
      pulse?.watch({
        name, topics, signs: () => signs, ...(commits === undefined ? {} : { groupId: commits }),
        behind: (ends) => (joined ? hearing.behind(ends) : 1),
        restart,
        ...(anew === undefined ? {} : { anew: (topic: TopicName) => (anew(topic), restart()) }),
      });
      await begin(current, hearing);
    },
    async stop() {
      stopping = true;
      await current.disconnect();
    },
  };
}
