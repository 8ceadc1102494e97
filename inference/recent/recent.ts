// The newest predictions and what people have said of them, in bounded memory: what is held, what gives way, how it is found. Knows nothing of Kafka and HTTP.
// Each partition of `predictions` has an equal share of the room, so what is held does not depend on the order in which partitions are read.
// They are kept as the bytes they came in and read when somebody asks: nearly all give way unseen.
import { AVRO } from '../../schemas/avro.ts';
import { keptCodec } from '../../schemas/codec.ts';
import { isHandWritten } from '../../schemas/handWritten.ts';
import type { Labelled, Prediction } from '../../schemas/events.ts';
import { murmur2, partitionOfHash } from '../../schemas/partition.ts';
import { endOfPredictionId } from '../../schemas/quickRead.ts';
import type { Held, Revision } from './held.ts';
import { createLane, type Lane } from './lane.ts';

/** Where a record's key and value stand; the value in wire format under our own schema. */
export type Window = { readonly bytes: Uint8Array; readonly keyFrom: number; readonly keyTo: number; readonly valueFrom: number; readonly valueTo: number };
export type Room = { readonly predictions: number; readonly bytes: number; readonly partitions: number };
export type Recent = {
  /** A prediction as it stands on its partition, in offset order. The first one of an id counts, as in the join. */
  prediction(partition: number, atMs: number, event: Prediction): void;
  /** The same from the record's bytes, several times as quickly; false: nothing was done, they are not plainly a prediction, with its id as the key, on its partition. */
  record(partition: number, atMs: number, window: Window): boolean;
  /** A label, or a change of one; one that is not newer than what is known changes nothing. Before its prediction: kept for it, the newest EARLY of them. */
  labelled(event: Labelled): void;
  /** It is told to nobody any more, and its text is overwritten; one that comes later with this id is not kept. */
  erase(id: string): void;
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

// What V8 takes on a 64-bit machine; recent.test.ts holds the sum of all against the process.
const REVISION_BYTES = 120;
/** Before the id in a value in wire format. */
const HEADER_BYTES = 5;
/** Allocated at a time by a partition with room enough. */
const SLAB_BYTES = 64 * 1024;
const LEAST_SLAB_BYTES = 4 * 1024;
const SPACE = 0x20;

type Share = { readonly lane: Lane; readonly revisions: Map<number, readonly Revision[]>; revisionCount: number; gaveWay: boolean };
const { encode, decode } = keptCodec('predictions');
/** Bytes of the wire are kept as they are where they have the layout that is kept. */
const ALIKE = isHandWritten('predictions', AVRO.predictions);
/** Spreads what the partition has left the same in all of a lane's hashes. */
const spread = (hash: number): number => Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { ignoreBOM: true });
/** An id as Avro writes it: the zigzag varint of its length, then its bytes from idFrom on. */
function idField(id: string): { readonly field: Uint8Array; readonly idFrom: number } {
  const bytes = utf8.encode(id);
  const field: number[] = [];
  let rest = 2 * bytes.length;
  for (; rest >= 128; rest >>>= 7) field.push((rest & 127) | 128);
  field.push(rest);
  return { field: Uint8Array.of(...field, ...bytes), idFrom: field.length };
}

