// The gate's report as one self-contained page: no script, no outside resource, light and dark by the reader's wish. Every text in it is escaped.
import type { Challenger } from './examine.ts';
import { html, type Html } from './html.ts';
import { matrix, whiskers } from './reportParts.ts';
import type { Compared, ContestFigures, GateReport } from './report.ts';
import { STYLE } from './reportStyle.ts';

/** What the page says beside the report itself. facts: further lines of the table at its end, in order. */
export type PageFacts = { readonly modelName: string; readonly runId: string; readonly cause: string; readonly facts: readonly (readonly [name: string, value: string])[] };

const figure = (value: number | null | undefined, digits = 4): string => (value === null || value === undefined ? 'absent' : value.toFixed(digits));
const signed = (value: number, digits = 4): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
const WORDS: Readonly<Record<GateReport['verdict']['status'], string>> = { passed: 'Passed', 'needs approval': 'Passed, needs an approval', rejected: 'Rejected' };
const CALLED: Readonly<Record<Challenger, string>> = { candidate: 'candidate', previous: 'version before' };
const pOf = (p: number): string => (p < 0.0001 ? p.toExponential(1) : p.toFixed(4));

function headline({ verdict, champion, previous }: GateReport): string {
  if (champion === null) return verdict.status === 'rejected' ? 'There is still no model' : 'The first model';
  const name = champion.version ?? 'the champion';
  if (verdict.status === 'rejected') return `${name} keeps serving`;
  return verdict.winner === 'previous' ? `Back from ${name} to ${previous?.version ?? 'the version before'}` : `The candidate may replace ${name}`;
}

const tile = (name: string, value: string, note: string): Html => html`<div class="tile"><span>${name}</span><b>${value}</b><small>${note}</small></div>`;
function tiles({ candidate, champion, contests, rules, majority_f1 }: GateReport): Html {
  const [main] = contests;
  const worst = candidate.hold_out.worst;
  return html`<div class="tiles">${[
    tile('Candidate, hold-out', figure(candidate.hold_out.weighted), champion === null ? `majority class ${figure(majority_f1)}` : `champion ${figure(champion.hold_out.weighted)}`),
    ...(main === undefined || main.recent.rows === 0 ? [] : [tile('Candidate, recent rows', figure(main.recent.challenger.weighted), `champion ${figure(main.recent.champion.weighted)}`)]),
    tile('Worst category', figure(worst?.f1), worst?.category ?? 'no labels'),
    ...(main === undefined || main.recent.rows === 0 ? [] : [tile('Recent rows gained / lost', `${main.recent.gained} / ${main.recent.lost}`, `McNemar p = ${pOf(main.recent.p_value)}`)]),
    tile('Threshold min_f1', figure(rules.min_f1, 2), 'on weighted F1'),
  ]}</div>`;
}

function deltaTable(of: Compared, name: string): Html {
  const all = [...(of.weighted === null ? [] : [{ category: 'all (weighted)', ...of.weighted }]), ...of.categories];
  const rows = all.map((one) => html`<tr><th scope="row">${one.category}</th><td>${one.support}</td><td>${figure(one.champion)}</td><td>${figure(one.challenger)}</td><td>${signed(one.delta)}</td><td>${signed(one.band[0])} … ${signed(one.band[1])}</td><td>${one.limit === null ? '' : `−${one.limit.toFixed(4)}`}</td><td class="${one.holds === null ? 'quiet' : one.holds ? 'good' : 'bad'}">${one.holds === null ? 'no margin' : one.holds ? 'holds' : 'worse'}</td></tr>`);
  return html`<div class="wide"><table><thead><tr><th>category</th><th>rows</th><th>champion F1</th><th>${name} F1</th><th>difference</th><th>95 % band</th><th>may fall by</th><th></th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function section(title: string, note: string, of: Compared, name: string): Html {
  if (of.rows === 0) return html`<h3>${title}</h3><p class="quiet">No such rows.</p>`;
  return html`<h3>${title} <small>${of.rows} rows</small></h3><p class="quiet">${note} Only the ${name} right: ${of.gained}; only the champion right: ${of.lost}; McNemar, exact, one-sided: p = ${pOf(of.p_value)}.</p>
${whiskers(of)}
${deltaTable(of, name)}
<div class="pair"><figure><figcaption>champion</figcaption>${matrix(of.champion.cells)}</figure><figure><figcaption>${name}</figcaption>${matrix(of.challenger.cells)}</figure></div>`;
}
/** alone: its reasons stand at the head of the page already. */
function contest(one: ContestFigures, championVersion: string, alone: boolean): Html {
  const name = CALLED[one.challenger];
  const title = one.challenger === 'previous' ? `The version before (${one.version ?? '?'}) against ${championVersion}` : `The candidate against ${championVersion}`;
  return html`<section><h2>${title} <span class="badge ${one.status === 'rejected' ? 'bad' : 'good'}">${WORDS[one.status]}</span></h2>${alone ? undefined : html`<ul>${[...one.reasons.map((text) => html`<li>${text}</li>`), ...one.warnings.map((text) => html`<li class="warn">${text}</li>`)]}</ul>`}
${section('Hold-out', 'Rows that no model ever trains on.', one.hold_out, name)}
${section('Recent rows', 'Labelled since the champion learnt; each is judged by a model that has not trained on it.', one.recent, name)}</section>`;
}

export function reportPage(report: GateReport, { modelName, runId, cause, facts }: PageFacts): string {
  const { verdict, champion } = report;
  const known: (readonly [string, string])[] = [['run', runId], ['cause', cause], ...facts, ['margins', `${report.rules.margin} overall, ${report.rules.category_margin} in a category; level ${report.rules.alpha} for all checks together; a category needs ${report.rules.min_support} rows`]];
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${modelName}: ${WORDS[verdict.status]} (${runId})</title><style>${{ html: STYLE }}</style></head><body><main>
<header class="${verdict.status === 'rejected' ? 'bad' : verdict.status === 'passed' ? 'good' : 'warn'}"><p>${modelName} · ${cause} · gate report</p><h1>${headline(report)}</h1><p class="verdict">${WORDS[verdict.status]}</p>
<ul>${[...verdict.reasons.map((text) => html`<li>${text}</li>`), ...verdict.warnings.map((text) => html`<li class="warn">${text}</li>`)]}</ul></header>
${tiles(report)}
${champion === null ? html`<section><h2>Hold-out <small>${report.candidate.hold_out.labels} rows</small></h2><div class="pair"><figure><figcaption>candidate</figcaption>${matrix(report.candidate.hold_out.cells)}</figure></div></section>` : report.contests.map((one) => contest(one, champion.version ?? 'the champion', report.contests.length === 1))}
<section><h2>Where it comes from</h2><div class="wide"><table class="facts"><tbody>${known.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table></div></section>
</main></body></html>
`;
  return page.html;
}
