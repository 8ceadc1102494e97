// Live figures, as the monitor tells them, with what the join and the read model know beside them; asked for, or told as they change.
import { Type } from 'typebox';
import type { FastifyReply } from 'fastify';
import { cachedFor } from '../live/cached.ts';
import type { Seen } from '../live/changes.ts';
import { openFeed } from '../live/feed.ts';
import { countedIn, DELAY_SHARES, joinView, type JoinView } from '../live/view.ts';
import type { Answer, Question } from '../recent/questions.ts';
import type { ServingModel } from '../serving/loader.ts';
import { Problem } from '../http/problem.ts';
import { describe, modelsBody, ModelView, type ModelPorts } from './models.ts';
import type { Door } from './order.ts';
import { orNull, passedOn, TimeMs, type App } from './shapes.ts';

export type LivePorts = Pick<ModelPorts, 'serving' | 'versions' | 'nowMs'> & {
  readonly serving: () => ServingModel | undefined;
  readonly live: () => Promise<unknown>;
  /** F1 by bucket, as the monitor keeps it; points: merged into about so many spans. */
  readonly history: (points: number | undefined) => Promise<unknown>;
  /** How many predictions of each version have a label, as the join tells it. */
  readonly join: () => Promise<unknown>;
  /** Trainings and rollbacks, the newest first. */
  readonly runs: () => Promise<unknown>;
  readonly recent: { ask(question: Question): Promise<Answer> };
};
const open = { additionalProperties: true };
const Share = Type.Number({ minimum: 0, maximum: 1 });
const F1 = orNull(Share);
const Band = orNull(Type.Array(Type.Number(), { minItems: 2, maxItems: 2, description: '95 %: low, high; null: no evidence.' }));
const Cells = (description: string) => Type.Array(Type.Object({ label: Type.String(), predicted: Type.String(), count: Type.Integer() }, { title: 'LiveCell' }), { description });
const ClassF1 = Type.Object({ category: Type.String(), f1: F1, support: Type.Integer({ description: 'Labels of this category.' }), band: Band }, { title: 'LiveClass', ...open });
const SCORES = { labels: Type.Integer(), weighted_f1: F1, band: Band, macro_f1: F1, macro_band: Band, micro_f1: F1, micro_band: Band, worst: orNull(ClassF1), classes: Type.Array(ClassF1) };
const Scores = Type.Object(SCORES, { title: 'LiveScores', description: 'F1 of some labels, each average with its band; null: no evidence.', ...open });
const Evidence = Type.Object({
  statistic: Type.Number({ description: 'Mean over the detectors.' }), alarm_at: Type.Number(), ratio: Type.Number({ description: 'statistic / alarm_at: 1 is the alarm.' }), labels_since_last_alarm: Type.Integer(),
  detectors: Type.Record(Type.String(), Type.Number(), { description: 'Statistic of each detector: weighted, accuracy, category:NAME.' }),
}, { title: 'LiveEvidence', ...open });
const Version = Type.Object({
  model_name: Type.String(), model_version: Type.String(), status: Type.String({ description: 'warming, healthy or degraded' }), status_since: Type.Number({ description: 'Milliseconds since 1970; 0: from the start.' }), reasons: Type.Array(Type.String()), ...SCORES,
  audit: Scores, cumulative: Scores, audit_cumulative: Scores, evidence: Evidence,
  episode: Type.Integer({ description: 'Number of the last episode of degradation.' }), resting: Type.Boolean({ description: 'After an alarm, within COOLDOWN_MS.' }), pending: Type.Boolean({ description: 'An alarm waits for the daily cap.' }), trigger: Type.String(), judged_on: Type.String(),
  threshold: Share, class_threshold: F1, accuracy_threshold: F1, labels_total: Type.Integer(), pairs_added: Type.Integer(), pairs_removed: Type.Integer(), last_labelled_at: Type.Number(),
  window_cells: Cells('The confusion matrix of the live window.'), cells: Cells('The confusion matrix of all labels.'),
}, { title: 'LiveVersion', description: 'One version. The figures at the top are of its live window, audit those of audited predictions in it, cumulative of all labels; null: no evidence.', ...open });
const Live = Type.Object({ models: Type.Array(Version) }, { title: 'Live', ...open });
const Delay = Type.Object({ p50: Type.Number(), p90: Type.Number(), p99: Type.Number() });
const Join = Type.Object({
  coverage: orNull(Type.Number({ description: 'Share of the predictions of the serving version, within the horizon, that have a label.' })), audit_coverage: orNull(Type.Number({ description: 'The same of those chosen for audit.' })),
  waiting: orNull(Type.Integer({ description: 'Predictions without a label, of all versions.' })), label_delay_seconds: orNull(Delay, 'From a prediction to its first label, of the predictions labelled last.'),
}, { title: 'LiveJoin', description: 'What the join and the read model know; null: not told.' });
const LiveBody = Type.Object({ serving: orNull(ModelView), live: passedOn(Live), join: orNull(Join) });
const Bucket = Type.Object({ start_ms: TimeMs, length_ms: Type.Integer(), labels: Type.Integer(), weighted_f1: F1, band: Band, macro_f1: F1, micro_f1: F1, worst_category: orNull(Type.String()), worst_f1: F1 }, { title: 'LiveBucket', ...open });
const History = Type.Object({ models: Type.Array(Type.Object({ model_name: Type.String(), model_version: Type.String(), buckets: Type.Array(Bucket) }, open)) }, { title: 'LiveHistory', ...open });
const HistoryQuery = Type.Object({ points: Type.Optional(Type.String({ pattern: '^([1-9][0-9]|[1-4][0-9]{2}|500)$', description: '10 to 500: neighbouring buckets are merged, by adding their counts, into about so many spans of one length.' })) });
const Events = { content: { 'text/event-stream': { schema: Type.String() } } };
const ABOUT_EVENTS = 'live: the body of GET /v1/live; history: {changed_at_ms}, the history has changed; models: the body of GET /v1/models; runs: {jobs}, the newest trainings and rollbacks as GET /v1/jobs lists them. Each comes at once and then when it has changed. A comment every 15 s shows that the line stands. The stream ends after an hour, and when it is not read; open it again.';
const CACHED_MS = 1000;
const SLOW_MS = 2000;

