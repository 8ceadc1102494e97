// Routes for people who label: predictions to look at, held for a while so that two people do not label the same one, and how far they have come. The labels themselves go to /v1/feedback.
import { Type } from 'typebox';
import { personOf } from '../../schemas/sources.ts';
import { nameOf } from '../http/door.ts';
import { MOST_HELD } from '../labels/leases.ts';
import type { LabelDesk } from '../labels/desk.ts';
import { QUEUE_ORDERS } from '../recent/choose.ts';
import type { Answer, Question, Stage } from '../recent/questions.ts';
import type { Door } from './order.ts';
import { Found, noReadModel } from './predictions.ts';
import { Id, TimeMs, type App } from './shapes.ts';

export type LabelPorts = { readonly labels: LabelDesk; readonly recent: { ask(question: Question): Promise<Answer>; stage(): Stage | 'off' } };

const Ids = Type.Array(Id, { maxItems: MOST_HELD });
const Wish = Type.Object({
  order: Type.Optional(Type.Enum([...QUEUE_ORDERS], { default: 'least_certain', description: 'least_certain: where the two best categories are closest. audit: those marked for verification. Both of equal rank, and newest: the newest first.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 10 })),
  except: Type.Optional(Type.Array(Id, { maxItems: MOST_HELD, description: 'Not these: in hand already, or labelled a moment ago. They stay leased.' })),
}, { title: 'LabelWish' });
const { prediction_id, product_description, category, probabilities, model_name, model_version, predicted_at, audit } = Found.properties;
const ToLabel = Type.Object({ prediction_id, product_description, category, probabilities, model_name, model_version, predicted_at, audit, leased_until: TimeMs }, { title: 'ToLabel' });
const SharedOrNot = Type.Enum(['shared', 'this instance'], { description: 'Whether the other instances know of these leases; they do not while MySQL is away.' });
const Leased = Type.Object({ items: Type.Array(ToLabel), waiting: Type.Integer({ description: 'How many of the newest predictions have no label yet and would be asked about in this order, whoever has them in hand.' }), leases: SharedOrNot }, { title: 'Leased' });
const Release = Type.Object({ prediction_ids: Ids }, { title: 'LabelRelease' });
const Released = Type.Object({ released: Type.Integer({ description: 'How many were named; those that others hold stay theirs.' }), leases: SharedOrNot }, { title: 'LabelsReleased' });
const Since = Type.Object({ since_ms: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: 'Labels given from then on; milliseconds since 1970.' })) });
const Progress = Type.Object({
  since_ms: TimeMs, labelled: Type.Integer(), corrected: Type.Integer({ description: 'Labels that differ from the prediction.' }), withdrawn: Type.Integer(), by_me: Type.Integer({ description: 'Of labels and withdrawals those whose source ends in `/` and the name of this token, as in console/anna.' }),
  sources: Type.Record(Type.String(), Type.Integer(), { description: 'Labels and withdrawals by source, the most frequent ones.' }), held_since_ms: Type.Union([TimeMs, Type.Null()], { description: 'Labels before this are not counted: only the newest are held. null: all since the service began to hold predictions.' }),
}, { title: 'LabelProgress' });

export function labelRoutes(app: App, { labels, recent }: LabelPorts, needs: Door): void {
  function held(): void {
    if (recent.stage() === 'off') throw noReadModel();
  }
  const told = (shared: boolean) => (shared ? 'shared' as const : 'this instance' as const);
  app.post('/v1/labels/lease', {
    onRequest: needs('feedback'),
    schema: { tag: 'feedback', summary: 'Predictions to label, kept from others for a while', refuses: [404, 503], body: Wish, response: { 200: Leased }, description: `For LABEL_LEASE_MS nobody else is given them. What the token holds already and has no label comes first, whatever the order; ${MOST_HELD} at most are held at once.` },
  }, async (request) => {
    held();
    const { order = 'least_certain', limit = 10, except = [] } = request.body;
    const { items, waiting, shared } = await labels.lease(nameOf(request), { order, limit, except });
    return { items: items.map(({ prediction, untilMs }) => ({ ...prediction, probabilities: [...prediction.probabilities], leased_until: untilMs })), waiting, leases: told(shared) };
  });
  app.post('/v1/labels/release', { onRequest: needs('feedback'), schema: { tag: 'feedback', summary: 'Give back predictions that will not be labelled now', body: Release, response: { 200: Released } } }, async (request) => {
    const ids = request.body.prediction_ids;
    return { released: ids.length, leases: told(await labels.release(nameOf(request), ids)) };
  });
  app.get('/v1/labels/progress', { onRequest: needs('feedback'), schema: { tag: 'feedback', summary: 'How many labels were given since a time', refuses: [404, 503], querystring: Since, response: { 200: Progress } } }, async (request) => {
    held();
    const sinceMs = Number(request.query.since_ms ?? 0);
    const answer = await recent.ask({ kind: 'progress', sinceMs });
    if (answer.status !== 'progress') throw new Error(`asked for progress, answered ${answer.status}`);
    const { labelled, corrected, withdrawn, sources, heldSince } = answer;
    const me = nameOf(request);
    return { since_ms: sinceMs, labelled, corrected, withdrawn, by_me: Object.entries(sources).reduce((sum, [source, count]) => sum + (personOf(source) === me ? count : 0), 0), sources, held_since_ms: heldSince ?? null };
  });
}
