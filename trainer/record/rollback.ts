// Which promotion a rollback restores. Pure: the ledger tells what was promoted, the admin what is wanted.

export type Promoted = { readonly model_version: string | null; readonly promotion_seq: number | null; readonly collected_at: Date | null };
export type Wish = { readonly version: string | undefined; readonly leaving: string | undefined };
export type Target<P> = { readonly status: 'target'; readonly promotion: P } | { readonly status: 'refused'; readonly reason: string };

/** promotions: of one model, newest first; the first one serves. version: absent, it is the one that served before this one. leaving: what the admin saw serving; when another serves by now, only a version by name is sure to be what was meant. */
export function targetOf<P extends Promoted>(modelName: string, promotions: readonly P[], { version: wanted, leaving }: Wish): Target<P> {
  const serving = promotions[0];
  if (serving === undefined) return { status: 'refused', reason: `no model of '${modelName}' has been promoted yet: there is nothing to go back to` };
  if (wanted === serving.model_version) return { status: 'refused', reason: `${wanted} serves already` };
  if (wanted === undefined && leaving !== undefined && leaving !== serving.model_version) return { status: 'refused', reason: `${serving.model_version ?? ''} serves by now, no longer ${leaving}: say which version to go back to` };
  const promotion = wanted === undefined ? previousOf(promotions) : promotions.find((one) => one.model_version === wanted);
  if (promotion?.collected_at != null) return { status: 'refused', reason: goneText(promotion) };
  if (promotion !== undefined) return { status: 'target', promotion };
  const known = [...new Set(promotions.map((one) => one.model_version))].join(', ');
  return { status: 'refused', reason: wanted === undefined ? `${serving.model_version ?? ''} is the only version of '${modelName}' there has been` : `there is no version '${wanted}' of '${modelName}'; there is ${known}` };
}

/** The newest promotion of another version than the one that serves. */
export const previousOf = <P extends Promoted>(promotions: readonly P[]): P | undefined => promotions.find((one) => one.model_version !== promotions[0]?.model_version);
export const goneText = ({ model_version, collected_at }: Pick<Promoted, 'model_version' | 'collected_at'>): string => `the model of ${model_version ?? ''} was removed${collected_at === null ? '' : ` on ${collected_at.toISOString().slice(0, 10)}`} (MODEL_RETENTION_MS): it cannot serve again`;
