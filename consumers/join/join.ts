// The join of one partition number: predictions and feedback by prediction_id, either side first. Pure but for its own maps.
// Decides what is emitted; knows no broker and no clock. An input is (offset, broker time, event); `isNew` says that its offset is at or
// beyond the committed position. A pair is emitted if and only if at least one of its two inputs is new.
import type { Example, Feedback, Labelled, Prediction } from '../../schemas/events.ts';

export type JoinRules = { readonly horizonMs: number; readonly earlyHorizonMs: number; readonly rankOf: (source: string) => number; /** orphans with an earlier deadline were told before the last commit */ readonly expiredBeforeMs: number };
export type Counted =
  | 'prediction' | 'feedback' | 'labelled' | 'corrected' | 'withdrawn' | 'held'
  | 'duplicate_feedback' | 'same_label' | 'nothing_to_withdraw' | 'outranked' | 'duplicate_prediction' | 'conflicting_prediction'
  | 'unknown_category' | 'late' | 'too_early' | 'orphan' | 'expired';
export type JoinOutput =
  | { readonly kind: 'labelled'; readonly event: Labelled; readonly example: Example | undefined; readonly delayMs: number }
  | { readonly kind: 'set_aside'; readonly input: InputRef; readonly reason: 'conflicting_prediction' | 'unknown_category' | 'late' | 'too_early' | 'orphan'; readonly error: string };
/** Where an input stands; handed back with `set_aside`. */
export type InputRef = { readonly topic: 'predictions' | 'feedback'; readonly offset: bigint };
type Input<E> = { readonly ref: InputRef; readonly timeMs: number; readonly isNew: boolean; readonly event: E };
export type PredictionInput = Input<Prediction>;
export type FeedbackInput = Input<Feedback>;

type Current = { readonly label: string; readonly labelledAt: number; readonly rank: number };
type Paired = {
  readonly input: PredictionInput;
  current: Current | undefined;
  revision: number;
  readonly seen: Set<string>;
};
type Entry = { prediction: Paired | undefined; held: FeedbackInput[] };

/** Insertion-ordered queues of (deadline, id) make expiry constant work per event: broker times of one partition do not fall. */
type Deadline = { readonly atMs: number; readonly id: string };

export type Join = {
  prediction(input: PredictionInput, out: JoinOutput[], count: (kind: Counted) => void): void;
  feedback(input: FeedbackInput, out: JoinOutput[], count: (kind: Counted) => void): void;
  /** Frees what can no longer match: entries whose deadline is before `beforeMs`. Held feedback becomes an orphan, unless its deadline was before `expiredBeforeMs`: then it was told already. */
  expire(beforeMs: number, out: JoinOutput[], count: (kind: Counted) => void): void;
  readonly waiting: () => { readonly predictions: number; readonly held: number };
  /** `model version` → predictions within the horizon, and how many of them have ever been labelled. */
  readonly coverage: () => ReadonlyMap<string, { readonly predicted: number; readonly labelled: number }>;
};

const sameAnswer = (a: Prediction, b: Prediction): boolean => a.category === b.category && a.model_version === b.model_version && a.product_description === b.product_description && a.model_name === b.model_name;

