// The join of one partition number: predictions and feedback by prediction_id, either side first. Pure: its memory is an argument.
// Decides what is emitted; knows no broker and no clock. An input is (offset, broker time, event) and is *new* when its offset is at or
// beyond the committed position. A pair is emitted if and only if at least one of its two inputs is new.
import { isErasure } from '../../schemas/erasure.ts';
import type { Example, Feedback, Labelled, Prediction } from '../../schemas/events.ts';
import { createMixes, topOf, versionKey } from './mix.ts';
import { createShared } from './shared.ts';
import { emptyEntry, type Entry, type Held, type JoinStore, type Shape, type StoredPrediction } from './store.ts';

export type Side = 'predictions' | 'feedback';
export type JoinRules = {
  readonly horizonMs: number; readonly earlyHorizonMs: number; readonly rankOf: (source: string) => number;
  /** predictions of a version on this partition that are the reference of its mix; 0: none */
  readonly driftReference: number;
  /** what expiry had done at the last commit */
  readonly told: Told;
  readonly isNew: (side: Side, offset: number) => boolean;
};
/** Every kind of `loop_join_events_total`; README.md says when each is counted. `misplaced` is the worker's. */
export const COUNTED = [
  'prediction', 'feedback', 'labelled', 'corrected', 'withdrawn', 'held',
  'duplicate_feedback', 'same_label', 'nothing_to_withdraw', 'outranked', 'duplicate_prediction', 'conflicting_prediction',
  'unknown_category', 'late', 'too_early', 'orphan', 'erased', 'expired', 'misplaced',
] as const;
/** How far expiry has come. below: orphans are told in the order of their offsets, up to here. beforeMs: what had its deadline earlier is freed. */
export type Told = { readonly below: number; readonly beforeMs: number };
export const NOTHING_TOLD: Told = { below: 0, beforeMs: 0 };
export type Counted = (typeof COUNTED)[number];
export type JoinOutput =
  | { readonly kind: 'labelled'; readonly event: Labelled; readonly example: Example | undefined; readonly delayMs: number }
  /** Its text is to be forgotten: no example of it stands any more. */
  | { readonly kind: 'erased'; readonly id: string }
  | { readonly kind: 'set_aside'; readonly input: InputRef; readonly reason: 'conflicting_prediction' | 'unknown_category' | 'late' | 'too_early' | 'orphan'; readonly error: string };
/** The input that is set aside; value: its original bytes. */
export type InputRef = { readonly side: Side; readonly offset: number; readonly id: string; readonly value: Uint8Array };
type Input<E> = { readonly offset: number; readonly timeMs: number; readonly event: E; readonly value: Uint8Array };
type Given = Omit<Held, 'value'>;
export type PredictionInput = Input<Prediction>;
export type FeedbackInput = Input<Feedback>;
type Count = (kind: Counted) => void;

export type Join = {
  prediction(input: PredictionInput, out: JoinOutput[], count: Count): void;
  feedback(input: FeedbackInput, out: JoinOutput[], count: Count): void;
  /** Frees what can no longer match: at most `limit` entries whose deadline is before `beforeMs`. Held feedback becomes an orphan, unless it was told already. Returns how far that is. */
  expire(beforeMs: number, limit: number, out: JoinOutput[], count: Count): Told;
};

/** In the place of a text that was erased: no prediction has an empty one. */
const ERASED = '';

