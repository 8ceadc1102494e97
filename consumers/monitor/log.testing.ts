// Seeded logs of labels for the monitor's tests.
import type { Labelled } from '../../schemas/events.ts';
import { createRandom } from '../../schemas/random.ts';
import { always, type Era, type MonitorRules } from './rules.ts';

export const CATEGORIES = ['a', 'b', 'c'];
export const RULES: MonitorRules = {
  bucketMs: 100, windowLabels: 40, windowMaxAgeMs: 5000, minF1: 0.8, minClassF1: undefined, minAccuracy: undefined, recoverMargin: 0.02, trigger: 'evidence', judgeOn: 'all', minLabels: 20, falseAlarmEvery: 50, settleMs: 0, cooldownMs: 1000,
  maxRetrainsPerDay: 3, categories: CATEGORIES, sourceLabelsPerHour: 0, trustedSources: [],
};
/** These rules from the beginning, for every model. */
export const under = (rules: MonitorRules): readonly Era[] => always({ defaults: rules, models: {} });

/** n labels of `versions` versions, one in eight corrected or withdrawn later, one in three audited; right 95 times in 100, in the second half 40 times. stepMs: mean time between labels is half of it. */
export function logOf(seed: number, n: number, versions = 2, stepMs = 60): Labelled[] {
  const random = createRandom(seed);
  const events: Labelled[] = [];
  const standing: Labelled[] = [];
  let time = 1000;
  for (let i = 0; i < n; i += 1) {
    time += random.below(stepMs);
    const old = standing.length > 0 && random.next() < 0.125 ? random.below(standing.length) : undefined;
    const before = old === undefined ? undefined : standing[old];
    if (before !== undefined && old !== undefined) {
      const label = random.next() < 0.4 ? null : random.pick(CATEGORIES);
      // Nothing is withdrawn twice, and the same label again is no revision.
      if (label === before.label) continue;
      const event: Labelled = { ...before, revision: before.revision + 1, previous_label: before.label, previous_labelled_at: before.label === null ? null : before.labelled_at, label, labelled_at: time };
      events.push(event);
      standing[old] = event;
      continue;
    }
    const label = random.pick(CATEGORIES);
    const predicted = random.next() < (i < n / 2 ? 0.95 : 0.4) ? label : random.pick(CATEGORIES);
    const event: Labelled = {
      prediction_id: `p${i}`, model_name: 'm', model_version: `v${random.below(versions) + 1}`, revision: 0, predicted, label, previous_label: null, previous_labelled_at: null, labelled_at: time, predicted_at: time - random.below(500),
      audit: random.below(3) === 0, source: i % 5 === 0 ? 'bot' : 'user',
    };
    events.push(event);
    standing.push(event);
  }
  return events;
}
