// One text that is tried: asked, answered, and what the person said of the answer. The newest first.
import type { Prediction, Problem } from './wire.ts';

export type Trial = {
  readonly text: string; readonly prediction: Prediction;
  readonly chosen: string;
  /** What has been said of it; null: taken back. */
  readonly said: { readonly category: string | null; readonly status: 'travels' | 'stored' | 'failed' } | undefined;
};
export type Trials = { readonly asking: string | undefined; readonly problem: Problem | undefined; readonly list: readonly Trial[] };
export const noTrials: Trials = { asking: undefined, problem: undefined, list: [] };
const KEPT = 20;

export const asked = (trials: Trials, text: string): Trials => ({ ...trials, asking: text, problem: undefined });
export const refused = (trials: Trials, problem: Problem): Trials => ({ ...trials, asking: undefined, problem });
export const answered = (trials: Trials, text: string, prediction: Prediction): Trials => ({ asking: undefined, problem: undefined, list: [{ text, prediction, chosen: prediction.category, said: undefined }, ...trials.list].slice(0, KEPT) });

const change = (trials: Trials, id: string, by: (trial: Trial) => Trial): Trials => ({ ...trials, list: trials.list.map((one) => (one.prediction.prediction_id === id ? by(one) : one)) });
const places = ({ prediction }: Trial): string[] => prediction.probabilities.map(({ category }) => category);
/** Of the newest one. */
export const choose = (trials: Trials, category: string | undefined): Trials => {
  const [trial] = trials.list;
  return trial === undefined || category === undefined || !places(trial).includes(category) ? trials : change(trials, trial.prediction.prediction_id, (one) => ({ ...one, chosen: category }));
};
export const categoryAt = ({ list: [trial] }: Trials, place: number): string | undefined => (trial === undefined ? undefined : places(trial)[place]);
export function neighbourOf({ list: [trial] }: Trials, by: number): string | undefined {
  if (trial === undefined) return undefined;
  const names = places(trial);
  return names[(names.indexOf(trial.chosen) + by + names.length) % names.length];
}
/** What is to be said of the newest one: undefined where that has been said already. */
export const toSay = ({ list: [trial] }: Trials): string | undefined => (trial === undefined || (trial.said?.category === trial.chosen && trial.said.status !== 'failed') ? undefined : trial.chosen);
export const says = (trials: Trials, id: string, category: string | null): Trials => ({ ...change(trials, id, (one) => ({ ...one, said: { category, status: 'travels' } })), problem: undefined });
export const arrived = (trials: Trials, id: string, problem?: Problem): Trials => ({ ...change(trials, id, (one) => (one.said === undefined ? one : { ...one, said: { ...one.said, status: problem === undefined ? 'stored' : 'failed' } })), problem: problem ?? trials.problem });