export function createJoin({ horizonMs, earlyHorizonMs, rankOf, driftReference, told, isNew }: JoinRules, store: JoinStore): Join {
  const { sums } = store;
  let toldBelow = told.below;
  const mixes = createMixes(sums.mixes, driftReference);
  const shapes = createShared();
  const keys = new Map<Shape, string>();
  function keyOf(shape: Shape): string {
    const key = keys.get(shape) ?? versionKey(shape);
    keys.set(shape, key);
    return key;
  }
  /** How many predictions more, and how many of all have a label now that had none (or the other way). */
  function cover(shape: Shape, predicted: number, labelled: number): void {
    const key = keyOf(shape);
    const sum = sums.coverage.get(key) ?? { predicted: 0, labelled: 0, auditPredicted: 0, auditLabelled: 0 };
    sum.predicted += predicted;
    sum.labelled += labelled;
    if (shape.audit) {
      sum.auditPredicted += predicted;
      sum.auditLabelled += labelled;
    }
    sums.unlabelled += predicted - labelled;
    if (sum.predicted > 0) sums.coverage.set(key, sum);
    else {
      sums.coverage.delete(key);
      mixes.drop(key);
    }
  }

  /** An erasure may come before its prediction, as any feedback; after it, at any time. */
  const forgets = (given: Given, predictedAtMs: number): boolean => isErasure(given) && given.timeMs - predictedAtMs >= -earlyHorizonMs;
  /** Applies one feedback to its prediction. The entry changes whether or not anything is emitted. */
  function apply(id: string, entry: Entry, prediction: StoredPrediction, given: Given, original: { readonly value: Uint8Array }, out: JoinOutput[], count: Count): void {
    if (isErasure(given)) {
      if (forgets(given, prediction.timeMs)) entry.prediction = { ...prediction, text: ERASED };
      return;
    }
    const telling = isNew('predictions', prediction.offset) || isNew('feedback', given.offset);
    const tell = (kind: Counted): void => {
      if (telling) count(kind);
    };
    const setAside = (reason: 'unknown_category' | 'late' | 'too_early', error: string): void => {
      tell(reason);
      if (telling) out.push({ kind: 'set_aside', input: { side: 'feedback', offset: given.offset, id, value: original.value }, reason, error });
    };
    const gap = given.timeMs - prediction.timeMs;
    if (gap > horizonMs) return setAside('late', `the feedback came ${gap} ms after its prediction, the horizon is ${horizonMs} ms`);
    // What was told as an orphan is not told again when a rebuilt state meets its prediction after all.
    if (gap < -earlyHorizonMs && given.offset < told.below) return;
    if (gap < -earlyHorizonMs) return setAside('too_early', `the feedback came ${-gap} ms before its prediction, the early horizon is ${earlyHorizonMs} ms`);
    const { category, feedbackId, source } = given;
    if (entry.seen.includes(feedbackId)) return tell('duplicate_feedback');
    entry.seen.push(feedbackId);
    const { shape } = prediction;
    if (category !== null && !shape.categories.includes(category)) return setAside('unknown_category', `'${category}' is not among the prediction's categories`);
    const rank = rankOf(source);
    const before = entry.current;
    if (before !== undefined && rank < before.rank) return tell('outranked');
    if (category === null && before === undefined) return tell('nothing_to_withdraw');
    if (category !== null && before?.label === category) {
      // The same label from a higher rank protects it from then on, without an event.
      if (rank > before.rank) entry.current = { ...before, rank };
      return tell('same_label');
    }
    const labelledAt = Math.max(prediction.timeMs, given.timeMs);
    const revision = entry.revision;
    entry.revision += 1;
    if (category === null) cover(shape, 0, -1);
    else if (before === undefined) cover(shape, 0, 1);
    entry.current = category === null ? undefined : { label: category, labelledAt, rank };
    tell(category === null ? 'withdrawn' : before === undefined ? 'labelled' : 'corrected');
    if (!telling) return;
    out.push({
      kind: 'labelled',
      delayMs: Math.max(0, gap),
      event: {
        prediction_id: id, model_name: shape.modelName, model_version: shape.modelVersion, revision, predicted: shape.category, label: category, previous_label: before?.label ?? null,
        labelled_at: labelledAt, previous_labelled_at: before?.labelledAt ?? null, predicted_at: prediction.timeMs, audit: shape.audit, source,
      },
      example: category === null || prediction.text === ERASED ? undefined : {
        prediction_id: id, model_name: shape.modelName, model_version: shape.modelVersion, product_description: prediction.text, label: category, predicted: shape.category,
        revision, labelled_at: labelledAt, predicted_at: prediction.timeMs, source,
      },
    });
  }

  return {
    prediction(input, out, count) {
      const { offset, timeMs, event } = input;
      const id = event.prediction_id;
      const entry = store.get(id) ?? emptyEntry();
      const fresh = isNew('predictions', offset);
      const shape = shapes.of(event);
      const first = entry.prediction;
      if (first !== undefined) {
        const { modelName, modelVersion, category } = first.shape;
        const same = modelName === shape.modelName && modelVersion === shape.modelVersion && category === shape.category && (first.text === ERASED || first.text === event.product_description);
        if (fresh) count(same ? 'duplicate_prediction' : 'conflicting_prediction');
        if (fresh && !same) out.push({ kind: 'set_aside', input: { side: 'predictions', offset, id, value: input.value }, reason: 'conflicting_prediction', error: 'another prediction with this id came first' });
        return;
      }
      if (fresh) count('prediction');
      // What was said before the erasure must not tell the text either.
      const prediction = { offset, timeMs, shape, text: entry.held.some((given) => forgets(given, timeMs)) ? ERASED : event.product_description };
      entry.prediction = prediction;
      cover(shape, 1, 0);
      mixes.add(shape, topOf(event.probabilities), timeMs);
      if (entry.held.length > 0) {
        const { held } = entry;
        entry.held = [];
        sums.held -= held.length;
        for (const given of held) apply(id, entry, entry.prediction, given, given, out, count);
      }
      store.put(id, entry, 'prediction');
    },
    feedback(input, out, count) {
      const { offset, timeMs, event } = input;
      const id = event.prediction_id;
      const fresh = isNew('feedback', offset);
      if (fresh) count('feedback');
      const entry = store.get(id) ?? emptyEntry();
      if (fresh && isErasure(event)) {
        count('erased');
        // Whatever is known of it here: an example outlives the prediction's time in memory.
        out.push({ kind: 'erased', id });
      }
      const given = { offset, timeMs, feedbackId: event.feedback_id, category: event.category, source: event.source };
      if (entry.prediction !== undefined) {
        apply(id, entry, entry.prediction, given, input, out, count);
        store.put(id, entry);
        return;
      }
      if (fresh && !isErasure(event)) count('held');
      // The bytes of a fetched record are a window on a much larger buffer: what is kept is copied.
      entry.held.push({ ...given, value: Uint8Array.from(input.value) });
      sums.held += 1;
      store.put(id, entry, 'feedback');
    },
    expire(beforeMs, limit, out, count) {
      let left = limit;
      let freedBeforeMs = beforeMs;
      for (let oldest = store.held.oldestMs(); oldest !== undefined && oldest + earlyHorizonMs < beforeMs; oldest = store.held.oldestMs(), left -= 1) {
        if (left <= 0) {
          freedBeforeMs = oldest + earlyHorizonMs;
          break;
        }
        const { id } = store.held.shift() ?? { id: '' };
        const entry = store.get(id);
        const given = entry?.held[0];
        if (entry === undefined || given === undefined) continue;
        // Either it is the oldest held one of its id, or that id's prediction has come and there is none.
        if (given.timeMs + earlyHorizonMs >= beforeMs) continue;
        entry.held.shift();
        sums.held -= 1;
        if (entry.held.length === 0 && entry.prediction === undefined) store.remove(id);
        else store.put(id, entry);
        // Held feedback may be older than the committed position. Its offset tells a told orphan from an untold one; its time does not: many share one, and a broker's clock may step back.
        if (given.offset < told.below || isErasure(given)) continue;
        toldBelow = Math.max(toldBelow, given.offset + 1);
        count('orphan');
        out.push({ kind: 'set_aside', input: { side: 'feedback', offset: given.offset, id, value: given.value }, reason: 'orphan', error: `no prediction '${id}' came within the early horizon` });
      }
      for (let oldest = store.predictions.oldestMs(); oldest !== undefined && oldest + horizonMs < beforeMs; oldest = store.predictions.oldestMs(), left -= 1) {
        if (left <= 0) {
          freedBeforeMs = Math.min(freedBeforeMs, oldest + horizonMs);
          break;
        }
        const { id } = store.predictions.shift() ?? { id: '' };
        const { prediction, current } = store.get(id) ?? emptyEntry();
        if (prediction === undefined) continue;
        cover(prediction.shape, -1, current === undefined ? 0 : -1);
        // What a restart frees again was counted before the last commit.
        if (prediction.timeMs + horizonMs >= told.beforeMs) count('expired');
        store.remove(id);
      }
      return { below: toldBelow, beforeMs: freedBeforeMs };
    },
  };
}
