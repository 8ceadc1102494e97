// The plain producer: a send is resolved when the broker has acknowledged it (acks=all). Which sends travel together, and which are refused, is decided in groupCommit.ts.
// Not idempotent on purpose: a retry may double a record, and every reader drops doubles by id; kafkajs's idempotent producer can jam after an error.
import type { Kafka } from 'kafkajs';
import { LoopError, messageOf, transient } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import { topicSpecs } from '../schemas/topics.ts';
import { createGroupCommit, type Group, type Limits, type Load } from './groupCommit.ts';
import { chunksOf, joined, MAX_BYTES, MAX_MESSAGES, type Chunk, type Outgoing, type Widths } from './outgoing.ts';

export type { Outgoing } from './outgoing.ts';
export type Publisher = {
  /** Throws transient `kafka_unavailable` when the broker does not acknowledge (in time), transient `overloaded` when too much is open, poison when an event does not fit its schema. Only after the first may it have been recorded. */
  send(messages: readonly Outgoing[]): Promise<void>;
  /** What is not settled. */
  readonly load: () => Load;
  close(): Promise<void>;
};
export type PublisherLimits = Omit<Limits, 'group'>;
/** For a program that waits for its own sends. */
export const UNLIMITED: PublisherLimits = { inFlight: 1, openSends: Number.POSITIVE_INFINITY, openBytes: Number.POSITIVE_INFINITY, deadlineMs: Number.POSITIVE_INFINITY };
export const widthsOf = (settings: Settings): Widths => new Map(topicSpecs(settings).map((spec) => [spec.name, spec.partitions]));

type Waiting = { readonly chunks: readonly Chunk[]; readonly done: () => void; readonly fail: (error: unknown) => void };
const sizeOf = (chunks: readonly Chunk[]): { messages: number; bytes: number } => ({ messages: chunks.reduce((sum, one) => sum + one.messages, 0), bytes: chunks.reduce((sum, one) => sum + one.bytes, 0) });
type Options = {
  readonly kafka: Kafka; readonly registry: Registry; readonly settings: Settings; readonly limits?: PublisherLimits;
  /** How long the broker took for a group of so many messages. */
  readonly observe?: (seconds: number, messages: number) => void;
};

export async function createPublisher({ kafka, registry, settings, limits = UNLIMITED, observe }: Options): Promise<Publisher> {
  const ids = await registry.ids();
  const widths = widthsOf(settings);
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 4 } });
  await producer.connect();
  const groups = createGroupCommit<Waiting>({ ...limits, group: { messages: MAX_MESSAGES, bytes: MAX_BYTES } });
  let pumping: NodeJS.Immediate | undefined;
  let watch: NodeJS.Timeout | undefined;
  let closed = (): void => undefined;

  async function ship(group: Group<Waiting>): Promise<void> {
    const [first, ...others] = group.sends.map(({ what }) => what.chunks);
    const started = performance.now();
    let failure: unknown;
    try {
      // Alone it may be more than one batch; together they are never more.
      const sends = others.length === 0 ? (first ?? []).map((one) => [...one.topicMessages]) : [joined([first, ...others].flatMap((chunks) => chunks ?? []))];
      for (const topicMessages of sends) await producer.sendBatch({ acks: -1, topicMessages });
    } catch (cause) {
      failure = cause instanceof LoopError ? cause : transient('kafka_unavailable', `Kafka did not acknowledge (${messageOf(cause)})`, { cause });
    }
    if (failure === undefined) observe?.((performance.now() - started) / 1000, group.sends.reduce((sum, { what }) => sum + sizeOf(what.chunks).messages, 0));
    for (const { done, fail } of groups.settled(group)) {
      if (failure === undefined) done();
      else fail(failure);
    }
    pump();
  }
  function pump(): void {
    pumping = undefined;
    for (let group = groups.cut(); group !== undefined; group = groups.cut()) void ship(group);
    if (groups.load().sends === 0) closed();
  }
  /** One timer for all: armed while something is open. */
  function watchDeadline(): void {
    const untilMs = groups.nextDeadlineMs();
    if (watch !== undefined || untilMs === undefined || !Number.isFinite(untilMs)) return;
    watch = setTimeout(() => {
      watch = undefined;
      for (const { fail } of groups.expire(performance.now())) fail(transient('kafka_unavailable', `Kafka did not acknowledge within ${limits.deadlineMs} ms`));
      watchDeadline();
    }, Math.max(1, untilMs - performance.now())).unref();
  }
  return {
    send(messages) {
      return new Promise((done, fail) => {
        const chunks = chunksOf(messages, ids, widths);
        if (chunks.length === 0) return done();
        if (!groups.offer({ chunks, done, fail }, sizeOf(chunks), performance.now())) {
          const { sends, bytes } = groups.load();
          return fail(transient('overloaded', `too much waits for Kafka (${sends} requests, ${bytes} bytes); send this again a little later`));
        }
        // At the end of this turn of the loop: what it brings goes together.
        pumping ??= setImmediate(pump);
        watchDeadline();
      });
    },
    load: groups.load,
    async close() {
      await new Promise<void>((resolve) => {
        closed = resolve;
        pump();
      });
      clearTimeout(watch);
      await producer.disconnect();
    },
  };
}
