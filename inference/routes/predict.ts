// POST /v1/predict: one text or many, answered after Kafka has acknowledged their events.
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Prediction } from '../../schemas/events.ts';
import type { Ask } from '../predictor.ts';
import { Problem } from '../problem.ts';
import type { Door } from './order.ts';
import { Item, oneOrMany, wellFormed, type App } from './shapes.ts';

export type PredictPorts = {
  readonly predict: (asks: readonly Ask[]) => Prediction[];
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly newId: () => string;
};
const answerOf = ({ prediction_id, category, probabilities, model_name, model_version, predicted_at, audit }: Prediction) => ({ prediction_id, category, probabilities, model_name, model_version, predicted_at, audit });

export function predictRoutes(app: App, ports: PredictPorts, needs: Door): void {
  app.post('/v1/predict', { onRequest: needs('predict'), schema: { body: oneOrMany(Item) } }, async (request) => {
    const { body } = request;
    const asks = ('items' in body ? body.items : [body]).map((item): Ask => ({ predictionId: item.prediction_id ?? ports.newId(), text: wellFormed(item.product_description) }));
    const seen = new Set<string>();
    const twice = asks.findIndex(({ predictionId }) => seen.size === seen.add(predictionId).size);
    if (twice >= 0) throw new Problem(400, 'bad request', `prediction_id '${asks[twice]?.predictionId ?? ''}' stands twice in this request; give each text its own or leave it out`, `items.${twice}.prediction_id`);
    const predictions = ports.predict(asks);
    // Answered only after Kafka has acknowledged.
    await ports.publish(predictions.map((prediction) => ({ topic: 'predictions', key: prediction.prediction_id, value: prediction })));
    const answers = predictions.map(answerOf);
    return 'items' in body ? { predictions: answers } : answers[0];
  });
}
