// One training, whole: what asked for it, what it learnt from, what the gate compared and said.
import { count, duration, isoMs, moment, score, signed } from '../rules/format.ts';
import { causeOf, comparisonOf, held, reasonsOf, rowsInWords, type ComparisonTable } from '../rules/runs.ts';
import type { WholeRun } from '../rules/wire.ts';
import { h, table, type Child } from './element.ts';

const fact = (name: string, ...value: readonly Child[]): Child => [h('dt', {}, name), h('dd', {}, ...value)];
const time = (iso: string | null | undefined, nowMs: number): string => {
  const at = isoMs(iso);
  return at === undefined ? '–' : moment(at, nowMs);
};
const inWords = (value: unknown): string => (typeof value === 'object' && value !== null ? Object.entries(value).map(([name, one]) => `${name}: ${inWords(one)}`).join(', ') : typeof value === 'number' ? (Number.isInteger(value) ? count(value) : String(value)) : String(value));

function comparison({ where, rows, note }: ComparisonTable): HTMLElement {
  return h('div', {}, h('h3', {}, where), rows.length === 0 ? undefined : table(where, [['F1 of'], ['Champion', 'n'], ['Candidate', 'n'], ['Difference', 'n'], ['95 % band', 'n'], ['May lose', 'n'], ['Support', 'n'], ['Check']],
    rows.map((one) => [one.what, score(one.champion), score(one.challenger), signed(one.delta), `${signed(one.band[0])} – ${signed(one.band[1])}`, score(one.limit), count(one.support), h('span', { class: one.holds === false ? 'word bad' : one.holds === true ? 'word good' : 'soft' }, held(one))])), h('p', { class: 'soft small' }, note));
}
export function runDetails(run: WholeRun, nowMs: number): HTMLElement {
  const reasons = reasonsOf(run.report, run.outcome_reason);
  const tables = comparisonOf(run.report);
  const last = run.progress?.at(-1);
  return h('div', { class: 'details' },
    reasons.length === 0 ? undefined : h('ul', { class: 'reasons' }, reasons.map((one) => h('li', {}, one))),
    h('dl', { class: 'facts' },
      fact('Run', h('code', {}, run.id)), fact('Cause', causeOf(run.cause), run.request?.requested_by == null || run.request.requested_by === '' ? '' : `, by ${run.request.requested_by}`), fact('Asked', time(run.requested_at, nowMs)), fact('Took', duration(run.duration_ms)),
      run.live_f1 == null ? undefined : fact('Live F1 then', score(run.live_f1), run.threshold == null ? '' : `, threshold ${score(run.threshold)}`),
      run.params == null || Object.keys(run.params).length === 0 ? undefined : fact('Asked for', inWords(run.params)),
      run.dataset_hash == null ? undefined : fact('Dataset', h('code', {}, run.dataset_hash.slice(0, 16)), run.dataset_path == null ? '' : [' ', h('code', {}, run.dataset_path)], run.report?.counts === undefined ? '' : `: ${rowsInWords(run.report.counts)}`),
      last === undefined ? undefined : fact('Training', `epoch ${last.epoch} of ${last.epochs}, loss ${last.loss.toFixed(4)}, F1 ${score(last.f1)}`),
      run.decided_by == null ? undefined : fact('Decided by', run.decided_by, run.decided_why == null || run.decided_why === '' ? '' : `: ${run.decided_why}`)),
    tables.length === 0 ? h('p', { class: 'soft' }, run.status === 'FINISHED' && run.cause !== 'rollback' ? 'There was no champion to compare with.' : '') : tables.map(comparison));
}
