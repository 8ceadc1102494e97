// The gate: may this challenger replace the champion? A pure decision with its checks, and its reasons in words.
import type { Scores } from '../../schemas/f1.ts';
import { zFor, type Comparison, type Delta } from './paired.ts';

/** margin, classMargin: how much worse is not yet worse, overall and in one category. alpha: chance of a wrong verdict by noise, for all checks together. minSupport: labels a category needs to be judged. */
export type GateRules = { readonly margin: number; readonly classMargin: number; readonly alpha: number; readonly minSupport: number };
/** One challenger beside the champion, both on the same rows: those whose label both know. */
export type Contest = { readonly champion: readonly string[]; readonly challenger: readonly string[]; /** categories of each */ readonly holdOut: Comparison; readonly recent: Comparison };
export type GateInput = {
  readonly cause: string; readonly force: boolean; readonly minF1: number;
  /** undefined: no model yet; then `first` is the challenger's score on the hold-out and majorityF1 that of always answering the most frequent category */
  readonly contest: Contest | undefined; readonly first: Scores; readonly majorityF1: number;
  /** challengers that are tried on the same rows */
  readonly challengers: number;
};
/** One thing that was looked at. limit: how far below the champion it may lie, the fixed margin or, where rows are too few to tell, what noise alone may do. */
export type Check = Delta & { readonly where: 'hold-out' | 'recent rows'; readonly category: string | undefined; readonly support: number; readonly champion: number; readonly challenger: number; readonly margin: number; readonly limit: number; readonly holds: boolean };
export type GateStatus = 'passed' | 'needs approval' | 'rejected';
export type GateVerdict = { readonly status: GateStatus; readonly reasons: readonly string[]; readonly warnings: readonly string[]; readonly pValue: number | undefined; readonly level: number | undefined; readonly checks: readonly Check[] };

const show = (value: number | undefined): string => (value === undefined ? 'absent' : value.toFixed(4));
const versus = (mine: number | undefined, theirs: number | undefined): string => `${show(mine)}, champion ${show(theirs)}`;

type Judged = Pick<Check, 'where' | 'category' | 'support' | 'champion' | 'challenger' | 'margin' | 'delta' | 'error'>;
function judgedIn(where: Check['where'], { rows, champion, challenger, weighted, categories }: Comparison, rules: GateRules): Judged[] {
  if (weighted === undefined) return [];
  return [
    { where, category: undefined, support: rows, champion: champion.weighted ?? 0, challenger: challenger.weighted ?? 0, margin: rules.margin, ...weighted },
    ...categories.filter(({ support }) => support >= rules.minSupport).map((one) => ({ where, margin: rules.classMargin, ...one })),
  ];
}
const worseIn = ({ where, category, challenger, champion, margin, limit, support }: Check): string =>
  `worse on the ${where}${category === undefined ? ': weighted F1' : ` in ${category}: F1`} ${versus(challenger, champion)} (${support} rows), ${limit > margin ? `more than noise explains (${limit.toFixed(4)}; margin ${margin})` : `margin ${margin}`}`;

/** What is worse beyond its limit. The level is shared by all checks, so that noise alone seldom rejects a good one. */
function checksOf(judged: readonly Judged[], alpha: number): Check[] {
  const z = zFor(alpha / Math.max(1, judged.length));
  return judged.map((one) => {
    const limit = Math.max(one.margin, z * one.error);
    return { ...one, limit, holds: one.delta >= -limit };
  });
}
/** In words, how two sets of categories differ; undefined: they do not. */
function differenceOf({ champion, challenger }: Contest): string | undefined {
  const added = challenger.filter((category) => !champion.includes(category));
  const gone = champion.filter((category) => !challenger.includes(category));
  if (added.length === 0 && gone.length === 0) return undefined;
  return [...(added.length > 0 ? [`new: ${added.join(', ')}`] : []), ...(gone.length > 0 ? [`gone: ${gone.join(', ')}`] : [])].join('; ');
}

