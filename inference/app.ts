// What the service is: routes over ports handed in. How a process runs it is main.ts.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Outgoing } from '../producers/outgoing.ts';
import { Type } from 'typebox';
import { MAX_DESCRIPTION_CHARS } from '../schemas/csv.ts';
import type { Feedback, Prediction } from '../schemas/events.ts';
import { ID_PATTERN } from '../schemas/ids.ts';
import type { Scope } from '../schemas/settings.ts';
import type { ServingModel } from './loader.ts';
import type { Ask } from './predictor.ts';
import { answerProblems, Problem, requireScope } from './problem.ts';
import { jobRoutes } from './routes/jobs.ts';
import { describe, modelRoutes } from './routes/models.ts';

export type Ports = {
  readonly predict: (asks: readonly Ask[]) => Prediction[];
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly serving: () => ServingModel | undefined;
  /** undefined when ready, else why not */
  readonly unready: () => string | undefined;
  readonly live: () => Promise<unknown>;
  /** Trainings as the trainer tells them: many by a query like `limit=5`, or one by its id (undefined when it has none). */
  readonly jobs: (query: string) => Promise<unknown>;
  readonly job: (id: string) => Promise<unknown>;
  readonly trainBuckets: readonly string[];
  /** Every version that has been promoted, as the trainer tells it. */
  readonly versions: () => Promise<unknown>;
  /** Runs that wait for an admin, as the trainer tells it: a list with ids. */
  readonly awaiting: () => Promise<unknown>;
  /** F1 by bucket, as the monitor keeps it. */
  readonly history: () => Promise<unknown>;
  readonly metricsText: () => Promise<{ readonly type: string; readonly text: string }>;
  readonly newId: () => string;
  readonly nowMs: () => number;
  readonly tokens: ReadonlyMap<string, ReadonlySet<Scope>>;
  readonly modelName: string;
  readonly defaultCategories: readonly string[];
  readonly onResponse: (route: string, status: number, seconds: number) => void;
  readonly onUnexpected: (error: unknown) => void;
};
const BODY_LIMIT = 1_000_000;
const MAX_ITEMS = 1000;

const Id = Type.String({ pattern: ID_PATTERN });
const Item = Type.Object({ product_description: Type.String({ minLength: 1, maxLength: MAX_DESCRIPTION_CHARS, pattern: '\\S' }), prediction_id: Type.Optional(Id) });
const Items = Type.Object({ items: Type.Array(Item, { minItems: 1, maxItems: MAX_ITEMS }) });
const Word = Type.Object({ prediction_id: Id, category: Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()]), source: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })), feedback_id: Type.Optional(Id) });
const Words = Type.Object({ items: Type.Array(Word, { minItems: 1, maxItems: MAX_ITEMS }) });

const answerOf = ({ prediction_id, category, probabilities, model_name, model_version, predicted_at, audit }: Prediction) => ({ prediction_id, category, probabilities, model_name, model_version, predicted_at, audit });

export function createApp(ports: Ports): FastifyInstance {
  const app = Fastify({ bodyLimit: BODY_LIMIT, logger: false, forceCloseConnections: 'idle', ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } }).withTypeProvider<TypeBoxTypeProvider>();
  app.removeContentTypeParser('text/plain');
  answerProblems(app as unknown as FastifyInstance, ports.onUnexpected);
  const needs = (scope?: Scope) => requireScope(ports.tokens, scope);
  app.addHook('onResponse', (request, reply, done) => {
    ports.onResponse(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime / 1000);
    done();
  });

  app.post('/v1/predict', { onRequest: needs('predict'), schema: { body: shapeOf(Item, Items) } }, async (request) => {
    const body = request.body as Partial<{ items: { product_description: string; prediction_id?: string }[]; product_description: string; prediction_id: string }>;
    const items = body.items ?? [{ product_description: body.product_description ?? '', ...(body.prediction_id === undefined ? {} : { prediction_id: body.prediction_id }) }];
    const asks = items.map((item) => ({ predictionId: item.prediction_id ?? ports.newId(), text: wellFormed(item.product_description) }));
    const seen = new Set<string>();
    const twice = asks.findIndex(({ predictionId }) => seen.size === seen.add(predictionId).size);
    if (twice >= 0) throw new Problem(400, 'bad request', `prediction_id '${asks[twice]?.predictionId ?? ''}' stands twice in this request; give each text its own or leave it out`, `items.${twice}.prediction_id`);
    const predictions = ports.predict(asks);
    // Answered only after Kafka has acknowledged.
    await ports.publish(predictions.map((prediction) => ({ topic: 'predictions', key: prediction.prediction_id, value: prediction })));
    const answers = predictions.map(answerOf);
    return body.items === undefined ? answers[0] : { predictions: answers };
  });

  app.post('/v1/feedback', { onRequest: needs('feedback'), schema: { body: shapeOf(Word, Words) } }, async (request, reply) => {
    type One = { prediction_id: string; category: string | null; source?: string; feedback_id?: string };
    const body = request.body as Partial<{ items: One[] }> & Partial<One>;
    const items: One[] = body.items ?? [body as One];
    // The defaults too: a label may be for a prediction of an earlier model. The join judges by that prediction's own categories.
    const allowed = [...new Set([...(ports.serving()?.categories ?? []), ...ports.defaultCategories])];
    items.forEach((item, i) => {
      if (item.category !== null && !allowed.includes(item.category)) throw new Problem(400, 'unknown category', `'${item.category}' is not a category; there is ${allowed.join(', ')}, or null to withdraw`, body.items === undefined ? 'category' : `items.${i}.category`);
    });
    const events = items.map((item): Feedback => ({ prediction_id: item.prediction_id, feedback_id: item.feedback_id ?? ports.newId(), model_name: ports.modelName, category: item.category, source: item.source ?? 'http', given_at: ports.nowMs() }));
    await ports.publish(events.map((event) => ({ topic: 'feedback', key: event.prediction_id, value: event })));
    const answers = events.map(({ prediction_id, feedback_id }) => ({ prediction_id, feedback_id, status: 'accepted' }));
    return reply.code(202).send(body.items === undefined ? answers[0] : { feedback: answers });
  });

  jobRoutes(app as unknown as FastifyInstance, ports, needs);
  modelRoutes(app as unknown as FastifyInstance, ports, needs);
  app.get('/v1/live', { onRequest: needs() }, async () => ({ serving: describe(ports.serving()), live: await ports.live() }));
  app.get('/v1/live/history', { onRequest: needs() }, () => ports.history());
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', (_request, reply) => {
    const reason = ports.unready();
    return reason === undefined ? { status: 'ready', ...describe(ports.serving()) } : reply.code(503).type('application/problem+json').send({ type: 'about:blank', title: 'unavailable', status: 503, detail: reason });
  });
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await ports.metricsText();
    return reply.type(type).send(text);
  });
  return app as unknown as FastifyInstance;
}

/** Lone surrogates become U+FFFD before scoring, as they would in Avro: the recorded text is the text that was scored. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD');

/** One object, or many under `items`: the schema is chosen by whether `items` is there, so that an error names the right field. */
function shapeOf(one: object, many: object): object {
  return { type: 'object', if: { required: ['items'] }, then: many, else: one };
}
