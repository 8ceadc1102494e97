// The newest predictions and what people have said of them, in bounded memory: what is held, what gives way, how it is found. Knows nothing of Kafka and HTTP.
// Each partition of `predictions` has an equal share of the room, so what is held does not depend on the order in which partitions are read.
import type { Labelled, Prediction, Probability } from '../../schemas/events.ts';
import { partitionOf } from '../../schemas/partition.ts';

export type Revision = { readonly revision: number; /** null: withdrawn */ readonly label: string | null; readonly source: string; readonly labelled_at: number };
/** What is the same for all predictions of a version is kept once. */
type Kind = { readonly modelName: string; readonly modelVersion: string; readonly categories: readonly string[]; held: number };
export type Held = {
  readonly id: string; readonly text: string; readonly kind: Kind; readonly predicted: string; readonly probabilities: readonly number[]; readonly predictedAt: number; /** broker time */ readonly atMs: number; readonly audit: boolean;
  /** The newest ones, in order. */
  revisions: readonly Revision[];
};
export type Status = 'unlabelled' | 'labelled' | 'withdrawn';
export type Room = { readonly predictions: number; readonly bytes: number; readonly partitions: number };
export type Recent = {
  /** A prediction as it stands on its partition, in offset order. The first one of an id counts, as in the join. */
  prediction(partition: number, atMs: number, event: Prediction): void;
  /** A label, or a change of one; one that is not newer than what is known changes nothing. Before its prediction: kept for it, the newest EARLY of them. */
  labelled(event: Labelled): void;
  find(id: string): Held | undefined;
  /** From the newest to the oldest, by broker time. */
  newestFirst(): Iterable<Held>;
  /** Broker time of the oldest prediction that is surely held, had it the given id; undefined while nothing had to give way. */
  heldSince(id: string): number | undefined;
  /** Broker time of the oldest prediction held; undefined: none is. */
  oldestMs(): number | undefined;
  size(): { readonly predictions: number; /** by the estimate that bounds it */ readonly bytes: number; readonly early: number };
};

/** Labels whose prediction has not been read yet: the two topics are read side by side, so only for moments. */
export const EARLY = 10_000;
/** A prediction may be corrected without end: so many of its newest revisions are kept. */
export const REVISIONS = 8;

// What V8 takes on a 64-bit machine; recent.test.ts holds the sum against the heap.
const HELD_BYTES = 230;
const REVISION_BYTES = 120;
const textBytes = (text: string): number => 24 + text.length * (/[^\0-\xff]/.test(text) ? 2 : 1);
const bytesOf = ({ id, text, probabilities, revisions }: Held): number => HELD_BYTES + textBytes(id) + textBytes(text) + 8 * probabilities.length + REVISION_BYTES * revisions.length;

export const statusOf = ({ revisions }: Held): Status => (revisions.length === 0 ? 'unlabelled' : revisions.at(-1)?.label === null ? 'withdrawn' : 'labelled');
export const labelOf = ({ revisions }: Held): string | null => revisions.at(-1)?.label ?? null;

/** What a caller is told of one. revisions_total counts those too that are not kept. */
export function viewOf(held: Held) {
  const { id, text, kind, predicted, probabilities, predictedAt, atMs, audit, revisions } = held;
  return {
    prediction_id: id, product_description: text, category: predicted, probabilities: kind.categories.map((category, i): Probability => ({ category, probability: probabilities[i] ?? 0 })),
    model_name: kind.modelName, model_version: kind.modelVersion, predicted_at: predictedAt, recorded_at: atMs, audit,
    status: statusOf(held), label: labelOf(held), revisions: [...revisions], revisions_total: (revisions.at(-1)?.revision ?? -1) + 1,
  };
}
export type View = ReturnType<typeof viewOf>;

/** A queue in an array that is cut now and then. */
type Lane = { list: (Held | undefined)[]; head: number; bytes: number; gaveWay: boolean };
const countOf = ({ list, head }: Lane): number => list.length - head;

