// What the service is: its routes, composed over the ports they ask for. How a process runs it is main.ts.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Scope } from '../schemas/settings.ts';
import { requireScope } from './door.ts';
import { answerProblems } from './problem.ts';
import { feedbackRoutes, type FeedbackPorts } from './routes/feedback.ts';
import { healthRoutes, type HealthPorts } from './routes/health.ts';
import { jobRoutes, type JobPorts } from './routes/jobs.ts';
import { liveRoutes, type LivePorts } from './routes/live.ts';
import { modelRoutes, type ModelPorts } from './routes/models.ts';
import { predictRoutes, type PredictPorts } from './routes/predict.ts';
import { predictionRoutes, type PredictionPorts } from './routes/predictions.ts';
import type { App } from './routes/shapes.ts';

/** Each routes file names what it needs; a new one adds its line here and in createApp. */
export type Ports = PredictPorts & FeedbackPorts & PredictionPorts & JobPorts & ModelPorts & LivePorts & HealthPorts & {
  readonly tokens: ReadonlyMap<string, ReadonlySet<Scope>>;
  readonly onResponse: (route: string, status: number, seconds: number) => void;
  readonly onUnexpected: (error: unknown) => void;
};
const BODY_LIMIT = 1_000_000;

export function createApp(ports: Ports): FastifyInstance {
  const app: App = Fastify({ bodyLimit: BODY_LIMIT, logger: false, forceCloseConnections: 'idle', ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } }).withTypeProvider<TypeBoxTypeProvider>();
  app.removeContentTypeParser('text/plain');
  answerProblems(app, ports.onUnexpected);
  const needs = (scope?: Scope) => requireScope(ports.tokens, scope);
  app.addHook('onResponse', (request, reply, done) => {
    ports.onResponse(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  predictRoutes(app, ports, needs);
  feedbackRoutes(app, ports, needs);
  predictionRoutes(app, ports, needs);
  jobRoutes(app, ports, needs);
  modelRoutes(app, ports, needs);
  liveRoutes(app, ports, needs);
  healthRoutes(app, ports);
  return app as unknown as FastifyInstance;
}
