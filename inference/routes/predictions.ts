// Predictions from the read model, with what people have said of them: one by its id, or those behind a cell of the confusion matrix. They tell texts, so only those may ask who send texts or judge them.
import { Type } from 'typebox';
import { transient } from '../../schemas/failure.ts';
import { Problem } from '../http/problem.ts';
import type { Answer, Question, Stage } from '../recent/questions.ts';
import type { Door } from './order.ts';
import { Category, Id, Version, type App } from './shapes.ts';

export type PredictionPorts = { readonly recent: { ask(question: Question): Promise<Answer>; stage(): Stage | 'off' } };

const Params = Type.Object({ id: Id });
const Revision = Type.Object({ revision: Type.Integer(), label: Type.Union([Type.String(), Type.Null()]), source: Type.String(), labelled_at: Type.Number() });
export const Found = Type.Object({
  prediction_id: Type.String(), product_description: Type.String(), category: Type.String(), probabilities: Type.Array(Type.Object({ category: Type.String(), probability: Type.Number() })),
  model_name: Type.String(), model_version: Type.String(), predicted_at: Type.Number(), recorded_at: Type.Number({ description: 'broker time' }), audit: Type.Boolean(),
  status: Type.Enum(['unlabelled', 'labelled', 'withdrawn']), label: Type.Union([Type.String(), Type.Null()]), revisions: Type.Array(Revision, { description: 'the newest ones, in order' }), revisions_total: Type.Integer(),
}, { title: 'RecentPrediction' });

const Cell = Type.Object({ label: Type.Optional(Category), predicted: Type.Optional(Category), model_version: Type.Optional(Version), limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|100)$', description: '1 to 100; 20 when it is left out.' })) });
const Examples = Type.Object({ items: Type.Array(Found) }, { title: 'Examples' });
const EXAMPLES = '20';

/** Ids that are unknown and ids that are too old look alike: the answer says both, and from when on the id would be here. */
function absent(id: string, heldSince: number | undefined): Problem {
  const since = heldSince === undefined ? 'Every prediction that is on the topic is held, so none with this id is there, or it was made a moment ago.'
    : `Predictions since ${new Date(heldSince).toISOString()} are held: this one is older than the read model (RECENT_PREDICTIONS), or was never made, or was made a moment ago; an id alone does not tell which.`;
  return new Problem(404, heldSince === undefined ? 'not found' : 'older than the read model, or unknown', `there is no prediction '${id}' among the newest ones. ${since}`, 'id');
}

export const noReadModel = (): Problem => new Problem(404, 'no read model', 'this service keeps no predictions: RECENT_PREDICTIONS is 0');

export function predictionRoutes(app: App, { recent }: PredictionPorts, needs: Door): void {
  app.get('/v1/predictions/:id', { onRequest: needs('predict', 'feedback'), schema: { tag: 'predict', summary: 'A recent prediction with what people have said of it', refuses: [404, 503], params: Params, response: { 200: Found } } }, async (request) => {
    const { id } = request.params;
    if (recent.stage() === 'off') throw noReadModel();
    const answer = await recent.ask({ kind: 'find', id });
    if (answer.status === 'found') return answer.prediction;
    if (recent.stage() !== 'caught up') throw transient('recent_catching_up', `there is no prediction '${id}' yet, but the read model is still being read from the topics; ask again`);
    throw absent(id, answer.status === 'absent' ? answer.heldSince : undefined);
  });
  app.get('/v1/live/examples', { onRequest: needs('predict', 'feedback'), schema: { tag: 'live', summary: 'Recent predictions that were labelled so, the newest label first', description: 'What is left out is any: label and predicted name a cell of the confusion matrix.', refuses: [404, 503], querystring: Cell, response: { 200: Examples } } }, async ({ query }) => {
    if (recent.stage() === 'off') throw noReadModel();
    const { label, predicted, model_version: modelVersion, limit = EXAMPLES } = query;
    const answer = await recent.ask({ kind: 'behind', cell: { label, predicted, modelVersion }, limit: Number(limit) });
    return { items: answer.status === 'behind' ? answer.predictions.map((one) => ({ ...one, probabilities: [...one.probabilities] })) : [] };
  });
}
