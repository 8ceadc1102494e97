// PROMOTE=ask: what an admin decides about a run that has passed the gate. Pure: from a request to a decision, and a run's end in words.
import { DECISIONS, type RetrainRequested } from '../../schemas/events.ts';

export type Decision = { readonly kind: (typeof DECISIONS)[number]; readonly modelName: string; readonly runId: string; readonly by: string; readonly why: string | undefined };
export type Read = { readonly status: 'decision'; readonly decision: Decision } | { readonly status: 'unusable'; readonly reason: string } | { readonly status: 'other' };
const MAX_WHY_CHARS = 1000;

/** The decision in a request; other: the request is not about one. */
export function decisionIn(request: RetrainRequested): Read {
  const kind = DECISIONS.find((one) => one === request.cause);
  if (kind === undefined) return { status: 'other' };
  let params: unknown;
  try {
    params = JSON.parse(request.params_json);
  } catch {
    return { status: 'unusable', reason: 'params_json is not JSON' };
  }
  const read = (name: string): unknown => (typeof params === 'object' && params !== null ? Reflect.get(params, name) : undefined);
  const [runId, why] = [read('run_id'), read('why')];
  if (typeof runId !== 'string' || runId === '') return { status: 'unusable', reason: 'params_json.run_id is missing' };
  if (why !== undefined && typeof why !== 'string') return { status: 'unusable', reason: 'params_json.why must be a text' };
  return { status: 'decision', decision: { kind, modelName: request.model_name, runId, by: request.requested_by.slice(0, 100), why: why?.slice(0, MAX_WHY_CHARS) } };
}

export type Approval = 'awaiting' | 'approved' | 'declined' | 'expired';
type Decided = { readonly approval: string | null; readonly decided_by: string | null; readonly decided_why: string | null };
/** What has been decided about a run, in words. withinMs: how long it could be approved. */
export function decidedWords({ approval, decided_by, decided_why }: Decided, withinMs: number): string {
  const why = decided_why === null || decided_why === '' ? '' : `: ${decided_why}`;
  switch (approval) {
    case 'approved': return `approved by ${decided_by ?? 'an admin'}${why}`;
    case 'declined': return `declined by ${decided_by ?? 'an admin'}${why}`;
    case 'expired': return `declined by deadline: nobody approved it within ${inWords(withinMs)}`;
    default: return 'passed the gate and awaits an approval';
  }
}
const UNITS = [['days', 86_400_000], ['hours', 3_600_000], ['minutes', 60_000], ['seconds', 1000]] as const;
/** A length of time in its largest whole unit. */
function inWords(ms: number): string {
  const [name, length] = UNITS.find(([, unit]) => ms >= unit && ms % unit === 0) ?? ['ms', 1];
  return `${ms / length} ${ms === length ? name.replace(/s$/, '') : name}`;
}