export function createJoin({ horizonMs, earlyHorizonMs, rankOf, expiredBeforeMs }: JoinRules): Join {
  const entries = new Map<string, Entry>();
  const predictionDeadlines: Deadline[] = [];
  const heldDeadlines: Deadline[] = [];
  let predictionHead = 0;
  let heldHead = 0;
  let unlabelled = 0;
  let heldCount = 0;
  const coverage = new Map<string, { predicted: number; labelled: number }>();
  const cover = (event: Prediction, predicted: number, labelled: number): void => {
    const key = `${event.model_name} ${event.model_version}`;
    const sum = coverage.get(key) ?? { predicted: 0, labelled: 0 };
    coverage.set(key, { predicted: sum.predicted + predicted, labelled: sum.labelled + labelled });
    if (sum.predicted + predicted === 0) coverage.delete(key);
  };

  const entryOf = (id: string): Entry => {
    const entry = entries.get(id) ?? { prediction: undefined, held: [] };
    entries.set(id, entry);
    return entry;
  };

  /** Applies one feedback to its prediction. The state moves whether or not anything is emitted. */
  function apply(paired: Paired, given: FeedbackInput, out: JoinOutput[], count: (kind: Counted) => void): void {
    const { input } = paired;
    const prediction = input.event;
    const isNew = input.isNew || given.isNew;
    const tell = (kind: Counted): void => {
      if (isNew) count(kind);
    };
    const setAside = (reason: 'unknown_category' | 'late' | 'too_early', error: string): void => {
      tell(reason);
      if (isNew) out.push({ kind: 'set_aside', input: given.ref, reason, error });
    };
    const gap = given.timeMs - input.timeMs;
    if (gap > horizonMs) return setAside('late', `the feedback came ${gap} ms after its prediction, the horizon is ${horizonMs} ms`);
    if (gap < -earlyHorizonMs) return setAside('too_early', `the feedback came ${-gap} ms before its prediction, the early horizon is ${earlyHorizonMs} ms`);
    const { category, feedback_id, source } = given.event;
    if (paired.seen.has(feedback_id)) return tell('duplicate_feedback');
    paired.seen.add(feedback_id);
    if (category !== null && !prediction.probabilities.some((one) => one.category === category)) return setAside('unknown_category', `'${category}' is not among the prediction's categories`);
    const rank = rankOf(source);
    const before = paired.current;
    if (before !== undefined && rank < before.rank) return tell('outranked');
    if (category === null && before === undefined) return tell('nothing_to_withdraw');
    if (category !== null && before?.label === category) {
      // The same label from a higher rank protects it from then on, without an event.
      if (rank > before.rank) paired.current = { ...before, rank };
      return tell('same_label');
    }
    const labelledAt = Math.max(input.timeMs, given.timeMs);
    const revision = paired.revision;
    paired.revision += 1;
    if (revision === 0) {
      unlabelled -= 1;
      cover(prediction, 0, 1);
    }
    paired.current = category === null ? undefined : { label: category, labelledAt, rank };
    tell(category === null ? 'withdrawn' : before === undefined ? 'labelled' : 'corrected');
    if (!isNew) return;
    const shared = { prediction_id: prediction.prediction_id, model_name: prediction.model_name, model_version: prediction.model_version, predicted: prediction.category, revision, labelled_at: labelledAt, predicted_at: input.timeMs, source };
    out.push({
      kind: 'labelled',
      delayMs: Math.max(0, gap),
      event: { ...shared, label: category, previous_label: before?.label ?? null, previous_labelled_at: before?.labelledAt ?? null, audit: prediction.audit },
      example: category === null ? undefined : { ...shared, label: category, product_description: prediction.product_description },
    });
  }

  return {
    prediction(input, out, count) {
      const id = input.event.prediction_id;
      const entry = entryOf(id);
      if (entry.prediction !== undefined) {
        const conflict = !sameAnswer(entry.prediction.input.event, input.event);
        if (input.isNew) count(conflict ? 'conflicting_prediction' : 'duplicate_prediction');
        if (input.isNew && conflict) out.push({ kind: 'set_aside', input: input.ref, reason: 'conflicting_prediction', error: 'another prediction with this id came first' });
        return;
      }
      if (input.isNew) count('prediction');
      const paired: Paired = { input, current: undefined, revision: 0, seen: new Set() };
      entry.prediction = paired;
      unlabelled += 1;
      cover(input.event, 1, 0);
      predictionDeadlines.push({ atMs: input.timeMs + horizonMs, id });
      const { held } = entry;
      entry.held = [];
      heldCount -= held.length;
      for (const given of held) apply(paired, given, out, count);
    },
    feedback(input, out, count) {
      const id = input.event.prediction_id;
      const entry = entryOf(id);
      if (input.isNew) count('feedback');
      if (entry.prediction !== undefined) return apply(entry.prediction, input, out, count);
      if (input.isNew) count('held');
      entry.held.push(input);
      heldCount += 1;
      heldDeadlines.push({ atMs: input.timeMs + earlyHorizonMs, id });
    },
    expire(beforeMs, out, count) {
      for (let head = heldDeadlines[heldHead]; head !== undefined && head.atMs < beforeMs; head = heldDeadlines[heldHead]) {
        heldHead += 1;
        const entry = entries.get(head.id);
        if (entry === undefined || entry.prediction !== undefined) continue;
        const over = entry.held.filter((given) => given.timeMs + earlyHorizonMs < beforeMs);
        entry.held = entry.held.filter((given) => given.timeMs + earlyHorizonMs >= beforeMs);
        heldCount -= over.length;
        for (const given of over) {
          // Held feedback may be older than the committed position: what tells a told orphan from an untold one is its deadline.
          if (given.timeMs + earlyHorizonMs < expiredBeforeMs) continue;
          count('orphan');
          out.push({ kind: 'set_aside', input: given.ref, reason: 'orphan', error: `no prediction '${head.id}' came within the early horizon` });
        }
        if (entry.held.length === 0) entries.delete(head.id);
      }
      for (let head = predictionDeadlines[predictionHead]; head !== undefined && head.atMs < beforeMs; head = predictionDeadlines[predictionHead]) {
        predictionHead += 1;
        const entry = entries.get(head.id);
        if (entry?.prediction === undefined) continue;
        const wasLabelled = entry.prediction.revision > 0;
        if (!wasLabelled) unlabelled -= 1;
        cover(entry.prediction.input.event, -1, wasLabelled ? -1 : 0);
        if (entry.prediction.input.isNew) count('expired');
        entries.delete(head.id);
      }
      // The queues give their heads back in large pieces.
      if (heldHead > 10_000) {
        heldDeadlines.splice(0, heldHead);
        heldHead = 0;
      }
      if (predictionHead > 10_000) {
        predictionDeadlines.splice(0, predictionHead);
        predictionHead = 0;
      }
    },
    waiting: () => ({ predictions: unlabelled, held: heldCount }),
    coverage: () => coverage,
  };
}
