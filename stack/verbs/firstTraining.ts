// Whether `up` waits in vain: what the trainer tells at /trainings, as far as that is asked.
import type { EpochProgress } from '../../trainer/model/progress.ts';

export type Trainings = { readonly stage?: string; readonly progress?: readonly EpochProgress[]; /** the newest one */ readonly last?: { readonly cause?: string; readonly outcome?: string | null; readonly outcome_reason?: string | null } };

/** Why no model will come: the first training has ended without one. undefined: it may come. A later training that was refused leaves the model there is. */
export function firstFailed(trainings: Trainings | undefined): string | undefined {
  const { cause, outcome, outcome_reason } = trainings?.last ?? {};
  if (cause !== 'bootstrap' || (outcome !== 'error' && outcome !== 'rejected')) return undefined;
  return `the first training ended with '${outcome}': ${outcome_reason ?? 'see ./loop logs trainer'}`;
}
