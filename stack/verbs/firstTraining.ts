// Whether `up` waits in vain: what the trainer tells at /trainings, as far as that is asked.
import type { EpochProgress } from '../../trainer/model/progress.ts';

export type Trainings = { /** promotions that MySQL has lost */ readonly ledger_behind?: number; readonly stage?: string; readonly progress?: readonly EpochProgress[]; /** the newest one */ readonly last?: { readonly cause?: string; readonly outcome?: string | null; readonly outcome_reason?: string | null } };

/** Why no model will come: the first training has ended without one. undefined: it may come. A later training that was refused leaves the model there is. */
export function firstFailed(trainings: Trainings | undefined): string | undefined {
  const { cause, outcome, outcome_reason } = trainings?.last ?? {};
  if (cause !== 'bootstrap' || (outcome !== 'error' && outcome !== 'rejected')) return undefined;
  return `the first training ended with '${outcome}': ${outcome_reason ?? 'see ./loop logs trainer'}`;
}

/** Why the model that was promoted will not come by itself, from what inference says at /health/ready: its objects are gone or damaged, and no earlier one can be loaded. undefined: it may come. */
export function lostModel(answer: unknown): string | undefined {
  const detail: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'detail') : undefined;
  if (typeof detail !== 'string' || !/ cannot be loaded: .*(there is no object s3:|SHA-256)/.test(detail)) return undefined;
  return `${detail}. S3 has lost what should serve. Bring the objects back (docs/how-to/restore.md) and say ./loop up, or have a new one trained on the base corpus and the labels in Kafka, without comparison: ./loop up --new-model`;
}
/** What a person should know of a ledger that has lost rows. */
export const behindLine = ({ ledger_behind: missing = 0 }: Trainings): string | undefined =>
  missing > 0 ? `MySQL has lost ${missing} promotions that Kafka knows: nothing is trained until they are brought back. ./loop rebuild shows what S3 and Kafka can tell` : undefined;
