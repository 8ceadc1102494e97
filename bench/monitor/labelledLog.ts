// A seeded log of labels as the join would write it, for folds that are measured: two versions, five categories, one label in twenty corrected later, one in fifty withdrawn.
import { DEFAULT_CATEGORIES } from '../../schemas/categories.ts';
import type { Labelled } from '../../schemas/events.ts';
import { createRandom } from '../../schemas/random.ts';
import { createWorld } from '../feed.ts';

/** 1 January 2026 */
const START_MS = 1_767_225_600_000;
const MEAN_GAP_MS = 300;
const CORRECTED = 0.05;
const WITHDRAWN = 0.02;

/** `count` events; accuracy .92, in the last third of the log .80: below the default threshold, so that retrainings are ordered. */
export function labelledLog(seed: number, count: number): Labelled[] {
  const world = createWorld({ seed });
  const random = createRandom(seed);
  const events: Labelled[] = [];
  const changed = new Set<Labelled>();
  let timeMs = START_MS;
  for (let i = 0; events.length < count; i += 1) {
    timeMs += random.below(2 * MEAN_GAP_MS);
    const chance = random.next();
    const old = chance < CORRECTED + WITHDRAWN && i > 0 ? events[random.below(events.length)] : undefined;
    // A label is changed once at most.
    if (old !== undefined && old.revision === 0 && !changed.has(old)) {
      const label = chance < WITHDRAWN ? null : random.pick(DEFAULT_CATEGORIES.filter((one) => one !== old.label));
      events.push({ ...old, revision: 1, label, previous_label: old.label, previous_labelled_at: old.labelled_at, labelled_at: timeMs });
      changed.add(old);
      continue;
    }
    const predicted = world.categoryOf(i);
    const right = random.next() < (events.length < (count * 2) / 3 ? 0.92 : 0.8);
    events.push({
      prediction_id: world.idOf(i), model_name: 'grocery', model_version: i % 2 === 0 ? 'v1' : 'v2', revision: 0, predicted, label: right ? predicted : random.pick(DEFAULT_CATEGORIES.filter((one) => one !== predicted)),
      previous_label: null, labelled_at: timeMs, previous_labelled_at: null, predicted_at: timeMs - 60_000, audit: i % 10 === 0, source: 'user',
    });
  }
  return events;
}
