// Asks the broker every few seconds where the topics end that this process reads: so it knows whether the broker answers (readiness), and which of its consumers has fallen silent although records wait (watchdog.ts).
import { createKafka, silent, type Log } from '../producers/kafka.ts';
import { within } from '../producers/within.ts';
import { fatal, messageOf } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';
import type { TopicName } from '../schemas/topics.ts';
import { isMissing, logIdsOf } from './logIds.ts';
import { FIRST_WATCH, MOST_RESTARTS, watchdog, type Watch } from './watchdog.ts';

export type TopicEnd = { readonly topic: TopicName; readonly partition: number; readonly low: bigint; readonly high: bigint; /** what the group of the one who asks has committed; absent: nothing, or it has none */ readonly committed?: bigint };
export type Watched = {
  /** For the log and the metric. */
  readonly name: string;
  readonly topics: readonly TopicName[];
  /** Whose commits are to be told with the ends. */
  readonly groupId?: string;
  /** Records it has not handled. One that is in no group is behind. */
  behind(ends: readonly TopicEnd[]): number;
  /** Grows with every batch it has handled, also with a failure that it tells of and tries again. Joining its group is no sign. */
  readonly signs: () => number;
  /** Puts another client in the place of its own. */
  restart(): Promise<void>;
  /** This topic was deleted and made anew: puts another client in the place of its own, which reads it from its beginning. Absent: it finds that out by itself. */
  anew?(topic: TopicName): Promise<void>;
};
export type Pulse = {
  watch(one: Watched): void;
  /** How long ago the broker answered last; 0 before it was asked. */
  readonly silentMs: () => number;
  readonly restarts: () => ReadonlyMap<string, number>;
  /** Undefined while the broker answers, else words for whoever asks whether we are ready. */
  readonly away: () => string | undefined;
  stop(): Promise<void>;
};
const LOOK_EVERY_MS = 2000;
const ANSWER_MS = 4000;
/** A new client has to find out first who coordinates a group. */
const RETRIES = 3;
/** One look may come late or take its time. */
const LEAST_SILENT_MS = 5000;

/** onStuck: a consumer is silent through every restart; only another process helps. */
export function openPulse({ settings, name, log, onStuck }: { readonly settings: Settings; readonly name: string; readonly log: Log; readonly onStuck: (error: unknown) => void }): Pulse {
  const watched = new Map<Watched, Watch>();
  const restarts = new Map<string, number>();
  const limitMs = Math.max(LEAST_SILENT_MS, settings.answerDeadlineMs);
  // What it hears is told by readiness and the metric, not by a line every two seconds.
  const open = () => createKafka(settings, `${name}-pulse`, silent, RETRIES).admin();
  let admin = open();
  let isConnected = false;
  let answeredMs = performance.now();
  let lookedMs = answeredMs;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  async function endsOf({ topics, groupId }: Watched): Promise<readonly TopicEnd[]> {
    const committed = new Map<string, bigint>();
    if (groupId !== undefined) for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics: [...topics] })) for (const { partition, offset } of partitions) if (BigInt(offset) >= 0n) committed.set(`${topic}-${partition}`, BigInt(offset));
    // A topic that is not there is an answer too.
    const offsetsOf = (topic: TopicName) => admin.fetchTopicOffsets(topic).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const ends = await Promise.all(topics.map(async (topic) => (await offsetsOf(topic)).map(({ partition, low, high }): TopicEnd => {
      const known = committed.get(`${topic}-${partition}`);
      return { topic, partition, low: BigInt(low), high: BigInt(high), ...(known === undefined ? {} : { committed: known }) };
    })));
    return ends.flat();
  }
  async function ask(): Promise<ReadonlyMap<Watched, readonly TopicEnd[]>> {
    if (!isConnected) await admin.connect();
    isConnected = true;
    if (watched.size === 0) await admin.describeCluster();
    return new Map(await Promise.all([...watched.keys()].map(async (one) => [one, await endsOf(one)] as const)));
  }
  /** By topic: its id when it was asked for last. */
  const ids = new Map<TopicName, string>();
  async function lookForNewLogs(): Promise<void> {
    for (const topic of new Set([...watched.keys()].flatMap((one) => (one.anew === undefined ? [] : one.topics)))) {
      const id = (await logIdsOf(admin, [topic]).catch(() => undefined))?.get(topic);
      if (id === undefined) continue;
      const before = ids.get(topic);
      ids.set(topic, id);
      if (before === undefined || before === id || stopping) continue;
      log.warn({ topic }, 'the topic was deleted and made anew: it is read from its beginning');
      for (const one of watched.keys()) if (one.topics.includes(topic)) one.anew?.(topic).catch((error: unknown) => log.warn({ consumer: one.name, reason: messageOf(error) }, 'the consumer could not be started again'));
    }
  }
  function act(one: Watched, ends: readonly TopicEnd[] | undefined, nowMs: number, lateMs: number): void {
    const { watch, action } = watchdog(watched.get(one) ?? FIRST_WATCH, { behind: ends === undefined ? undefined : one.behind(ends), signs: one.signs(), nowMs, lateMs }, settings.stallMs);
    watched.set(one, watch);
    if (action === 'restart') {
      restarts.set(one.name, (restarts.get(one.name) ?? 0) + 1);
      log.error({ consumer: one.name, restart: watch.restarts, stall_ms: settings.stallMs }, 'a consumer has stopped although records wait: it is started again in place');
      one.restart().catch((error: unknown) => log.warn({ consumer: one.name, reason: messageOf(error) }, 'the consumer could not be started again; will try again'));
    } else if (action === 'give up') onStuck(fatal('consumer_stuck', `the consumer ${one.name} stays silent through ${MOST_RESTARTS} restarts although records wait; the process starts anew`));
  }
  async function look(): Promise<void> {
    const beganMs = performance.now();
    const lateMs = Math.max(0, beganMs - lookedMs - LOOK_EVERY_MS - ANSWER_MS);
    lookedMs = beganMs;
    const asking = admin;
    const ends = await within(ANSWER_MS, 'Kafka', ask().then(async (found) => (await lookForNewLogs(), found))).catch((error: unknown) => {
      log.debug({ reason: messageOf(error) }, 'Kafka does not answer');
      // What is left of this one may be silent for long: the next question goes over connections of its own.
      asking.disconnect().catch(() => undefined);
      if (!stopping) [admin, isConnected] = [open(), false];
      return undefined;
    });
    if (ends !== undefined) answeredMs = performance.now();
    if (!stopping) for (const one of watched.keys()) act(one, ends?.get(one), performance.now(), lateMs);
  }
  let looking: Promise<void> | undefined;
  const again = (): void => {
    looking = look().finally(() => {
      if (!stopping) timer = setTimeout(again, LOOK_EVERY_MS);
    });
  };
  again();
  const silentMs = (): number => {
    const ms = performance.now() - answeredMs;
    return ms < LOOK_EVERY_MS + ANSWER_MS / 4 ? 0 : ms;
  };
  return {
    watch(one) {
      watched.set(one, FIRST_WATCH);
      // A rate needs the series before its first event.
      restarts.set(one.name, 0);
    },
    silentMs,
    restarts: () => restarts,
    away: () => (silentMs() > limitMs ? `Kafka has not answered for ${Math.round(silentMs() / 1000)} s` : undefined),
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await looking;
      clearTimeout(timer);
      await within(ANSWER_MS, 'Kafka', admin.disconnect()).catch(() => undefined);
    },
  };
}
