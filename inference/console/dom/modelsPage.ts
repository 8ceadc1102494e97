// Models: what serves, what has been promoted, every training with its verdict; and, for an admin, the levers.
import { duration, isoMs, moment, plural, score } from '../rules/format.ts';
import { awaits, causeOf, outcomeOf } from '../rules/runs.ts';
import type { Models, Problem, PromotedVersion, Run, WholeRun } from '../rules/wire.ts';
import { isAdmin, type OpenPage } from './app.ts';
import { confirm, type Question } from './confirm.ts';
import { button, h, table, type Child } from './element.ts';
import { show } from './morph.ts';
import { announce, empty, loading, problemNotice } from './notices.ts';
import { runDetails } from './runDetails.ts';

type Whole = { readonly status: 'asked' } | { readonly status: 'here'; readonly run: WholeRun } | { readonly status: 'failed'; readonly problem: Problem };
type Word = { readonly text: string; readonly problem?: Problem };

export const openModels: OpenPage = (place, app) => {
  const { client, feed, nowMs } = app;
  const open = new Map<string, Whole>();
  let word: Word | undefined;
  let problem: Problem | undefined;
  let closed = false;
  const at = (iso: string | null | undefined): string => {
    const ms = isoMs(iso);
    return ms === undefined ? '–' : moment(ms, nowMs());
  };
  const name = (): string => feed.models?.models[0]?.model_name ?? app.who.model_name;
  const serving = (): string | undefined => feed.models?.models[0]?.model_version;

  // The stream tells both; this is for the first moment, and for a service that has no stream.
  async function look(): Promise<void> {
    const [models, jobs] = await Promise.all([client.get<Models>('/v1/models'), client.get<{ readonly jobs: readonly Run[] }>('/v1/jobs?limit=50')]);
    if (closed) return;
    if (models.ok) feed.models = models.value;
    if (jobs.ok) feed.runs = jobs.value.jobs.filter(({ kind }) => kind !== 'batch');
    problem = models.ok ? (jobs.ok ? undefined : jobs.problem) : models.problem;
    draw();
  }
  async function fetchRun(id: string): Promise<void> {
    const answer = await client.get<WholeRun>(`/v1/jobs/${encodeURIComponent(id)}`);
    if (closed || !open.has(id)) return;
    open.set(id, answer.ok ? { status: 'here', run: answer.value } : { status: 'failed', problem: answer.problem });
    draw();
  }
  function toggle(id: string): void {
    if (open.delete(id)) return draw();
    open.set(id, { status: 'asked' });
    draw();
    void fetchRun(id);
  }
  async function act(question: Question, path: string, bodyOf: (form: FormData) => object, done: string): Promise<void> {
    const form = await confirm(question);
    if (form === undefined) return;
    const answer = await client.post(path, bodyOf(form));
    if (closed) return;
    word = answer.ok ? { text: done } : { text: done, problem: answer.problem };
    if (answer.ok) announce(done);
    draw();
    void look();
  }
  const told = (form: FormData, field: string): string => {
    const value = form.get(field);
    return typeof value === 'string' ? value.trim() : '';
  };
  const rollBack = (version: string): void => void act({
    title: `Roll back to ${version}?`, action: `Serve ${version} again`, danger: true,
    body: [h('p', {}, serving() === undefined ? '' : `${serving() ?? ''} serves now. `, `${version} will serve every request from the moment its promotion arrives, without a pause. It is judged afresh, and the way back is another rollback.`)],
  }, `/v1/models/${encodeURIComponent(name())}/rollback`, () => ({ version }), `Ordered: back to ${version}`);
  const retrain = (): void => void act({
    title: 'Train now?', action: 'Train',
    body: [h('p', {}, 'It learns from the base corpus and all labels; the gate decides whether it serves.'), h('label', {}, 'Epochs ', h('input', { name: 'epochs', type: 'number', min: 1, max: 200, placeholder: 'as set' })), h('label', { class: 'check' }, h('input', { name: 'force', type: 'checkbox' }), ' promote whatever the gate says')],
  }, '/v1/retrain', (form) => ({ model_name: name(), ...(told(form, 'epochs') === '' ? {} : { epoch_num: Number(told(form, 'epochs')) }), ...(form.get('force') === null ? {} : { force: true }) }), 'Ordered: a training');
  const decide = (run: Run, kind: 'approve' | 'decline'): void => void act({
    title: kind === 'approve' ? `Approve ${run.model_version ?? 'this run'}?` : `Decline ${run.model_version ?? 'this run'}?`, action: kind === 'approve' ? 'Approve' : 'Decline', danger: kind === 'decline',
    body: [h('p', {}, kind === 'approve' ? 'It is promoted and serves from then on. Should the champion have changed meanwhile, it is judged again first.' : 'It will not serve. The run and its report stay.'), h('label', {}, 'Why (optional) ', h('input', { name: 'why', type: 'text', maxlength: 1000 }))],
  }, `/v1/models/${encodeURIComponent(name())}/runs/${encodeURIComponent(run.id)}/${kind}`, (form) => (told(form, 'why') === '' ? {} : { why: told(form, 'why') }), kind === 'approve' ? 'Approved' : 'Declined');

  function versionsTable(versions: readonly PromotedVersion[]): HTMLElement {
    const admin = isAdmin(app);
    return table('Versions that have served', [['Version'], ['F1 at the gate', 'n'], ['Worst category', 'n'], ['Promoted'], ['Why'], ...(admin ? [['Way back', 'unseen'] as const] : [])], versions.map((one) => {
      const [newest] = one.promotions;
      const serves = one.model_version === serving();
      return [[one.model_version, serves ? h('span', { class: 'tag' }, 'serves') : undefined], score(one.f1), score(one.min_f1), [at(newest?.promoted_at), one.promotions.length > 1 ? h('span', { class: 'soft' }, `, ${plural(one.promotions.length, 'time')}`) : undefined], newest === undefined ? '' : causeOf(newest.cause),
        ...(admin ? [serves ? '' : one.removed_at !== null ? h('span', { class: 'soft' }, 'removed') : button(`Roll back to ${one.model_version}`, () => rollBack(one.model_version), { class: 'small' })] : [])];
    }));
  }
  function runRow(run: Run): HTMLElement[] {
    const whole = open.get(run.id);
    const { word: what, tone } = outcomeOf(run);
    const details = (): Child => (whole === undefined ? undefined : whole.status === 'asked' ? loading('the run') : whole.status === 'failed' ? problemNotice(whole.problem, () => void fetchRun(run.id)) : runDetails(whole.run, nowMs()));
    return [
      h('tr', { 'data-key': run.id, class: whole === undefined ? undefined : 'open' },
        h('th', { scope: 'row' }, button([h('span', { class: 'arrow', 'aria-hidden': 'true' }, whole === undefined ? '▸' : '▾'), ' ', at(run.requested_at)], () => toggle(run.id), { class: 'plain', 'aria-expanded': whole === undefined ? 'false' : 'true', 'aria-label': `Run of ${at(run.requested_at)}: details` })),
        h('td', {}, causeOf(run.cause)), h('td', {}, h('span', { class: `word ${tone}` }, what)), h('td', {}, run.model_version ?? '–'), h('td', { class: 'n' }, score(run.f1)), h('td', { class: 'n' }, score(run.champion_f1)), h('td', { class: 'n' }, duration(run.duration_ms)),
        h('td', { class: 'reason' }, awaits(run) && isAdmin(app) ? h('span', { class: 'actions' }, button('Approve', () => decide(run, 'approve'), { class: 'small primary' }), button('Decline', () => decide(run, 'decline'), { class: 'small' })) : (run.outcome_reason ?? ''))),
      ...(whole === undefined ? [] : [h('tr', { 'data-key': `${run.id}:details`, class: 'open' }, h('td', { colspan: 8 }, details()))]),
    ];
  }
  function runsTable(runs: readonly Run[]): HTMLElement {
    return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Runs' }, h('table', { class: 'runs' }, h('caption', { class: 'unseen' }, 'Trainings and rollbacks, newest first'),
      h('thead', {}, h('tr', {}, [['Asked'], ['Cause'], ['Verdict'], ['Version'], ['F1', 'n'], ['Champion', 'n'], ['Took', 'n'], ['Reason']].map(([title, kind]) => h('th', { scope: 'col', class: kind }, title)))), h('tbody', {}, runs.flatMap(runRow))));
  }
  function draw(): void {
    const { models, runs } = feed;
    const waiting = runs?.filter(awaits).length ?? 0;
    show(place, h('div', { class: 'title' }, h('h1', { tabindex: -1 }, 'Models'), isAdmin(app) ? button('Train now', retrain) : h('span', { class: 'soft' }, 'Levers need the scope admin.')),
      ...(problem === undefined ? [] : [problemNotice(problem, () => void look())]),
      ...(word === undefined ? [] : [word.problem === undefined ? h('p', { class: 'notice good', role: 'status' }, `${word.text}. It appears below as it goes on.`) : problemNotice(word.problem)]),
      ...(waiting > 0 ? [h('p', { class: 'notice open' }, `${plural(waiting, 'run')} passed the gate and ${waiting === 1 ? 'waits' : 'wait'} for an admin.`)] : []),
      h('h2', {}, 'Versions'), models === undefined ? loading('the versions') : models.versions === null ? h('p', { class: 'notice bad' }, `${serving() ?? 'No model'} serves. The other versions are not known now: ${models.versions_unavailable ?? 'the trainer is away'}.`) : models.versions.length === 0 ? empty('No model has been promoted yet') : versionsTable(models.versions),
      h('h2', {}, 'Runs'), runs === undefined ? loading('the runs') : runs.length === 0 ? empty('Nothing has been trained yet') : runsTable(runs));
  }
  void look();
  // A run that goes on changes while it is looked at.
  let shownRuns: readonly Run[] | undefined;
  return {
    draw() {
      if (feed.runs !== shownRuns) {
        shownRuns = feed.runs;
        for (const [id, whole] of open) if (whole.status === 'here' && !['FINISHED', 'FAILED'].includes(whole.run.status)) void fetchRun(id);
      }
      draw();
    },
    close() {
      closed = true;
    },
  };
};
