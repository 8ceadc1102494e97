// What the service is: its routes, composed over the ports they ask for. How a process runs it is main.ts.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Access } from '../access/access.ts';
import { createAudit, type AuditPorts } from '../audit/audit.ts';
import { keepContract, methodsAt } from './contract.ts';
import { openDoor } from './door.ts';
import { allowOrigins, dressAnswers, requestIds, takeJson } from './edge.ts';
import { rememberAnswers } from './once.ts';
import { answerClientError, answerProblems, refusedBy, sendProblem } from './problem.ts';
import type { Repeats } from '../repeats/repeats.ts';
import { auditRoutes, type AuditRoutePorts } from '../routes/audit.ts';
import { batchRoutes, type BatchPorts } from '../routes/batch.ts';
import { consoleRoutes, type ConsolePorts } from '../routes/console.ts';
import { deadLetterRoutes, type DeadLetterPorts } from '../routes/deadLetters.ts';
import { docsRoutes, type DocsPorts } from '../routes/docs.ts';
import { feedbackRoutes, type FeedbackPorts } from '../routes/feedback.ts';
import { healthRoutes, type HealthPorts } from '../routes/health.ts';
import { jobRoutes, type JobPorts } from '../routes/jobs.ts';
import { labelRoutes, type LabelPorts } from '../routes/labels.ts';
import { liveRoutes, type LivePorts } from '../routes/live.ts';
import { modelRoutes, type ModelPorts } from '../routes/models.ts';
import { oipRoutes, type OipPorts } from '../routes/oip.ts';
import { predictRoutes, type PredictPorts } from '../routes/predict.ts';
import { predictionRoutes, type PredictionPorts } from '../routes/predictions.ts';
import type { App } from '../routes/shapes.ts';

/** Each routes file names what it needs; a new one adds its line here and in createApp. */
export type Ports = PredictPorts & BatchPorts & FeedbackPorts & PredictionPorts & JobPorts & ModelPorts & LivePorts & OipPorts & HealthPorts & DocsPorts & ConsolePorts & LabelPorts & DeadLetterPorts & AuditRoutePorts & {
  readonly audit: Pick<AuditPorts, 'record' | 'onLost'>;
  readonly access: Access;
  readonly repeats: Repeats;
  readonly bodyLimitBytes: number;
  /** Origins whose pages may call; none: CORS is off. */
  readonly corsOrigins: readonly string[];
  /** First part of the request ids this process makes. */
  readonly requestIdPrefix: string;
  readonly onResponse: (route: string, status: number, seconds: number, requestId: string) => void;
  readonly onUnexpected: (error: unknown, requestId: string) => void;
};
// As much as a request line can hold: what is too long for a parameter is said by its schema, as 400.
const MAX_PARAM_CHARS = 16_384;
// Nobody holds a connection by speaking slowly, and nobody holds them all.
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 1000;
const MAX_CONNECTIONS = 4096;

export function createApp(ports: Ports): FastifyInstance {
  const app: App = Fastify({
    bodyLimit: ports.bodyLimitBytes, logger: false, forceCloseConnections: 'idle', routerOptions: { maxParamLength: MAX_PARAM_CHARS }, ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    requestTimeout: REQUEST_WITHIN_MS, http: { headersTimeout: HEADERS_WITHIN_MS, connectionsCheckingInterval: LOOK_EVERY_MS }, genReqId: requestIds(ports.requestIdPrefix), clientErrorHandler: answerClientError,
    frameworkErrors(error, _request, reply) {
      const { status, title, detail } = refusedBy(error, ports.bodyLimitBytes);
      void sendProblem(reply, status, title, detail);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.maxConnections = MAX_CONNECTIONS;
  const routes = keepContract(app);
  takeJson(app);
  const once = rememberAnswers(app, ports.repeats, ports.nowMs);
  dressAnswers(app);
  allowOrigins(app, ports.corsOrigins);
  answerProblems(app, ports.onUnexpected, (path) => methodsAt(routes, path));
  const needs = openDoor(app, ports.access);
  app.addHook('onResponse', (request, reply, done) => {
    // A stream lasts as long as somebody listens, which is no time to answer.
    if (!String(reply.getHeader('content-type')).startsWith('text/event-stream')) ports.onResponse(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime / 1000, request.id);
    done();
  });
  const audited = createAudit({ ...ports.audit, newId: ports.newId, nowMs: ports.nowMs, modelName: ports.modelName });
  predictRoutes(app, ports, needs, once);
  batchRoutes(app, ports, needs, once);
  feedbackRoutes(app, ports, needs, once);
  predictionRoutes(app, ports, needs);
  labelRoutes(app, ports, needs);
  jobRoutes(app, ports, needs, audited);
  modelRoutes(app, ports, needs, audited);
  liveRoutes(app, ports, needs);
  deadLetterRoutes(app, ports, needs, audited);
  auditRoutes(app, ports, needs);
  oipRoutes(app, ports, needs);
  consoleRoutes(app, ports, needs);
  healthRoutes(app, ports);
  docsRoutes(app, ports, () => routes);
  return app as unknown as FastifyInstance;
}
