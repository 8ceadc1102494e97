// A recent prediction as it stands when somebody asks, and what a caller is told of it. Pure.
import type { Probability } from '../../schemas/events.ts';

export type Revision = { readonly revision: number; /** null: withdrawn */ readonly label: string | null; readonly source: string; readonly labelled_at: number };
type Kind = { readonly modelName: string; readonly modelVersion: string; readonly categories: readonly string[] };
/** A prediction as it stands when it is asked for. */
export type Held = {
  readonly id: string; readonly text: string; readonly kind: Kind; readonly predicted: string; readonly probabilities: readonly number[]; readonly predictedAt: number; /** broker time */ readonly atMs: number; readonly audit: boolean;
  /** The newest ones, in order. */
  readonly revisions: readonly Revision[];
};
export type Status = 'unlabelled' | 'labelled' | 'withdrawn';

export const statusOf = ({ revisions }: Held): Status => (revisions.length === 0 ? 'unlabelled' : revisions.at(-1)?.label === null ? 'withdrawn' : 'labelled');
export const labelOf = ({ revisions }: Held): string | null => revisions.at(-1)?.label ?? null;

/** What a caller is told of one. revisions_total counts those too that are not kept. */
export function viewOf(held: Held) {
  const { id, text, kind, predicted, probabilities, predictedAt, atMs, audit, revisions } = held;
  return {
    prediction_id: id, product_description: text, category: predicted, probabilities: kind.categories.map((category, i): Probability => ({ category, probability: probabilities[i] ?? 0 })),
    model_name: kind.modelName, model_version: kind.modelVersion, predicted_at: predictedAt, recorded_at: atMs, audit,
    status: statusOf(held), label: labelOf(held), revisions: [...revisions], revisions_total: (revisions.at(-1)?.revision ?? -1) + 1,
  };
}
export type View = ReturnType<typeof viewOf>;
