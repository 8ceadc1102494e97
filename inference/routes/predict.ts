// POST /v1/predict: one text or many, answered after Kafka has acknowledged their events.
import { Type } from 'typebox';
import type { Answer } from '../serving/microBatch.ts';
import type { Ask } from '../serving/predictor.ts';
import { chargeItems } from '../http/door.ts';
import { idFor, KeyHeader } from '../http/once.ts';
import { documentOf } from '../http/problem.ts';
import type { Door, Once } from './order.ts';
import { answersOf, Id, Item, oneOrMany, ProblemDocument, TimeMs, wellFormed, type App } from './shapes.ts';

export type PredictPorts = {
  readonly answer: Answer;
  readonly newId: () => string;
};
/** The event without its text: serialised by this schema, which leaves the text out. */
export const PredictionAnswer = Type.Object(
  {
    prediction_id: Id, category: Type.String(), probabilities: Type.Immutable(Type.Array(Type.Object({ category: Type.String(), probability: Type.Number({ minimum: 0, maximum: 1 }) }))),
    model_name: Type.String(), model_version: Type.String(), predicted_at: TimeMs, audit: Type.Boolean({ description: 'Marked for verification.' }),
  },
  { title: 'Prediction' },
);
const PredictionRefused = Type.Object({ prediction_id: Id, problem: ProblemDocument }, { title: 'PredictionRefused' });

export function predictRoutes(app: App, ports: PredictPorts, needs: Door, once: Once): void {
  app.post('/v1/predict', {
    onRequest: needs('predict'), preHandler: once,
    schema: {
      tag: 'predict', summary: 'Classify one text, or up to 1,000', refuses: [422, 503], headers: KeyHeader, body: oneOrMany(Item), response: { 200: answersOf(PredictionAnswer, PredictionRefused, 'predictions') },
      description: 'A list is answered in order, item by item: a prediction, or why this one was refused while the others were answered. A body that breaks the schema is refused as a whole.',
    },
  }, async (request) => {
    const { body } = request;
    chargeItems(request, 'items' in body ? body.items.length : 1);
    const id = idFor(request, ports.newId);
    const askOf = (item: Item, i: number): Ask => ({ predictionId: item.prediction_id ?? id(i, item.product_description), text: wellFormed(item.product_description) });
    if (!('items' in body)) {
      const [prediction] = await ports.answer([askOf(body, 0)]);
      if (prediction === undefined) throw new Error('one text, no prediction');
      return prediction;
    }
    const asks = body.items.map(askOf);
    const firstOf = new Map<string, number>();
    asks.forEach(({ predictionId }, i) => firstOf.has(predictionId) || firstOf.set(predictionId, i));
    const accepted = asks.filter(({ predictionId }, i) => firstOf.get(predictionId) === i);
    const predictions = await ports.answer(accepted);
    let next = 0;
    const answers = asks.map(({ predictionId }, i) => {
      const prediction = firstOf.get(predictionId) === i ? predictions[next++] : undefined;
      return prediction ?? { prediction_id: predictionId, problem: documentOf(409, 'id stands twice', `prediction_id '${predictionId}' stands twice in this request; give each text its own or leave it out`, `items.${i}.prediction_id`) };
    });
    return { predictions: answers, refused: asks.length - accepted.length };
  });
}
