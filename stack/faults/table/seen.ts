// What a row of the table came to: what was seen of each, whether that is what the row says, and the table in words. Pure.
import { ACTORS, VICTIMS, type Actor, type AwayRow, type BrokenRow, type Does, type Victim } from './rows.ts';
import type { Answer } from './traffic.ts';

/** `done before`: the work had ended when the fault came. */
export type Seen = Does | 'done before';
/** How it stood when everybody was to be well again. restarts: but those that the row itself makes. */
export type Aftermath = { readonly restarts: number; readonly lost: number; readonly doubled: number; readonly differences: readonly string[]; readonly recoveredMs: number };
export type AwaySeen = Aftermath & {
  readonly kind: 'away'; readonly row: AwayRow;
  readonly does: Readonly<Record<Actor, Seen>>; readonly unready: readonly Victim[]; /** whose /health/live failed, and how often */ readonly dead: readonly string[];
};
/** said: what the act saw. asExpected: false: it saw something else, which `said` tells. */
export type BrokenSeen = Aftermath & { readonly kind: 'broken'; readonly row: BrokenRow; readonly said: string; readonly asExpected: boolean };
export type RowSeen = AwaySeen | BrokenSeen;
const SERVED_SHARE = 0.9;

/** How requests were answered that were begun in the last part of the fault. */
export function httpSeen(answers: readonly Answer[], fromMs: number, toMs: number): Seen {
  const ours = answers.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const good = ours.filter(({ status }) => status === 200).length;
  if (ours.length > 0 && good >= SERVED_SHARE * ours.length) return 'serves';
  return ours.length > 0 && ours.every(({ status }) => status === 503) ? 'refuses' : 'either';
}
/** Whether something came in the last part of the fault. */
export const flowSeen = (timesMs: readonly number[], fromMs: number, toMs: number): Seen => (timesMs.some((ms) => ms >= fromMs && ms < toMs) ? 'serves' : 'holds');
export const matches = (expected: Does, seen: Seen): boolean => expected === 'either' || seen === 'done before' || expected === seen;

/** What is not as the row says; nothing: the row holds. */
export function complaintsOf(seen: RowSeen): string[] {
  const { restarts, lost, doubled, differences } = seen;
  return [
    ...(seen.kind === 'away' ? complaintsOfAway(seen) : seen.asExpected ? [] : [`not as expected: ${seen.said}`]),
    ...(restarts === 0 ? [] : [`${restarts} restarts`]), ...(lost === 0 ? [] : [`${lost} lost`]), ...(doubled === 0 ? [] : [`${doubled} doubled`]), ...differences,
  ];
}
function complaintsOfAway({ row, does, unready, dead }: AwaySeen): string[] {
  const missing = row.unready.filter((one) => !unready.includes(one));
  const surplus = row.fault.kind === 'flap' || row.fault.kind === 'lost connections' ? [] : unready.filter((one) => !row.unready.includes(one));
  return [
    ...ACTORS.filter((actor) => !matches(row.does[actor], does[actor])).map((actor) => `${actor} ${does[actor]}, expected: ${row.does[actor]}`),
    ...missing.map((one) => `${one} says it is ready`), ...surplus.map((one) => `${one} says it is not ready`),
    ...dead.map((one) => `live failed: ${one}`),
  ];
}

const COLUMN = 12;
const cellOf = (expected: Does, seen: Seen): string => (matches(expected, seen) ? (expected === 'either' ? `(${seen})` : seen) : `${seen}!=${expected}`);
/** What is seen of a row while it lasts, in columns. */
const columnsOf = (seen: RowSeen): string[] => (seen.kind === 'broken' ? [seen.said]
  : [...ACTORS.map((actor) => cellOf(seen.row.does[actor], seen.does[actor]).padEnd(COLUMN)), (seen.unready.length === VICTIMS.length ? 'all' : seen.unready.join('+') || '-').padEnd(COLUMN)]);
const HEADS = { away: [...ACTORS, 'not ready'], broken: ['seen'] } as const;
/** The table: a line per row, what was seen; where something else was expected, that too. A part of it for each kind of row. */
export function tableLines(seen: readonly RowSeen[]): string[] {
  return (['away', 'broken'] as const).flatMap((kind) => {
    const ours = seen.filter((one) => one.kind === kind);
    if (ours.length === 0) return [];
    const width = Math.max(...ours.map(({ row }) => row.name.length));
    const lines = ours.map((one) => [
      one.row.name.padEnd(width), ...columnsOf(one), `${(one.recoveredMs / 1000).toFixed(1).padStart(6)} s`, `${one.lost} lost`, `${one.doubled} doubled`, `${one.restarts} restarts`, complaintsOf(one).length === 0 ? 'ok' : 'FAILED',
    ].join('  '));
    return [['fault'.padEnd(width), ...HEADS[kind].map((head) => head.padEnd(COLUMN)), 'recovered'].join('  '), ...lines];
  });
}