export function createRecent({ predictions, bytes, partitions }: Room): Recent {
  const share = { predictions: Math.ceil(predictions / partitions), bytes: Math.floor(bytes / partitions) };
  const slabBytes = Math.max(LEAST_SLAB_BYTES, Math.min(SLAB_BYTES, share.bytes >>> 3));
  const shares: Share[] = Array.from({ length: partitions }, () => ({ lane: createLane(slabBytes, HEADER_BYTES), revisions: new Map(), revisionCount: 0, gaveWay: false }));
  const early = new Map<string, Labelled[]>();
  const erased = new Set<string>();

  const countOf = ({ lane }: Share): number => lane.end() - lane.first();
  const bytesOf = ({ lane, revisionCount }: Share): number => lane.bytes() + REVISION_BYTES * revisionCount;
  const oldestIn = (one: Share | undefined): number | undefined => (one === undefined || countOf(one) === 0 ? undefined : one.lane.atMs(one.lane.first()));
  /** Where the prediction with this id is, or would be. */
  function placeOf(id: string): { readonly share: Share | undefined; readonly place: number } {
    const { field, idFrom } = idField(id);
    const hash = murmur2(field, idFrom);
    const one = shares[partitionOfHash(hash, partitions)];
    return { share: one, place: one?.lane.find(spread(hash), field, 0, field.length) ?? 0 };
  }
  function heldAt({ lane, revisions }: Share, place: number): Held {
    const { prediction_id: id, product_description, model_name: modelName, model_version: modelVersion, category: predicted, probabilities, predicted_at: predictedAt, audit } = decode(lane.bytesAt(place));
    return { id, text: product_description, kind: { modelName, modelVersion, categories: probabilities.map(({ category }) => category) }, predicted, probabilities: probabilities.map(({ probability }) => probability), predictedAt, atMs: lane.atMs(place), audit, revisions: revisions.get(place) ?? [] };
  }
  function setRevisions(one: Share, place: number, revisions: readonly Revision[]): void {
    one.revisionCount += revisions.length - (one.revisions.get(place)?.length ?? 0);
    if (revisions.length === 0) one.revisions.delete(place);
    else one.revisions.set(place, revisions);
  }
  function say(one: Share, place: number, { revision, label, source, labelled_at }: Labelled): void {
    const before = one.revisions.get(place) ?? [];
    if (revision > (before.at(-1)?.revision ?? -1)) setRevisions(one, place, [...before, { revision, label, source, labelled_at }].slice(-REVISIONS));
  }
  function giveWay(one: Share): void {
    one.gaveWay = true;
    const place = one.lane.drop();
    if (one.revisionCount > 0) setRevisions(one, place, []);
  }
  /** The value source[from, to), whose id is source[idFrom, idEnd). One on a foreign partition is the join's to move; it comes again on its own: false. */
  function keep(partition: number, atMs: number, source: Uint8Array, from: number, to: number, idFrom: number, idEnd: number): boolean {
    const hash = murmur2(source, idFrom, idEnd);
    const one = shares[partition];
    if (one === undefined || partitionOfHash(hash, partitions) !== partition) return false;
    if (erased.size > 0 && erased.has(text.decode(source.subarray(idFrom, idEnd)))) return true;
    const mixed = spread(hash);
    if (share.predictions === 0 || one.lane.find(mixed, source, from + HEADER_BYTES, idEnd) !== 0) return true;
    const place = one.lane.add(mixed, atMs, source, from, to);
    if (early.size > 0) {
      const id = text.decode(source.subarray(idFrom, idEnd));
      for (const label of early.get(id) ?? []) say(one, place, label);
      early.delete(id);
    }
    while (countOf(one) > share.predictions || (bytesOf(one) > share.bytes && countOf(one) > 0)) giveWay(one);
    return true;
  }

  return {
    prediction(partition, atMs, event) {
      const value = encode(event);
      const { field, idFrom } = idField(event.prediction_id);
      keep(partition, atMs, value, 0, value.length, HEADER_BYTES + idFrom, HEADER_BYTES + field.length);
    },
    record(partition, atMs, { bytes: source, keyFrom, keyTo, valueFrom, valueTo }) {
      if (!ALIKE) return false;
      const length = keyTo - keyFrom;
      const idEnd = length < 0 || valueTo - valueFrom < HEADER_BYTES ? -1 : endOfPredictionId(source, valueFrom + HEADER_BYTES, valueTo);
      if (idEnd < 0) return false;
      // The length before the id takes one byte or two; where it is another length than the key's, the id would not begin here.
      const idFrom = idEnd - length;
      if (idFrom !== valueFrom + HEADER_BYTES + (length < 64 ? 1 : 2) || length >= 8192) return false;
      for (let i = 0; i < length; i += 1) if (source[keyFrom + i] !== source[idFrom + i]) return false;
      return keep(partition, atMs, source, valueFrom, valueTo, idFrom, idEnd);
    },
    labelled(event) {
      const { share: one, place } = placeOf(event.prediction_id);
      if (one === undefined) return;
      if (place !== 0) return say(one, place, event);
      if (one.gaveWay && event.predicted_at < (oldestIn(one) ?? 0)) return;
      early.set(event.prediction_id, [...(early.get(event.prediction_id) ?? []), event].slice(-REVISIONS));
      for (const oldest of early.keys()) {
        if (early.size <= EARLY) break;
        early.delete(oldest);
      }
    },
    erase(id) {
      erased.add(id);
      early.delete(id);
      const { share: one, place } = placeOf(id);
      if (one === undefined || place === 0) return;
      const bytes = one.lane.bytesAt(place);
      const words = utf8.encode(heldAt(one, place).text);
      const at = bytes.lastIndexOf(words);
      if (words.length > 0 && at >= 0) bytes.fill(SPACE, at, at + words.length);
    },
    find(id) {
      const { share: one, place } = placeOf(id);
      return one === undefined || place === 0 || erased.has(id) ? undefined : heldAt(one, place);
    },
    *newestFirst() {
      const at = shares.map(({ lane }) => lane.end() - 1);
      for (;;) {
        let newest: Share | undefined;
        let from = -1;
        for (let i = 0; i < shares.length; i += 1) {
          const one = shares[i];
          const place = at[i] ?? 0;
          if (one === undefined || place < one.lane.first()) continue;
          if (newest === undefined || one.lane.atMs(place) > newest.lane.atMs(at[from] ?? 0)) [newest, from] = [one, i];
        }
        if (newest === undefined) return;
        const place = at[from] ?? 0;
        at[from] = place - 1;
        const held = heldAt(newest, place);
        if (!erased.has(held.id)) yield held;
      }
    },
    heldSince(id) {
      const { share: one } = placeOf(id);
      return one?.gaveWay === true ? (oldestIn(one) ?? Infinity) : undefined;
    },
    oldestMs: () => shares.reduce<number | undefined>((oldest, one) => (countOf(one) === 0 ? oldest : Math.min(oldest ?? Infinity, oldestIn(one) ?? Infinity)), undefined),
    size: () => ({ predictions: shares.reduce((sum, one) => sum + countOf(one), 0), bytes: shares.reduce((sum, one) => sum + bytesOf(one), 0), early: early.size }),
  };
}