export function createRecent({ predictions, bytes, partitions }: Room): Recent {
  const byId = new Map<string, Held>();
  const lanes: Lane[] = Array.from({ length: partitions }, () => ({ list: [], head: 0, bytes: 0, gaveWay: false }));
  const early = new Map<string, Labelled[]>();
  const kinds: Kind[] = [];
  const laneShare = { predictions: Math.ceil(predictions / partitions), bytes: Math.floor(bytes / partitions) };

  function kindOf({ model_name, model_version, probabilities }: Prediction): Kind {
    const found = kinds.find((kind) => kind.modelVersion === model_version && kind.modelName === model_name && kind.categories.length === probabilities.length && kind.categories.every((category, i) => category === probabilities[i]?.category));
    if (found !== undefined) return found;
    const made: Kind = { modelName: model_name, modelVersion: model_version, categories: probabilities.map(({ category }) => category), held: 0 };
    kinds.push(made);
    return made;
  }
  function giveWay(lane: Lane): void {
    const oldest = lane.list[lane.head];
    if (oldest === undefined) return;
    lane.list[lane.head] = undefined;
    lane.head += 1;
    lane.bytes -= bytesOf(oldest);
    lane.gaveWay = true;
    byId.delete(oldest.id);
    oldest.kind.held -= 1;
    if (oldest.kind.held === 0) kinds.splice(kinds.indexOf(oldest.kind), 1);
    if (lane.head > 64 && lane.head * 2 > lane.list.length) {
      lane.list = lane.list.slice(lane.head);
      lane.head = 0;
    }
  }
  const laneOf = (id: string): Lane | undefined => lanes[partitionOf(id, partitions)];
  function say(held: Held, { revision, label, source, labelled_at }: Labelled): void {
    if (revision <= (held.revisions.at(-1)?.revision ?? -1)) return;
    const lane = laneOf(held.id);
    const before = bytesOf(held);
    held.revisions = [...held.revisions, { revision, label, source, labelled_at }].slice(-REVISIONS);
    if (lane !== undefined) lane.bytes += bytesOf(held) - before;
  }
  const oldestIn = (lane: Lane | undefined): number | undefined => lane?.list[lane.head]?.atMs;

  return {
    prediction(partition, atMs, event) {
      const { prediction_id: id } = event;
      const lane = lanes[partition];
      // One on a foreign partition is the join's to move; it comes again on its own.
      if (lane === undefined || lane !== laneOf(id) || byId.has(id) || laneShare.predictions === 0) return;
      const kind = kindOf(event);
      kind.held += 1;
      const held: Held = { id, text: event.product_description, kind, predicted: kind.categories.find((category) => category === event.category) ?? event.category, probabilities: event.probabilities.map(({ probability }) => probability), predictedAt: event.predicted_at, atMs, audit: event.audit, revisions: [] };
      byId.set(id, held);
      lane.list.push(held);
      lane.bytes += bytesOf(held);
      for (const one of early.get(id) ?? []) say(held, one);
      early.delete(id);
      while (countOf(lane) > laneShare.predictions || (lane.bytes > laneShare.bytes && countOf(lane) > 0)) giveWay(lane);
    },
    labelled(event) {
      const held = byId.get(event.prediction_id);
      if (held !== undefined) return say(held, event);
      const lane = laneOf(event.prediction_id);
      if (lane?.gaveWay === true && event.predicted_at < (oldestIn(lane) ?? 0)) return;
      early.set(event.prediction_id, [...(early.get(event.prediction_id) ?? []), event].slice(-REVISIONS));
      for (const oldest of early.keys()) {
        if (early.size <= EARLY) break;
        early.delete(oldest);
      }
    },
    find: (id) => byId.get(id),
    *newestFirst() {
      const at = lanes.map(({ list }) => list.length - 1);
      for (;;) {
        let newest: Held | undefined;
        let from = -1;
        for (let lane = 0; lane < lanes.length; lane += 1) {
          const one = lanes[lane]?.list[at[lane] ?? -1];
          if (one !== undefined && (newest === undefined || one.atMs > newest.atMs)) [newest, from] = [one, lane];
        }
        if (newest === undefined) return;
        at[from] = (at[from] ?? 0) - 1;
        yield newest;
      }
    },
    heldSince(id) {
      const lane = laneOf(id);
      return lane?.gaveWay === true ? (oldestIn(lane) ?? Infinity) : undefined;
    },
    oldestMs() {
      const oldest = Math.min(...lanes.map((lane) => oldestIn(lane) ?? Infinity));
      return oldest === Infinity ? undefined : oldest;
    },
    size: () => ({ predictions: byId.size, bytes: lanes.reduce((sum, lane) => sum + lane.bytes, 0), early: early.size }),
  };
}