export function gate(input: GateInput, rules: GateRules): GateVerdict {
  const { contest, cause, force, minF1, first } = input;
  const warnings: string[] = [];
  const warnBelow = (where: string, f1: number | undefined): void => {
    if (f1 !== undefined && f1 < minF1) warnings.push(`weighted F1 ${show(f1)} on the ${where} is below min_f1 ${minF1}`);
  };
  const none = { pValue: undefined, level: undefined, checks: [] };
  if (contest === undefined) {
    warnBelow('hold-out', first.weighted);
    const good = first.weighted !== undefined && first.weighted > input.majorityF1;
    const compared = `${show(first.weighted)} against ${show(input.majorityF1)}`;
    if (good) return { status: 'passed', reasons: [`no champion, and better than the majority class (${compared})`], warnings, ...none };
    return force ? { status: 'passed', reasons: ['forced by an admin'], warnings: [...warnings, `not better than the majority class: ${compared}`], ...none } : { status: 'rejected', reasons: [`not better than the majority class: ${compared}`], warnings, ...none };
  }
  const { holdOut, recent } = contest;
  warnBelow('hold-out', holdOut.challenger.weighted);
  warnBelow('recent rows', recent.challenger.weighted);
  const isDrift = cause === 'drift';
  const judged = [...judgedIn('hold-out', holdOut, rules), ...(isDrift ? [] : judgedIn('recent rows', recent, rules))];
  const checks = checksOf(judged, rules.alpha);
  const few = holdOut.categories.filter(({ support }) => support < rules.minSupport).map(({ category, support }) => `${category} (${support})`);
  if (few.length > 0) warnings.push(`too few hold-out rows to judge by, at least ${rules.minSupport} are needed: ${few.join(', ')}`);

  const against = checks.filter(({ holds }) => !holds).map(worseIn);
  const difference = differenceOf(contest);
  if (holdOut.rows === 0) against.push(difference === undefined ? 'no hold-out rows to judge by' : `other categories than the champion and no hold-out rows in common (${difference}): only an admin's force can promote it`);
  // Two challengers are two chances to be lucky.
  const level = rules.alpha / Math.max(1, input.challengers);
  const { pValue, gained, lost } = recent;
  const mine = recent.challenger.weighted ?? 0;
  const theirs = recent.champion.weighted ?? 0;
  const onRecent = `weighted F1 ${versus(recent.challenger.weighted, recent.champion.weighted)}; ${gained} rows gained, ${lost} lost of ${recent.rows}, one-sided McNemar p = ${pValue.toPrecision(3)}, level ${level}`;
  const onHoldOut = `${versus(holdOut.challenger.weighted, holdOut.champion.weighted)}`;
  let good: string[];
  if (isDrift) {
    if (!(mine > theirs && pValue < level)) against.push(`not significantly better on the recent rows: ${onRecent}`);
    good = [`better on the recent rows: ${onRecent}`, `not worse on the hold-out: ${onHoldOut}`];
  } else {
    const where = betterSomewhere(contest, checks);
    if (where === undefined) against.push(`better nowhere: hold-out ${onHoldOut}; recent rows ${versus(recent.challenger.weighted, recent.champion.weighted)}`);
    good = [`not worse anywhere and better somewhere (${where ?? ''}): hold-out ${onHoldOut}`];
  }
  const measured = { pValue, level: isDrift ? level : undefined, checks };
  if (force) return { status: 'passed', reasons: ['forced by an admin'], warnings: [...warnings, ...against], ...measured };
  if (against.length > 0) return { status: 'rejected', reasons: against, warnings, ...measured };
  if (difference !== undefined) return { status: 'needs approval', reasons: [`other categories than the champion (${difference}): compared on the common ones, needs an admin's approval`, ...good], warnings, ...measured };
  return { status: 'passed', reasons: good, warnings, ...measured };
}

/** Overall by any amount; in one category only beyond what noise explains, because among many some are always ahead. */
function betterSomewhere({ holdOut, recent }: Contest, checks: readonly Check[]): string | undefined {
  if ((holdOut.weighted?.delta ?? 0) > 0) return 'on the hold-out';
  if ((recent.weighted?.delta ?? 0) > 0) return 'on the recent rows';
  const one = checks.find(({ category, delta, limit }) => category !== undefined && delta > limit);
  return one === undefined ? undefined : `in ${one.category ?? ''} on the ${one.where}`;
}

/** Which of several verdicts on the same rows is acted on: the passed one that does best on the recent rows, the first of equals; undefined: none passed. */
export function winnerOf<Name extends string>(entries: readonly { readonly name: Name; readonly verdict: GateVerdict; readonly recentF1: number | undefined }[]): Name | undefined {
  const passed = entries.filter(({ verdict }) => verdict.status !== 'rejected');
  return passed.reduce<(typeof passed)[number] | undefined>((best, one) => (best === undefined || (one.recentF1 ?? 0) > (best.recentF1 ?? 0) ? one : best), undefined)?.name;
}
