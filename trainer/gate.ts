// The gate: may this candidate replace the champion? A pure decision with its reasons in words.
import type { Scores } from '../schemas/f1.ts';
import { mcNemarP } from './evaluate.ts';

export type Side = { readonly holdOut: Scores; readonly recent: Scores };
export type GateInput = {
  readonly cause: string; readonly force: boolean; readonly minF1: number;
  readonly candidate: Side; readonly categories: readonly string[];
  /** undefined: no model yet */
  readonly champion: (Side & { readonly categories: readonly string[]; readonly gained: number; readonly lost: number }) | undefined;
  /** share of the most frequent category in the hold-out */
  readonly majorityF1: number;
};
export type GateRules = { readonly margin: number; readonly classMargin: number; readonly alpha: number; readonly minSupport: number };
export type GateVerdict = { readonly status: 'passed' | 'rejected'; readonly reasons: readonly string[]; readonly warnings: readonly string[]; readonly pValue: number | undefined };

const show = (value: number | undefined): string => (value === undefined ? 'absent' : value.toFixed(4));

/** What is worse beyond the margins, overall and in every category with enough support. */
function worse(where: string, candidate: Scores, champion: Scores, rules: GateRules): string[] {
  const reasons: string[] = [];
  if (champion.weighted !== undefined && (candidate.weighted ?? 0) < champion.weighted - rules.margin) reasons.push(`worse on the ${where}: weighted F1 ${show(candidate.weighted)}, champion ${show(champion.weighted)}, margin ${rules.margin}`);
  for (const one of champion.classes) {
    if (one.support < rules.minSupport || one.f1 === undefined) continue;
    const mine = candidate.classes.find((other) => other.category === one.category)?.f1 ?? 0;
    if (mine < one.f1 - rules.classMargin) reasons.push(`worse on the ${where} in ${one.category}: F1 ${show(mine)}, champion ${show(one.f1)}, margin ${rules.classMargin}`);
  }
  return reasons;
}

export function gate(input: GateInput, rules: GateRules): GateVerdict {
  const { candidate, champion, cause, force, minF1 } = input;
  const warnings: string[] = [];
  const f1 = candidate.holdOut.weighted;
  if (f1 !== undefined && f1 < minF1) warnings.push(`weighted F1 ${show(f1)} on the hold-out is below min_f1 ${minF1}`);
  if (champion === undefined) {
    const good = f1 !== undefined && f1 > input.majorityF1;
    return { status: good || force ? 'passed' : 'rejected', reasons: [good ? `no champion, and better than the majority class (${show(f1)} against ${show(input.majorityF1)})` : `not better than the majority class: ${show(f1)} against ${show(input.majorityF1)}`], warnings, pValue: undefined };
  }
  if (force) return { status: 'passed', reasons: ['forced by an admin'], warnings, pValue: undefined };
  const mine = new Set(input.categories);
  if (champion.categories.length !== mine.size || champion.categories.some((category) => !mine.has(category))) {
    return { status: 'rejected', reasons: [`other categories than the champion (${input.categories.join(', ')} against ${champion.categories.join(', ')}): needs an admin's force`], warnings, pValue: undefined };
  }
  const reasons = worse('hold-out', candidate.holdOut, champion.holdOut, rules);
  const pValue = mcNemarP(champion.gained, champion.lost);
  const test = `${champion.gained} recent rows gained, ${champion.lost} lost, one-sided McNemar p = ${pValue.toPrecision(3)}`;
  if (cause === 'drift') {
    const recentBetter = (candidate.recent.weighted ?? 0) > (champion.recent.weighted ?? 0) && pValue < rules.alpha;
    if (!recentBetter) reasons.push(`not significantly better on the recent rows: weighted F1 ${show(candidate.recent.weighted)}, champion ${show(champion.recent.weighted)}; ${test}, level ${rules.alpha}`);
    return reasons.length > 0 ? { status: 'rejected', reasons, warnings, pValue } : { status: 'passed', reasons: [`better on the recent rows: weighted F1 ${show(candidate.recent.weighted)}, champion ${show(champion.recent.weighted)}; ${test}`, `not worse on the hold-out: ${show(f1)}, champion ${show(champion.holdOut.weighted)}`], warnings, pValue };
  }
  reasons.push(...worse('recent rows', candidate.recent, champion.recent, rules));
  const better = (f1 ?? 0) > (champion.holdOut.weighted ?? 0) || (candidate.recent.weighted ?? 0) > (champion.recent.weighted ?? 0);
  if (!better) reasons.push(`better nowhere: hold-out ${show(f1)}, champion ${show(champion.holdOut.weighted)}; recent ${show(candidate.recent.weighted)}, champion ${show(champion.recent.weighted)}`);
  return reasons.length > 0 ? { status: 'rejected', reasons, warnings, pValue } : { status: 'passed', reasons: [`not worse anywhere and better somewhere: hold-out ${show(f1)}, champion ${show(champion.holdOut.weighted)}`], warnings, pValue };
}
