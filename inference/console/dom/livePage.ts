// Live: what the F1 is now, since when, on how many labels, how near the alarm is, and what is behind the errors. Moves by itself.
import { ago, count, duration, isoMs, percent, score } from '../rules/format.ts';
import type { Mark } from '../rules/f1Chart.ts';
import { servingVersion } from '../rules/statusLine.ts';
import type { Example, Models, Problem, Version } from '../rules/wire.ts';
import type { App, OpenPage } from './app.ts';
import { bar } from './choices.ts';
import { h, on, table, type Child } from './element.ts';
import { evidencePicture } from './evidencePicture.ts';
import { f1Picture } from './f1Picture.ts';
import { matrixTable, type Chosen } from './matrixTable.ts';
import { show } from './morph.ts';
import { empty, loading, problemNotice } from './notices.ts';

const EXAMPLES = 20;
const ALL = '';
const mayRead = ({ who }: App): boolean => who.scopes.some((scope) => scope !== 'train');
const marksOf = (models: Models | undefined): Mark[] => (models?.versions ?? []).flatMap(({ model_version, promotions }) => promotions.flatMap(({ promoted_at }) => {
  const atMs = isoMs(promoted_at);
  return atMs === undefined ? [] : [{ atMs, version: model_version }];
}));

function tiles(version: Version, app: App): HTMLElement {
  const { live } = app.feed;
  const now = app.nowMs();
  const tile = (name: string, value: Child, ...more: readonly Child[]): HTMLElement => h('div', {}, h('dt', {}, name), h('dd', {}, h('span', { class: 'big' }, value), h('span', { class: 'soft' }, ' ', ...more)));
  const delay = live?.join?.label_delay_seconds;
  return h('dl', { class: 'tiles' },
    tile('Weighted F1', score(version.weighted_f1), version.band === null ? 'no band yet' : `${score(version.band[0])} – ${score(version.band[1])}, of ${count(version.labels)} labels`),
    tile('Threshold', score(version.threshold), version.weighted_f1 === null ? '' : version.weighted_f1 >= version.threshold ? `${(version.weighted_f1 - version.threshold).toFixed(3)} above` : `${(version.threshold - version.weighted_f1).toFixed(3)} below`),
    tile('Verdict', h('span', { class: `pill ${version.status}` }, version.status), version.status_since == null || version.status_since === 0 ? '' : `since ${ago(version.status_since, now)}`),
    tile('Audited only', score(version.audit?.weighted_f1), version.audit === undefined ? '' : `of ${count(version.audit.labels)} labels`),
    tile('Coverage', percent(live?.join?.coverage), live?.join?.coverage == null ? 'not told' : 'of predictions have a label'),
    tile('Label delay', delay?.p50 == null ? '–' : duration(delay.p50 * 1000), delay?.p50 == null ? 'not told' : `median; 9 of 10 within ${delay.p90 === null ? '–' : duration(delay.p90 * 1000)}`));
}
function classTable({ classes, class_threshold }: Version): HTMLElement {
  return table('F1 by category', [['Category'], ['F1', 'n'], ['Bar', 'unseen'], ['Low', 'n'], ['High', 'n'], ['Support', 'n']], classes.map(({ category, f1, band, support }) => [
    category, class_threshold != null && f1 !== null && f1 < class_threshold ? h('span', { class: 'word bad' }, score(f1), ' below floor') : score(f1), bar(f1 ?? 0), score(band?.[0]), score(band?.[1]), count(support),
  ]), { class: 'classes' });
}

