// One partition number of the join at work: records in, Labelled events, examples and dead letters out.
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { deadLetterOf } from '../deadLetters.ts';
import { readInput } from '../inputs.ts';
import type { Incoming } from '../record.ts';
import type { Opening, Task } from '../shards.ts';
import { createJoin, type Join, type InputRef, type JoinOutput } from './join.ts';
import type { JoinMetrics } from './metrics.ts';

type Options = { readonly settings: Settings; readonly registry: Registry; readonly metrics: JoinMetrics; readonly nowMs: () => number };
export type JoinTask = Task & Pick<Join, 'waiting' | 'coverage'>;

export function openJoin({ partition, note }: Opening, { settings, registry, metrics, nowMs }: Options): JoinTask {
  let expiredBeforeMs = Number(note === '' ? 0 : note);
  const ranks = settings.sourceRanks;
  const join = createJoin({ horizonMs: settings.horizonMs, earlyHorizonMs: settings.earlyHorizonMs, rankOf: (source) => ranks.get(source) ?? 0, expiredBeforeMs });
  const newest = new Map<TopicName, number>();
  // Original records of feedback that may still be set aside; the pure join knows only where they stood.
  const originals = new Map<bigint, Incoming>();

  function outgoing(outputs: readonly JoinOutput[], current: Incoming | undefined): Outgoing[] {
    const list: Outgoing[] = [];
    for (const output of outputs) {
      switch (output.kind) {
        case 'labelled': {
          const { event, example, delayMs } = output;
          if (event.revision === 0) metrics.delay.observe(delayMs / 1000);
          list.push({ topic: 'labelled', key: event.model_name, value: event }, { topic: 'examples', key: event.prediction_id, partition, value: example ?? null });
          break;
        }
        case 'set_aside': {
          const record = originalOf(output.input, current);
          if (record === undefined) break;
          metrics.deadLetters.inc({ topic: record.topic, reason: output.reason });
          list.push(deadLetterOf(record, output.reason, output.error, 'join', nowMs()));
          break;
        }
      }
    }
    return list;
  }
  const originalOf = (ref: InputRef, current: Incoming | undefined): Incoming | undefined => (current?.topic === ref.topic && current.offset === ref.offset ? current : originals.get(ref.offset));

  function expire(beforeMs: number): Outgoing[] {
    if (beforeMs <= expiredBeforeMs) return [];
    const outputs: JoinOutput[] = [];
    join.expire(beforeMs, outputs, metrics.count);
    const list = outgoing(outputs, undefined);
    expiredBeforeMs = beforeMs;
    for (const [offset, record] of originals) {
      if (record.timestampMs + settings.earlyHorizonMs >= beforeMs) break;
      originals.delete(offset);
    }
    return list;
  }

  return {
    waiting: join.waiting,
    coverage: join.coverage,
    note: () => String(expiredBeforeMs),
    async handle(topic, records, committed) {
      const out: Outgoing[] = [];
      for (const record of records) {
        const isNew = record.offset >= committed;
        newest.set(topic, record.timestampMs);
        const outputs: JoinOutput[] = [];
        const ref = { offset: record.offset };
        if (topic === 'predictions') {
          const read = await readInput({ topic: 'predictions', record, registry, partitions: settings.partitions, idOf: (event) => event.prediction_id, consumer: 'join', nowMs: nowMs() });
          if (read.status === 'event') join.prediction({ ref: { topic: 'predictions', ...ref }, timeMs: record.timestampMs, isNew, event: read.event }, outputs, metrics.count);
          else if (isNew) out.push(unusable(read, record));
        } else {
          const read = await readInput({ topic: 'feedback', record, registry, partitions: settings.partitions, idOf: (event) => event.prediction_id, consumer: 'join', nowMs: nowMs() });
          if (read.status === 'event') {
            // A client that gives no feedback id gets one that no other record can have.
            const event = read.event.feedback_id === '' ? { ...read.event, feedback_id: `${partition}@${record.offset}` } : read.event;
            const heldBefore = join.waiting().held;
            join.feedback({ ref: { topic: 'feedback', ...ref }, timeMs: record.timestampMs, isNew, event }, outputs, metrics.count);
            if (join.waiting().held > heldBefore) originals.set(record.offset, record);
          } else if (isNew) out.push(unusable(read, record));
        }
        out.push(...outgoing(outputs, record));
      }
      const predictions = newest.get('predictions') ?? 0;
      const feedback = newest.get('feedback') ?? 0;
      out.push(...expire(Math.min(predictions, feedback)));
      return out;
    },
    tick: (caughtUp) => (caughtUp ? expire(nowMs() - settings.expiryMarginMs) : []),
  };

  function unusable(read: Exclude<Awaited<ReturnType<typeof readInput>>, { status: 'event' }>, record: Incoming): Outgoing {
    if (read.status === 'misplaced') {
      metrics.count('misplaced');
      return read.again;
    }
    metrics.deadLetters.inc({ topic: record.topic, reason: read.reason });
    return read.letter;
  }
}

/** Topics of the join, in the order in which their positions are committed. */
export const JOIN_TOPICS = ['predictions', 'feedback'] as const satisfies readonly TopicName[];
