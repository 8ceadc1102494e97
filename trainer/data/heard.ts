// Which labels a training may learn from: those of trusted sources, within what a source may give in an hour of stream time. The same rule as the monitor's detectors follow, on what is left of the labels. Pure.
import type { Example } from '../../schemas/events.ts';
import { isTrusted } from '../../schemas/sources.ts';

export type SourceRules = { /** 0: no limit */ readonly sourceLabelsPerHour: number; /** empty: all */ readonly trustedSources: readonly string[] };
const HOUR_MS = 3_600_000;

/** examples: in the order of their time. What they were said in is labelled_at; the order decides who is over. */
export function heardOf<T extends Pick<Example, 'source' | 'labelled_at'>>(examples: readonly T[], { sourceLabelsPerHour, trustedSources }: SourceRules): { readonly heard: readonly T[]; readonly setAside: number } {
  if (sourceLabelsPerHour === 0 && trustedSources.length === 0) return { heard: examples, setAside: 0 };
  const given = new Map<string, number>();
  const heard = examples.filter(({ source, labelled_at }) => {
    const hour = `${Math.floor(labelled_at / HOUR_MS)} ${source}`;
    const count = (given.get(hour) ?? 0) + 1;
    given.set(hour, count);
    return isTrusted(trustedSources, source) && (sourceLabelsPerHour === 0 || count <= sourceLabelsPerHour);
  });
  return { heard, setAside: examples.length - heard.length };
}
