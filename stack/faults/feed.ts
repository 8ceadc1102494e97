// What people and a model say, as records for the two inputs: a pure stream from a seed. Versions follow each other; the second half of each answers badly, so
// that retrainings are ordered. Everything the join has a rule for occurs: early, late in the stream, corrected, withdrawn, twice, misplaced, unknown.
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Feedback, Prediction } from '../../schemas/events.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { createRandom } from '../../schemas/random.ts';

const CATEGORIES = ['Beverages', 'Fresh & Perishable Items', 'Dry Goods & Pantry Staples'] as const;
export type FeedOptions = { readonly seed: number; readonly model: string; readonly products: number; readonly versions: number; readonly partitions: number; /** feedback comes at most so many products later */ readonly delay: number };

/** Records of one product after the other, in the order in which they are to be written; what is due later comes with a later product. */
export function* feedOf({ seed, model, products, versions, partitions, delay }: FeedOptions): Generator<readonly Outgoing[]> {
  const random = createRandom(seed);
  const chance = (share: number): boolean => random.next() < share;
  const due = new Map<number, Outgoing[]>();
  /** At the earliest `from`, so that what one person says of one product keeps its order. */
  function later(from: number, step: number, records: readonly Outgoing[]): number {
    const at = Math.min(Math.max(from, step), products - 1);
    due.set(at, [...(due.get(at) ?? []), ...records]);
    return at;
  }
  const soonOrLate = (step: number): number => step + (chance(0.8) ? random.below(50) : random.below(delay));

  for (let step = 0; step < products; step += 1) {
    const id = `${model}-${step}`;
    const place = (step * versions) / products;
    const truth = random.pick(CATEGORIES);
    const right = chance(place % 1 < 0.5 ? 0.96 : 0.7);
    const others = CATEGORIES.filter((one) => one !== truth);
    const category = right ? truth : random.pick(others);
    const probabilities = CATEGORIES.map((one) => ({ category: one, probability: one === category ? 0.8 : 0.1 }));
    const prediction: Prediction = { prediction_id: id, model_name: model, model_version: `v${1 + Math.floor(place)}`, product_description: `product ${step} of ${truth}`, category, probabilities, predicted_at: step, audit: chance(0.1) };
    let said = 0;
    const says = (label: string | null, feedbackId = `${id}/${(said += 1)}`): Outgoing => {
      const value: Feedback = { prediction_id: id, feedback_id: feedbackId, model_name: model, category: label, source: 'people', given_at: step };
      return { topic: 'feedback', key: id, value, ...(chance(0.02) ? { partition: (partitionOf(id, partitions) + 1) % partitions } : {}) };
    };
    const predicts: Outgoing = { topic: 'predictions', key: id, value: prediction };
    const now: Outgoing[] = [];
    let at = step;
    if (chance(0.1)) {
      // The label is there before the prediction.
      now.push(says(truth));
      at = later(step + 1, soonOrLate(step), [predicts]);
    } else {
      now.push(predicts);
      if (chance(0.75)) at = later(step, soonOrLate(step), [says(truth), ...(chance(0.05) ? [says(truth)] : [])]);
    }
    if (chance(0.02)) later(step, soonOrLate(step), [chance(0.5) ? predicts : { topic: 'predictions', key: id, value: { ...prediction, category: truth } }]);
    if (chance(0.04)) later(at, soonOrLate(at), [says(truth, `${id}/1`)]);
    if (chance(0.1)) at = later(at, soonOrLate(at), [says(random.pick(others))]);
    if (chance(0.05)) at = later(at, soonOrLate(at), [says(null), ...(chance(0.3) ? [says(null)] : [])]);
    if (chance(0.03)) later(at, soonOrLate(at), [says(truth)]);
    if (chance(0.005)) later(at, soonOrLate(at), [says('No Such Category')]);
    yield [...now, ...(due.get(step) ?? [])];
    due.delete(step);
  }
}
