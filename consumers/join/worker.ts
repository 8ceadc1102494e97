// One partition number of the join at work: records in, Labelled events, examples and dead letters out.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import { rankOfSource } from '../../schemas/sources.ts';
import { deadLetterOf } from '../deadLetters.ts';
import { readInput, readKnown, type Read } from '../inputs.ts';
import { offsetOf, type Incoming } from '../record.ts';
import type { Opening, Task } from '../shard.ts';
import type { DiskStore } from './diskStore.ts';
import { createJoin, type JoinOutput, type Side } from './join.ts';
import { noteOf, passedMs, toldAnew, toldIn } from './expiry.ts';
import type { JoinMetrics } from './metrics.ts';
import { openState } from './state.ts';

type Options = { readonly settings: Settings; readonly registry: Registry; readonly metrics: JoinMetrics; readonly nowMs: () => number; /** see state.ts */ readonly onUnsaved?: (reason: string | undefined) => void };
export type JoinTask = Task & { readonly store: DiskStore };
/** An input of the join over its record: the original bytes are cut out only for what keeps them. */
class Input<E> {
  readonly offset: number;
  readonly timeMs: number;
  readonly event: E;
  readonly record: Incoming;
  constructor(offset: number, event: E, record: Incoming) {
    this.offset = offset;
    this.timeMs = record.timestampMs;
    this.event = event;
    this.record = record;
  }
  get value(): Uint8Array {
    return this.record.value ?? new Uint8Array();
  }
}
const idOf = (event: { readonly prediction_id: string }): string => event.prediction_id;
/** Freed per call, so that a long backlog of deadlines does not hold up the stream. */
const FREE_AT_ONCE = 10_000;

/** Every rule that shapes the state, and the logs it is of: another text, another state. */
const fingerprintOf = ({ horizonMs, earlyHorizonMs, sourceRanks, partitions, driftReference }: Settings, { logIds }: Opening): string => createHash('sha256').update(JSON.stringify({ horizonMs, earlyHorizonMs, ranks: [...sourceRanks].sort(), partitions, driftReference, ...(logIds.size === 0 ? {} : { logs: [...logIds].sort() }) })).digest('hex');
/** Each instance has its own folder: its port is what no two can share. */
export const stateDirOf = (settings: Settings, partition: number): string => resolve(settings.homeDir, 'state', `join-${settings.joinPort}`, String(partition));

export async function openJoin(opening: Opening, { settings, registry, metrics, nowMs, onUnsaved }: Options): Promise<JoinTask> {
  const { partition, positions, note } = opening;
  const ranks = settings.sourceRanks;
  const committed: Record<Side, number> = { predictions: Number(positions.get('predictions') ?? 0n), feedback: Number(positions.get('feedback') ?? 0n) };
  let told = toldAnew(toldIn(note), opening.anew, committed.feedback);
  const state = await openState({ dir: stateDirOf(settings, partition), fingerprint: fingerprintOf(settings, opening), opening, ...(onUnsaved === undefined ? {} : { onUnsaved }) });
  const { store } = state;
  const join = createJoin({ horizonMs: settings.horizonMs, earlyHorizonMs: settings.earlyHorizonMs, rankOf: (source) => rankOfSource(ranks, source), driftReference: Math.ceil(settings.driftReference / settings.partitions), told, isNew: (side, offset) => offset >= committed[side] }, store);
  const newest: Record<Side, number> = { predictions: 0, feedback: 0 };
  let uncommitted = false;
  /** Everything that was taken has been applied: false while records are handled, and for good when that failed. */
  let whole = true;

  function tell(outputs: readonly JoinOutput[], out: Outgoing[]): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'labelled': {
          const { event, example, delayMs } = output;
          if (event.revision === 0) metrics.delay.observe(delayMs / 1000);
          out.push({ topic: 'labelled', key: event.model_name, value: event }, { topic: 'examples', key: event.prediction_id, partition, value: example ?? null });
          break;
        }
        case 'erased': {
          out.push({ topic: 'examples', key: output.id, partition, value: null });
          break;
        }
        case 'set_aside': {
          const { side, offset, id, value } = output.input;
          const record: Incoming = { topic: side, partition, offset: BigInt(offset), timestampMs: 0, key: Buffer.from(id), value: Buffer.from(value), headers: {} };
          metrics.deadLetters.inc({ topic: side, reason: output.reason });
          out.push(deadLetterOf(record, output.reason, output.error, 'join', nowMs()));
          break;
        }
      }
    }
  }
  function expire(beforeMs: number, out: Outgoing[]): void {
    if (beforeMs <= told.beforeMs) return;
    const outputs: JoinOutput[] = [];
    told = join.expire(beforeMs, FREE_AT_ONCE, outputs, metrics.count);
    // What is freed in silence changes nothing that is committed.
    if (outputs.length > 0) uncommitted = true;
    tell(outputs, out);
  }
  function setAside(read: Exclude<Read<Side>, { status: 'event' }>, record: Incoming, out: Outgoing[]): void {
    if (read.status === 'misplaced') {
      metrics.count('misplaced');
      out.push(read.again);
      return;
    }
    metrics.deadLetters.inc({ topic: record.topic, reason: read.reason });
    out.push(read.letter);
  }

  return {
    store,
    from: state.from,
    note: () => noteOf(told),
    async handle(topic, records, committedHere) {
      const out: Outgoing[] = [];
      const outputs: JoinOutput[] = [];
      const now = nowMs();
      const side: Side = topic === 'predictions' ? 'predictions' : 'feedback';
      const committedThere = Number(committedHere);
      const ask = { registry, partitions: settings.partitions, consumer: 'join', nowMs: now, idOf };
      const ofPredictions = { ...ask, topic: 'predictions' } as const;
      const ofFeedback = { ...ask, topic: 'feedback' } as const;
      let replayed = true;
      whole = false;
      for (const record of records) {
        if (!state.take(side, record)) continue;
        const offset = offsetOf(record);
        const isNew = offset >= committedThere;
        if (isNew) replayed = false;
        newest[side] = record.timestampMs;
        if (side === 'predictions') {
          const read = readKnown(ofPredictions, record) ?? (await readInput(ofPredictions, record));
          if (read.status === 'event') join.prediction(new Input(offset, read.event, record), outputs, metrics.count);
          else if (isNew) setAside(read, record, out);
        } else {
          const read = readKnown(ofFeedback, record) ?? (await readInput(ofFeedback, record));
          // A client that gives no feedback id gets one that no other record can have.
          if (read.status === 'event') join.feedback(new Input(offset, read.event.feedback_id === '' ? { ...read.event, feedback_id: `${partition}@${offset}` } : read.event, record), outputs, metrics.count);
          else if (isNew) setAside(read, record, out);
        }
      }
      whole = true;
      tell(outputs, out);
      if (replayed) {
        if (!uncommitted) state.keep(now);
        return out;
      }
      uncommitted = true;
      expire(passedMs(newest, () => undefined, settings.expiryMarginMs), out);
      return out;
    },
    tick(caughtUpAtMs) {
      const out: Outgoing[] = [];
      expire(passedMs(newest, caughtUpAtMs, settings.expiryMarginMs), out);
      if (whole && !uncommitted) state.keep(nowMs());
      return out;
    },
    committed() {
      uncommitted = false;
      state.keep(nowMs());
    },
    close: () => state.close(whole && !uncommitted),
  };
}
