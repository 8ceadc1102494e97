// What serves and how it does, in one line: the head of every page.
import { count, score } from './format.ts';
import type { Live, Version } from './wire.ts';

export type Head = { readonly serving: string; readonly f1: string; readonly support: string; readonly status: string };
export const servingVersion = ({ serving, live }: Live): Version | undefined => live.models.find((one) => one.model_version === serving?.model_version);

export function headOf(live: Live | undefined): Head | undefined {
  if (live === undefined) return undefined;
  if (live.serving === null) return { serving: 'no model serves yet', f1: '', support: '', status: 'starting' };
  const version = servingVersion(live);
  const band = version?.band == null ? '' : ` [${score(version.band[0])}, ${score(version.band[1])}]`;
  return {
    serving: `${live.serving.model_name} ${live.serving.model_version}`, status: version?.status ?? 'no labels yet',
    f1: version?.weighted_f1 == null ? 'no evidence yet' : `${score(version.weighted_f1)}${band}`, support: version === undefined ? '' : `of ${count(version.labels)} labels`,
  };
}
