// The examination: champion and challengers answer the same rows, the gate judges each, and at most one wins. Pure: models are functions from text to category.
import { scoresOf, type Scores } from '../../schemas/f1.ts';
import type { Confusion } from '../../schemas/confusion.ts';
import { judge, majorityF1 } from '../model/evaluate.ts';
import { gate, winnerOf, type GateRules, type GateVerdict } from './gate.ts';
import { compare, type Comparison } from './paired.ts';
import type { BaseRow } from '../data/split.ts';

export type Answer = (text: string) => string;
export type Examinee = { readonly categories: readonly string[]; readonly answer: Answer };
export type Exam = {
  readonly cause: string; readonly force: boolean; readonly minF1: number;
  /** the frozen hold-out, on which nobody has trained */
  readonly holdOut: readonly BaseRow[];
  /** labelled since the champion learnt; crossFitted[fold] has not trained on the rows of its fold */
  readonly recent: readonly (BaseRow & { readonly fold: number })[];
  readonly candidate: Examinee & { readonly crossFitted: readonly Answer[] };
  readonly champion: Examinee | undefined;
  /** the version before the champion, where the champion is on probation */
  readonly previous: Examinee | undefined;
};
export type Challenger = 'candidate' | 'previous';
export type Entry = { readonly name: Challenger; readonly verdict: GateVerdict; readonly holdOut: Comparison; readonly recent: Comparison };
export type Examined = {
  readonly status: GateVerdict['status'];
  /** undefined: the champion stays */
  readonly winner: Challenger | undefined;
  readonly reasons: readonly string[]; readonly warnings: readonly string[];
  /** one per challenger, the candidate first; empty without a champion */
  readonly entries: readonly Entry[];
  /** the candidate on all hold-out rows */
  readonly first: Scores & { readonly cells: Confusion }; readonly majorityF1: number;
};

const labelled = <R extends BaseRow>(rows: readonly R[], categories: readonly string[]): R[] => rows.filter((row) => categories.includes(row.category));

/** Rows with a label that only one of the two knows are left out: a model cannot give an answer it has never heard of. */
function contestOf(exam: Exam, champion: Examinee, challenger: Examinee, onRecent: (row: Exam['recent'][number]) => string): { readonly holdOut: Comparison; readonly recent: Comparison } {
  const common = champion.categories.filter((category) => challenger.categories.includes(category));
  const pair = <R extends BaseRow>(rows: readonly R[], answer: (row: R) => string): Comparison =>
    compare(labelled(rows, common).map((row) => ({ label: row.category, champion: champion.answer(row.product_description), challenger: answer(row) })));
  return { holdOut: pair(exam.holdOut, (row) => challenger.answer(row.product_description)), recent: pair(exam.recent, onRecent) };
}

export function examine(exam: Exam, rules: GateRules): Examined {
  const { candidate, champion, previous } = exam;
  const { cells } = judge(exam.holdOut, (row) => candidate.answer(row.product_description));
  const first = { ...scoresOf(cells), cells };
  const majority = majorityF1(exam.holdOut);
  const common = { cause: exam.cause, force: exam.force, minF1: exam.minF1, first, majorityF1: majority };
  if (champion === undefined) {
    const verdict = gate({ ...common, contest: undefined, challengers: 1 }, rules);
    return { ...verdictOf(verdict), winner: verdict.status === 'rejected' ? undefined : 'candidate', entries: [], first, majorityF1: majority };
  }
  const challengers = previous === undefined ? 1 : 2;
  const enter = (name: Challenger, examinee: Examinee, onRecent: (row: Exam['recent'][number]) => string): Entry => {
    const contest = contestOf(exam, champion, examinee, onRecent);
    // A force is for the model that was ordered, never for the one before.
    const verdict = gate({ ...common, force: exam.force && name === 'candidate', contest: { champion: champion.categories, challenger: examinee.categories, ...contest }, challengers }, rules);
    return { name, verdict, ...contest };
  };
  const entries = [
    enter('candidate', candidate, (row) => (candidate.crossFitted[row.fold] ?? candidate.answer)(row.product_description)),
    ...(previous === undefined ? [] : [enter('previous', previous, (row) => previous.answer(row.product_description))]),
  ];
  const winner = exam.force ? 'candidate' : winnerOf(entries.map(({ name, verdict, recent }) => ({ name, verdict, recentF1: recent.challenger.weighted })));
  return { ...ruling(entries, winner), winner, entries, first, majorityF1: majority };
}

const verdictOf = ({ status, reasons, warnings }: GateVerdict): Pick<Examined, 'status' | 'reasons' | 'warnings'> => ({ status, reasons, warnings });
const CALLED: Readonly<Record<Challenger, string>> = { candidate: 'the new candidate', previous: 'the version before' };

/** The verdict on the whole: the winner's, with what was said of the other. */
function ruling(entries: readonly Entry[], winner: Challenger | undefined): Pick<Examined, 'status' | 'reasons' | 'warnings'> {
  const [only] = entries;
  if (only !== undefined && entries.length === 1) return verdictOf(only.verdict);
  const said = (entry: Entry, how: string): string[] => entry.verdict.reasons.map((reason) => `${CALLED[entry.name]}${how}: ${reason}`);
  const won = entries.find(({ name }) => name === winner);
  const others = entries.filter(({ name }) => name !== winner);
  return {
    status: won?.verdict.status ?? 'rejected',
    reasons: [...(won === undefined ? [] : said(won, ' wins')), ...others.flatMap((entry) => said(entry, entry.verdict.status === 'rejected' ? ' is rejected' : ' passes too, but does less well on the recent rows'))],
    warnings: won?.verdict.warnings ?? [],
  };
}
