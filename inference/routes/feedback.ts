// POST /v1/feedback: what people say about predictions, one word or many; taken when Kafka has acknowledged it.
import { Type } from 'typebox';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Feedback } from '../../schemas/events.ts';
import type { ServingModel } from '../loader.ts';
import { Problem } from '../problem.ts';
import type { Door } from './order.ts';
import { Category, Id, oneOrMany, type App } from './shapes.ts';

export type FeedbackPorts = {
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly serving: () => ServingModel | undefined;
  readonly newId: () => string;
  readonly nowMs: () => number;
  readonly modelName: string;
  readonly defaultCategories: readonly string[];
};
const Word = Type.Object({ prediction_id: Id, category: Type.Union([Category, Type.Null()]), source: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })), feedback_id: Type.Optional(Id) });

export function feedbackRoutes(app: App, ports: FeedbackPorts, needs: Door): void {
  app.post('/v1/feedback', { onRequest: needs('feedback'), schema: { body: oneOrMany(Word) } }, async (request, reply) => {
    const { body } = request;
    const items = 'items' in body ? body.items : [body];
    // The defaults too: a label may be for a prediction of an earlier model. The join judges by that prediction's own categories.
    const allowed = [...new Set([...(ports.serving()?.categories ?? []), ...ports.defaultCategories])];
    items.forEach((item, i) => {
      if (item.category !== null && !allowed.includes(item.category)) throw new Problem(400, 'unknown category', `'${item.category}' is not a category; there is ${allowed.join(', ')}, or null to withdraw`, 'items' in body ? `items.${i}.category` : 'category');
    });
    const events = items.map((item): Feedback => ({ prediction_id: item.prediction_id, feedback_id: item.feedback_id ?? ports.newId(), model_name: ports.modelName, category: item.category, source: item.source ?? 'http', given_at: ports.nowMs() }));
    await ports.publish(events.map((event) => ({ topic: 'feedback', key: event.prediction_id, value: event })));
    const answers = events.map(({ prediction_id, feedback_id }) => ({ prediction_id, feedback_id, status: 'accepted' }));
    return reply.code(202).send('items' in body ? { feedback: answers } : answers[0]);
  });
}