export const openLive: OpenPage = (place, app) => {
  const { feed, client } = app;
  let wanted = ALL;
  let chosen: Chosen | undefined;
  let examples: readonly Example[] | undefined;
  let problem: Problem | undefined;
  let closed = false;

  const versionShown = (): Version | undefined => {
    if (feed.live === undefined) return undefined;
    return feed.live.live.models.find((one) => one.model_version === wanted) ?? servingVersion(feed.live) ?? feed.live.live.models.at(-1);
  };
  async function showExamples(cell: Chosen, version: string): Promise<void> {
    [chosen, examples, problem] = [cell, undefined, undefined];
    draw();
    const query = new URLSearchParams({ label: cell.label, predicted: cell.predicted, model_version: version, limit: String(EXAMPLES) });
    const answer = await client.get<{ readonly items: readonly Example[] }>(`/v1/live/examples?${query.toString()}`);
    if (closed || chosen !== cell) return;
    if (answer.ok) examples = answer.value.items;
    else ({ problem } = answer);
    draw();
    place.querySelector('#examples')?.scrollIntoView({ block: 'nearest' });
  }
  function examplesOf(cell: Chosen): HTMLElement {
    const body = problem !== undefined ? problemNotice(problem) : examples === undefined ? loading('examples') : examples.length === 0 ? empty('None of these is among the newest predictions any more', 'The service holds the newest RECENT_PREDICTIONS; the count reaches further back.')
      : table('Examples', [['Product'], ['Model gave it', 'n'], ['Instead of', 'n'], ['Predicted']], examples.map((one) => [one.product_description, percent(one.probabilities.find(({ category }) => category === cell.predicted)?.probability, 1), percent(one.probabilities.find(({ category }) => category === cell.label)?.probability, 1), ago(one.predicted_at, app.nowMs())]));
    return h('section', { id: 'examples', 'aria-live': 'polite' }, h('h3', {}, cell.label === cell.predicted ? `Rightly ${cell.label}` : `${cell.label}, predicted ${cell.predicted}`), body);
  }
  function draw(): void {
    const version = versionShown();
    const title = h('h1', { tabindex: -1 }, 'Live');
    if (feed.live === undefined) return show(place, title, feed.line.status === 'waiting' ? problemNotice(feed.line.problem) : loading('the live figures'));
    if (version === undefined) return show(place, title, empty('No label has come yet', feed.live.serving === null ? 'No model serves yet; the first training may still be running.' : 'As soon as somebody says what a prediction should have been, the live F1 stands here. The page Label is a way to begin.'));
    const width = place.clientWidth - 2;
    const versions = feed.live.live.models.map((one) => one.model_version);
    show(place, h('div', { class: 'title' }, title, h('label', {}, 'Version ', on(h('select', { id: 'version' }, h('option', { value: ALL, selected: wanted === ALL }, 'that serves'), versions.map((name) => h('option', { value: name, selected: wanted === name }, name))), {
      change(event) {
        wanted = event.target instanceof HTMLSelectElement ? event.target.value : ALL;
        [chosen, examples, problem] = [undefined, undefined, undefined];
        draw();
      },
    }))),
    ...(feed.line.status === 'waiting' ? [problemNotice(feed.line.problem)] : []),
    tiles(version, app), ...version.reasons.map((reason) => h('p', { class: 'notice bad' }, reason)),
    h('h2', {}, 'F1 over time'), feed.history === undefined ? loading('the history') : f1Picture(wanted === ALL ? feed.history.models : feed.history.models.filter((one) => one.model_version === wanted), marksOf(feed.models), version.threshold, width, app.nowMs()),
    h('h2', {}, 'Evidence towards the alarm'), evidencePicture(version, feed.seen, width, app.nowMs()),
    h('h2', {}, 'By category'), classTable(version),
    h('h2', {}, 'Confusion matrix'), matrixTable(version.window_cells, feed.live.serving?.categories ?? app.who.categories, chosen, mayRead(app) ? (cell) => void showExamples({ label: cell.label, predicted: cell.predicted }, version.model_version) : undefined),
    ...(chosen === undefined ? [] : [examplesOf(chosen)]));
  }
  const resized = (): void => draw();
  window.addEventListener('resize', resized);
  return {
    draw,
    close() {
      closed = true;
      window.removeEventListener('resize', resized);
    },
  };
};
