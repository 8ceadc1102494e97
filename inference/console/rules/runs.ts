// A training as a person reads it: what came out, in a word with its colour, what it learnt from, and what was compared.
import { count } from './format.ts';
import type { Compared, Delta, Report, Run } from './wire.ts';

export type Tone = 'good' | 'bad' | 'open' | 'plain';
export type Outcome = { readonly word: string; readonly tone: Tone };
const TONES: Readonly<Record<string, Tone>> = { promoted: 'good', rejected: 'bad', error: 'bad' };

export function outcomeOf({ status, outcome, stage, approval }: Run): Outcome {
  if (approval === 'awaiting') return { word: 'awaits approval', tone: 'open' };
  if (status === 'PENDING') return { word: 'waiting', tone: 'open' };
  if (status === 'RUNNING') return { word: stage == null || stage === 'idle' ? 'running' : `running: ${stage}`, tone: 'open' };
  if (approval === 'declined' || approval === 'expired') return { word: approval, tone: 'plain' };
  return { word: outcome ?? status.toLowerCase(), tone: status === 'FAILED' ? 'bad' : (TONES[outcome ?? ''] ?? 'plain') };
}
export const awaits = ({ approval }: Run): boolean => approval === 'awaiting';

const CAUSES: Readonly<Record<string, string>> = { bootstrap: 'first model', drift: 'drift', schedule: 'schedule', human_feedback: 'verified files', train_csv: 'a file', manual: 'by hand', rollback: 'rollback' };
export const causeOf = (cause: string): string => CAUSES[cause] ?? cause;

export const rowsInWords = (counts: Readonly<Record<string, number>>): string => Object.entries(counts).filter(([, rows]) => rows > 0).map(([name, rows]) => `${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${count(rows)}`).join(', ');

export type ComparisonRow = Delta & { readonly what: string };
export type ComparisonTable = { readonly where: string; readonly rows: readonly ComparisonRow[]; readonly note: string };
function tableOf(where: string, { rows, weighted, categories, gained, lost, p_value }: Compared): ComparisonTable {
  return {
    where: `${where}, ${rows} rows`,
    rows: [...(weighted === null ? [] : [{ ...weighted, what: 'all, weighted' }]), ...categories.map((one) => ({ ...one, what: one.category }))],
    note: rows === 0 ? 'No rows to compare on.' : `Only the candidate is right on ${gained} rows, only the champion on ${lost}; one-sided McNemar p = ${p_value.toPrecision(3)}.`,
  };
}
/** Of the run's own candidate against the champion; empty where there was no champion. */
export function comparisonOf(report: Report | null | undefined): ComparisonTable[] {
  const contest = report?.contests?.find(({ challenger }) => challenger !== 'previous');
  return contest === undefined ? [] : [tableOf('Frozen hold-out', contest.hold_out), tableOf('Rows labelled since the champion learnt', contest.recent)];
}
export const held = ({ holds }: Delta): string => (holds === null ? 'not judged' : holds ? 'holds' : 'worse');
/** Reasons one by one: from the report where there is one, else the row's words. */
export const reasonsOf = (report: Report | null | undefined, words: string | null | undefined): string[] =>
  report?.verdict === undefined ? (words == null || words === '' ? [] : words.split('; ')) : [...report.verdict.reasons, ...report.verdict.warnings.map((one) => `Warning: ${one}`)];
