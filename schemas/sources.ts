// Who gave a label: `expert`, or with the name of the person `console/anna`, which ranks as `console` where it has no rank of its own.

export const rankOfSource = (ranks: ReadonlyMap<string, number>, source: string): number => ranks.get(source) ?? ranks.get(channelOf(source)) ?? 0;
const slashIn = (source: string): number => source.indexOf('/');
export const channelOf = (source: string): string => (slashIn(source) < 0 ? source : source.slice(0, slashIn(source)));
/** The person behind the channel; undefined: none is named. */
export const personOf = (source: string): string | undefined => (slashIn(source) < 0 ? undefined : source.slice(slashIn(source) + 1));
/** trusted: sources or channels; none: everybody is. */
export const isTrusted = (trusted: readonly string[], source: string): boolean => trusted.length === 0 || trusted.includes(source) || trusted.includes(channelOf(source));
