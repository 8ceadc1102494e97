// What a row of the table came to: what was seen of each, whether that is what the row says, and the table in words. Pure.
import { ACTORS, VICTIMS, type Actor, type Does, type Row, type Victim } from './rows.ts';
import type { Answer } from './traffic.ts';

/** `done before`: the work had ended when the fault came. */
export type Seen = Does | 'done before';
export type RowSeen = {
  readonly row: Row; readonly does: Readonly<Record<Actor, Seen>>; readonly unready: readonly Victim[]; /** whose /health/live failed, and how often */ readonly dead: readonly string[];
  readonly restarts: number; readonly lost: number; readonly doubled: number; readonly differences: readonly string[]; readonly recoveredMs: number;
};
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
export function complaintsOf({ row, does, unready, dead, restarts, lost, doubled, differences }: RowSeen): string[] {
  const missing = row.unready.filter((one) => !unready.includes(one));
  const surplus = row.fault.kind === 'flap' || row.fault.kind === 'lost connections' ? [] : unready.filter((one) => !row.unready.includes(one));
  return [
    ...ACTORS.filter((actor) => !matches(row.does[actor], does[actor])).map((actor) => `${actor} ${does[actor]}, expected: ${row.does[actor]}`),
    ...missing.map((one) => `${one} says it is ready`), ...surplus.map((one) => `${one} says it is not ready`),
    ...dead.map((one) => `live failed: ${one}`), ...(restarts === 0 ? [] : [`${restarts} restarts`]), ...(lost === 0 ? [] : [`${lost} lost`]), ...(doubled === 0 ? [] : [`${doubled} doubled`]), ...differences,
  ];
}

const COLUMN = 12;
const cellOf = (expected: Does, seen: Seen): string => (matches(expected, seen) ? (expected === 'either' ? `(${seen})` : seen) : `${seen}!=${expected}`);
/** The table: a line per row, what was seen; where something else was expected, that too. */
export function tableLines(seen: readonly RowSeen[]): string[] {
  const width = Math.max(...seen.map(({ row }) => row.name.length));
  const lines = seen.map((one) => [
    one.row.name.padEnd(width), ...ACTORS.map((actor) => cellOf(one.row.does[actor], one.does[actor]).padEnd(COLUMN)), (one.unready.length === VICTIMS.length ? 'all' : one.unready.join('+') || '-').padEnd(COLUMN),
    `${(one.recoveredMs / 1000).toFixed(1).padStart(6)} s`, `${one.lost} lost`, `${one.doubled} doubled`, `${one.restarts} restarts`, complaintsOf(one).length === 0 ? 'ok' : 'FAILED',
  ].join('  '));
  return [['fault'.padEnd(width), ...ACTORS.map((actor) => actor.padEnd(COLUMN)), 'not ready'.padEnd(COLUMN), 'recovered'].join('  '), ...lines];
}
