// Whether the version a drift request complains of is so new that the version before it is a candidate too. Pure.
import type { RetrainRequested } from '../../schemas/events.ts';
import { previousOf, type Promoted } from '../record/rollback.ts';

type Promotion = Promoted & { readonly cause: string };

/** promotions: of the model, newest first; the first one serves. probationLabels: labels during which a version is on probation; 0: never. undefined: no second candidate.
 *  A version that serves again after a rollback is not on probation: an admin, or this gate, has left the other one already. */
export function probationOf<P extends Promotion>(request: RetrainRequested, promotions: readonly P[], probationLabels: number): P | undefined {
  const [serving, ...before] = promotions;
  if (request.cause !== 'drift' || serving === undefined || request.model_version !== serving.model_version) return undefined;
  if (before.some((one) => one.model_version === serving.model_version)) return undefined;
  const labels = labelsIn(request.evidence_json);
  if (labels === undefined || labels >= probationLabels) return undefined;
  const previous = previousOf(promotions);
  return previous?.collected_at === null ? previous : undefined;
}

/** Labels the version had when the monitor ordered; undefined when the evidence does not say. */
function labelsIn(evidenceJson: string): number | undefined {
  let evidence: unknown;
  try {
    evidence = JSON.parse(evidenceJson);
  } catch {
    return undefined;
  }
  const labels: unknown = typeof evidence === 'object' && evidence !== null ? Reflect.get(evidence, 'labels_total') : undefined;
  return typeof labels === 'number' ? labels : undefined;
}
