// What the monitor knows of those who label: how many first labels each gave, how often they contradict the model, and what of it is set aside, because the source is not trusted or has used up its hour (of stream time).
// Set aside is: not heard by the detectors. Tallies and the live window count every label. Pure.
import { isTrusted } from '../../schemas/sources.ts';

export type SourceRules = { /** 0: no limit */ readonly sourceLabelsPerHour: number; /** empty: all */ readonly trustedSources: readonly string[] };
/** pushed: by category, how often the source gave it against the model's word. */
export type SourceState = { labels: number; contradicts: number; setAside: number; hourMs: number; inHour: number; readonly pushed: Map<string, number> };
export type Sources = Map<string, SourceState>;

const HOUR_MS = 3_600_000;
/** Names are free: whoever makes up more shares one account with all the others that came late. */
export const MAX_SOURCES = 100;
export const OTHERS = '(others)';

/** Counts one first label; whether the detectors may hear it. */
export function hearSource(sources: Sources, source: string, label: string, isHit: boolean, streamMs: number, rules: SourceRules): boolean {
  let state = sources.get(source);
  const name = state !== undefined || sources.size < MAX_SOURCES ? source : OTHERS;
  state ??= sources.get(name);
  if (state === undefined) sources.set(name, (state = { labels: 0, contradicts: 0, setAside: 0, hourMs: 0, inHour: 0, pushed: new Map() }));
  state.labels += 1;
  if (!isHit) {
    state.contradicts += 1;
    state.pushed.set(label, (state.pushed.get(label) ?? 0) + 1);
  }
  const hourMs = Math.floor(streamMs / HOUR_MS) * HOUR_MS;
  if (hourMs !== state.hourMs) {
    state.hourMs = hourMs;
    state.inHour = 0;
  }
  state.inHour += 1;
  const isHeard = isTrusted(rules.trustedSources, source) && (rules.sourceLabelsPerHour === 0 || state.inHour <= rules.sourceLabelsPerHour);
  if (!isHeard) state.setAside += 1;
  return isHeard;
}

export type SourceView = {
  readonly source: string; readonly labels: number; readonly set_aside: number; /** share of its labels that contradict the model, and the middle one of all others' shares, weighed by their labels */ readonly contradicts: number; readonly others_contradict: number | null;
  /** how many standard errors of its own the two lie apart; null: nobody to compare with */ readonly apart: number | null; /** what it gives most often against the model, and the share of that among its contradictions */ readonly pushes: string | null; readonly pushes_share: number | null;
  readonly odd: boolean;
};
const SHOWN_SOURCES = 20;
const ODD_FROM_LABELS = 30;
const ODD_FROM_APART = 4;
/** A share of 0 or 1 among few labels is no certainty. */
const [LEAST, MOST] = [0.02, 0.98];

/** The value at which half of the weight is reached: a liar with less than half of the labels does not move it far. */
function weightedMiddle(values: readonly { readonly value: number; readonly weight: number }[]): number | null {
  const half = values.reduce((sum, one) => sum + one.weight, 0) / 2;
  let weight = 0;
  return [...values].sort((a, b) => a.value - b.value).find((one) => (weight += one.weight) >= half)?.value ?? null;
}
/** The odd ones, then those with the most labels. Whoever chooses what to label contradicts more often too: what is odd is to be looked at, not acted on. */
export function viewOfSources(sources: Sources): SourceView[] {
  const all = [...sources].map(([source, state]) => ({ source, ...state, share: state.contradicts / state.labels }));
  const views = all.map((one): SourceView => {
    const others = weightedMiddle(all.filter(({ source }) => source !== one.source).map(({ share, labels }) => ({ value: share, weight: labels })));
    const expected = others === null ? null : Math.min(MOST, Math.max(LEAST, others));
    const apart = expected === null ? null : (one.share - expected) / Math.sqrt((expected * (1 - expected)) / one.labels);
    const [most] = [...one.pushed].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    return {
      source: one.source, labels: one.labels, set_aside: one.setAside, contradicts: one.share, others_contradict: others, apart, pushes: most?.[0] ?? null, pushes_share: most === undefined ? null : most[1] / one.contradicts,
      odd: one.labels >= ODD_FROM_LABELS && apart !== null && Math.abs(apart) >= ODD_FROM_APART,
    };
  });
  return views.sort((a, b) => Number(b.odd) - Number(a.odd) || b.labels - a.labels || (a.source < b.source ? -1 : 1)).slice(0, SHOWN_SOURCES);
}
export const setAsideIn = (sources: Sources): number => [...sources.values()].reduce((sum, one) => sum + one.setAside, 0);

type Saved = readonly [source: string, labels: number, contradicts: number, setAside: number, hourMs: number, inHour: number, pushed: readonly (readonly [string, number])[]];
export const saveSources = (sources: Sources): Saved[] => [...sources].map(([source, one]) => [source, one.labels, one.contradicts, one.setAside, one.hourMs, one.inHour, [...one.pushed]]);
/** saved: absent in older records. */
export const restoreSources = (saved: readonly Saved[] = []): Sources => new Map(saved.map(([source, labels, contradicts, setAside, hourMs, inHour, pushed]) => [source, { labels, contradicts, setAside, hourMs, inHour, pushed: new Map(pushed) }]));
export type SavedSources = readonly Saved[];
