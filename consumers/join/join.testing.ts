// What tests of the join's rules share: short events, outputs as text, and logs for laws.
import fc from 'fast-check';
import type { Feedback, Prediction } from '../../schemas/events.ts';
import { createJoin as joinOver, NOTHING_TOLD, type Counted, type Join, type JoinOutput, type JoinRules } from './join.ts';
import { memoryStore, type JoinStore } from './store.ts';

export const RULES = { horizonMs: 1000, earlyHorizonMs: 100, rankOf: (source: string): number => (source === 'expert' ? 2 : 0), driftReference: 3, told: NOTHING_TOLD, isNew: (): boolean => true };
const NOTHING = new Uint8Array();
export const createJoin = (rules: JoinRules, store: JoinStore = memoryStore()): Join & { store: JoinStore } => ({ ...joinOver(rules, store), store });
const prediction = (id: string, category = 'a'): Prediction => ({ prediction_id: id, model_name: 'm', model_version: 'v1', product_description: id, category, probabilities: [{ category: 'a', probability: 0.6 }, { category: 'b', probability: 0.4 }], predicted_at: 0, audit: false });
const feedback = (id: string, feedbackId: string, category: string | null, source = 'user'): Feedback => ({ prediction_id: id, feedback_id: feedbackId, model_name: 'm', category, source, given_at: 0 });

export type Event = { side: 'predictions'; offset: number; timeMs: number; event: Prediction } | { side: 'feedback'; offset: number; timeMs: number; event: Feedback };
export function feed(join: Join, event: Event, counts?: Map<Counted, number>): JoinOutput[] {
  const out: JoinOutput[] = [];
  const count = (kind: Counted): void => void counts?.set(kind, (counts.get(kind) ?? 0) + 1);
  const at = { offset: event.offset, timeMs: event.timeMs, value: NOTHING };
  if (event.side === 'predictions') join.prediction({ ...at, event: event.event }, out, count);
  else join.feedback({ ...at, event: event.event }, out, count);
  return out;
}
export const p = (offset: number, timeMs: number, id: string, category = 'a'): Event => ({ side: 'predictions', offset, timeMs, event: prediction(id, category) });
export const f = (offset: number, timeMs: number, id: string, feedbackId: string, category: string | null, source = 'user'): Event => ({ side: 'feedback', offset, timeMs, event: feedback(id, feedbackId, category, source) });
export const brief = (outputs: readonly JoinOutput[]): string[] => outputs.map((output) => (output.kind === 'set_aside' ? `${output.reason} ${output.input.offset}` : output.kind === 'erased' ? `${output.id} erased` : `${output.event.prediction_id} r${output.event.revision} ${output.event.previous_label ?? '-'}>${output.event.label ?? '-'} @${output.event.labelled_at}${output.example === undefined ? ' tombstone' : ''}`));

/** Two logs with rising broker times, over few ids so that everything meets. */
export const logs = fc.record({
  predictions: fc.array(fc.record({ id: fc.constantFrom('x', 'y', 'z'), category: fc.constantFrom('a', 'b'), gap: fc.integer({ min: 0, max: 80 }) }), { maxLength: 6 }),
  feedback: fc.array(fc.record({ id: fc.constantFrom('x', 'y', 'z'), feedbackId: fc.constantFrom('1', '2', '3', '4'), category: fc.constantFrom('a', 'b', null), source: fc.constantFrom('user', 'expert'), gap: fc.integer({ min: 0, max: 300 }) }), { maxLength: 12 }),
}).map(({ predictions, feedback: given }) => {
  let time = 100;
  const left = predictions.map((one, i) => p(i, (time += one.gap), one.id, one.category));
  time = 50;
  const right = given.map((one, i) => f(i, (time += one.gap), one.id, one.feedbackId, one.category, one.source));
  return { left, right };
});
/** Interleaves by a list of choices: true takes from the left. */
export function interleave(left: readonly Event[], right: readonly Event[], choices: readonly boolean[]): Event[] {
  const result: Event[] = [];
  let l = 0;
  let r = 0;
  for (let i = 0; l < left.length || r < right.length; i += 1) {
    const takeLeft = l < left.length && (r >= right.length || choices[i % Math.max(1, choices.length)] === true);
    const event = takeLeft ? left[l] : right[r];
    if (takeLeft) l += 1;
    else r += 1;
    if (event !== undefined) result.push(event);
  }
  return result;
}
