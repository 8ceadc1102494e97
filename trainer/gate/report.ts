// What the gate saw, as data: stored as JSON with the row and beside the model, shown as a page, mirrored elsewhere. Names are the outside's (snake_case).
import { cellsOf, type Confusion } from '../../schemas/confusion.ts';
import type { Scores } from '../../schemas/f1.ts';
import type { Challenger, Entry, Examined } from './examine.ts';
import type { Check, GateRules, GateStatus } from './gate.ts';
import { bandOf, type Comparison, type Delta } from './paired.ts';

export type CellFigure = { readonly label: string; readonly predicted: string; readonly count: number };
export type Figures = Scores & { readonly cells: readonly CellFigure[] };
/** challenger less champion. band: 95 %, paired. limit: how far below 0 the gate lets it lie; null: not judged. */
export type DeltaFigure = { readonly champion: number; readonly challenger: number; readonly delta: number; readonly band: readonly [number, number]; readonly support: number; readonly limit: number | null; readonly holds: boolean | null };
export type Compared = {
  readonly rows: number; readonly champion: Figures; readonly challenger: Figures;
  readonly weighted: DeltaFigure | null; readonly categories: readonly (DeltaFigure & { readonly category: string })[];
  /** rows only the challenger, or only the champion, has right; McNemar's exact one-sided p */
  readonly gained: number; readonly lost: number; readonly p_value: number;
};
export type ContestFigures = {
  readonly challenger: Challenger; readonly version: string | null; readonly status: GateStatus; readonly reasons: readonly string[]; readonly warnings: readonly string[];
  /** of the paired test, where the cause asks for it */
  readonly level: number | null;
  readonly hold_out: Compared; readonly recent: Compared;
};
export type GateReport = {
  readonly verdict: { readonly status: GateStatus; /** null: the champion stays */ readonly winner: Challenger | null; readonly words: string; readonly reasons: readonly string[]; readonly warnings: readonly string[] };
  readonly rules: { readonly margin: number; readonly category_margin: number; readonly alpha: number; readonly min_support: number; readonly min_f1: number };
  readonly majority_f1: number;
  readonly candidate: { readonly hold_out: Figures; readonly recent: Figures | null };
  readonly champion: { readonly version: string | null; readonly hold_out: Figures; readonly recent: Figures } | null;
  readonly previous: { readonly version: string | null } | null;
  /** one per challenger, on the rows whose label both know; empty without a champion */
  readonly contests: readonly ContestFigures[];
};

export const wordsOf = ({ reasons, warnings }: { readonly reasons: readonly string[]; readonly warnings: readonly string[] }): string => [...reasons, ...warnings.map((warning) => `warning: ${warning}`)].join('; ');
const figures = ({ cells, ...scores }: Scores & { readonly cells: Confusion }): Figures => ({ ...scores, cells: cellsOf(cells).map(([label, predicted, count]) => ({ label, predicted, count })) });

function deltaFigure(of: Delta & { readonly champion: number; readonly challenger: number; readonly support: number }, check: Check | undefined): DeltaFigure {
  return { champion: of.champion, challenger: of.challenger, delta: of.delta, band: bandOf(of), support: of.support, limit: check?.limit ?? null, holds: check?.holds ?? null };
}
function compared(where: Check['where'], { rows, champion, challenger, weighted, categories, gained, lost, pValue }: Comparison, checks: readonly Check[]): Compared {
  const checkOf = (category: string | undefined): Check | undefined => checks.find((one) => one.where === where && one.category === category);
  return {
    rows, champion: figures(champion), challenger: figures(challenger), gained, lost, p_value: pValue,
    weighted: weighted === undefined ? null : deltaFigure({ ...weighted, champion: champion.weighted ?? 0, challenger: challenger.weighted ?? 0, support: rows }, checkOf(undefined)),
    categories: categories.map((one) => ({ category: one.category, ...deltaFigure(one, checkOf(one.category)) })),
  };
}

/** The report of an examination. Versions name the champion and the one before it. */
export function reportOf(examined: Examined, rules: GateRules & { readonly minF1: number }, versions: { readonly champion: string | undefined; readonly previous: string | undefined }): GateReport {
  const contestOf = ({ name, verdict, holdOut, recent }: Entry): ContestFigures => ({
    challenger: name, version: name === 'previous' ? (versions.previous ?? null) : null, status: verdict.status, reasons: verdict.reasons, warnings: verdict.warnings, level: verdict.level ?? null,
    hold_out: compared('hold-out', holdOut, verdict.checks), recent: compared('recent rows', recent, verdict.checks),
  });
  const contests = examined.entries.map(contestOf);
  const [main] = contests;
  return {
    verdict: { status: examined.status, winner: examined.winner ?? null, words: wordsOf(examined), reasons: examined.reasons, warnings: examined.warnings },
    rules: { margin: rules.margin, category_margin: rules.classMargin, alpha: rules.alpha, min_support: rules.minSupport, min_f1: rules.minF1 },
    majority_f1: examined.majorityF1,
    candidate: { hold_out: figures(examined.first), recent: main?.recent.challenger ?? null },
    champion: main === undefined ? null : { version: versions.champion ?? null, hold_out: main.hold_out.champion, recent: main.recent.champion },
    previous: examined.entries.length < 2 ? null : { version: versions.previous ?? null },
    contests,
  };
}