export function liveRoutes(app: App, ports: LivePorts, needs: Door): void {
  const { nowMs } = ports;
  const nothing = (): undefined => undefined;
  async function beside(): Promise<JoinView | null> {
    const [told, delays] = await Promise.all([ports.join().catch(nothing), ports.recent.ask({ kind: 'delays', shares: DELAY_SHARES }).catch(nothing)]);
    return joinView(told, ports.serving()?.version, delays?.status === 'delays' ? delays.delaysMs : undefined);
  }
  const liveBody = cachedFor(CACHED_MS, nowMs, async () => {
    const [live, join] = await Promise.all([ports.live(), beside()]);
    return { live, join };
  });
  const models = cachedFor(SLOW_MS, nowMs, () => modelsBody(ports));
  const runs = cachedFor(SLOW_MS, nowMs, () => ports.runs());
  const feed = openFeed(async (): Promise<Seen> => {
    const serving = describe(ports.serving());
    const [live, allModels, allRuns] = await Promise.all([liveBody().catch(nothing), models().catch(nothing), runs().catch(nothing)]);
    const text = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));
    return { live: live && text({ serving, ...live }), models: text(allModels), runs: text(allRuns), counted: live && countedIn(live.live) };
  }, nowMs);
  app.addHook('preClose', (done) => {
    feed.stop();
    done();
  });

  app.get('/v1/live', {
    onRequest: needs(), schema: { tag: 'live', summary: 'What serves, the live F1 of every version, and how well it is labelled', refuses: [503], response: { 200: LiveBody } },
  }, async () => ({ serving: describe(ports.serving()), ...(await liveBody()) }));
  const histories = new Map<string, () => Promise<unknown>>();
  app.get('/v1/live/history', { onRequest: needs(), schema: { tag: 'live', summary: 'F1 by bucket of time, oldest first', refuses: [503], querystring: HistoryQuery, response: { 200: passedOn(History) } } }, ({ query: { points = '' } }) => {
    const history = histories.get(points) ?? cachedFor(CACHED_MS, nowMs, () => ports.history(points === '' ? undefined : Number(points)));
    histories.set(points, history);
    return history();
  });
  app.get('/v1/live/events', { exposeHeadRoute: false, onRequest: needs(), schema: { tag: 'live', summary: 'The live figures as they change, as server-sent events', description: ABOUT_EVENTS, refuses: [503], response: { 200: Events } } }, (_request, reply: FastifyReply) => {
    const stream = feed.listen();
    if (stream === undefined) throw new Problem(503, 'too many listen', 'too many listen already; ask GET /v1/live now and then');
    return reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(stream);
  });
}
