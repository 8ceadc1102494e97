// The crash table: at which step a trainer dies or is suspended, what its request was, whether an admin rolls back meanwhile, and what must come of it. Pure.

/** In the order of the path: claim → dataset → train → gate → S3 → row → event → FINISHED. Each names the moment before which everything is done and after which nothing is. */
export const STEPS = ['asked', 'claimed', 'taken', 'dataset', 'training', 'gate', 'storing', 'stored', 'recorded', 'checked', 'promoted', 'fenced', 'published', 'finished'] as const;
export type Step = (typeof STEPS)[number];
export type How = 'kill' | 'stop';
/** passes: the gate lets it through. fails: it does not. rollback: the request is a rollback itself. */
export type Kind = 'passes' | 'fails' | 'rollback';
export type Case = { readonly step: Step; readonly how: How; readonly kind: Kind; /** an admin rolls back while the trainer is dead or suspended */ readonly meanwhile: boolean };

/** Steps a request of this kind comes to. */
const REACHED: Readonly<Record<Kind, (step: Step) => boolean>> = {
  passes: () => true,
  fails: (step) => !['checked', 'promoted', 'fenced'].includes(step),
  rollback: (step) => ['asked', 'claimed', 'checked', 'promoted', 'fenced', 'published', 'finished'].includes(step),
};
export function allCases(): Case[] {
  const kinds: Kind[] = ['passes', 'fails', 'rollback'];
  return kinds.flatMap((kind) => STEPS.filter(REACHED[kind]).flatMap((step) => (['kill', 'stop'] as const).flatMap((how) => [false, true].map((meanwhile) => ({ step, how, kind, meanwhile })))));
}

export type SeenRow = { readonly retrain_id: string; readonly status: string; readonly outcome: string | null; readonly outcome_reason: string | null; readonly promotion_seq: number | null; readonly model_version: string | null; readonly attempts: number };
export type SeenEvent = { readonly promotion_seq: number; readonly retrain_id: string; readonly model_version: string };

/** What is wrong after a case, in words; nothing: as promised. rows, events: of the model, all of them. asked, meanwhile: retrain ids of the case. */
export function wrongIn(one: Case, { rows, events, asked, meanwhile, serving }: { rows: readonly SeenRow[]; events: readonly SeenEvent[]; asked: string; meanwhile: string | undefined; serving: number | undefined }): string[] {
  const wrong: string[] = [];
  for (const row of rows) if (row.status !== 'FINISHED') wrong.push(`${row.retrain_id} is ${row.status}: ${row.outcome_reason ?? ''}`);
  const mine = rows.filter((row) => row.retrain_id === asked);
  const [row] = mine;
  if (mine.length !== 1 || row === undefined) wrong.push(`${asked} has ${mine.length} rows`);
  const back = rows.filter((other) => other.retrain_id === meanwhile);
  if (meanwhile !== undefined && back.length !== 1) wrong.push(`the rollback ${meanwhile} has ${back.length} rows`);
  const want = one.kind === 'fails' ? 'rejected' : 'promoted';
  if (row !== undefined && row.outcome !== want) wrong.push(`${asked} is ${row.outcome ?? 'without outcome'}, not ${want}: ${row.outcome_reason ?? ''}`);
  for (const other of back) if (other.outcome !== 'promoted') wrong.push(`the rollback is ${other.outcome ?? 'without outcome'}: ${other.outcome_reason ?? ''}`);
  for (const other of rows) if (other.outcome_reason === null || other.outcome_reason === '') wrong.push(`${other.retrain_id} ended without a reason`);
  const promoted = rows.filter((other) => other.promotion_seq !== null).sort((a, b) => Number(a.promotion_seq) - Number(b.promotion_seq));
  if (promoted.some((other, i) => Number(other.promotion_seq) !== i + 1)) wrong.push(`promotion numbers are ${promoted.map((other) => other.promotion_seq).join(', ')}`);
  const line = (other: { promotion_seq: number | null; retrain_id: string; model_version: string | null }): string => `${Number(other.promotion_seq)} ${other.model_version ?? ''} ${other.retrain_id}`;
  if (promoted.map(line).join('\n') !== events.map(line).join('\n')) wrong.push(`events differ from promoted rows: ${events.map(line).join(' | ')} against ${promoted.map(line).join(' | ')}`);
  if (serving !== promoted.length) wrong.push(`inference serves promotion ${serving ?? 'none'} of ${promoted.length}`);
  return wrong;
}
