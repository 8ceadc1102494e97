// What orchestrators and Prometheus ask; no token needed.
import { Type } from 'typebox';
import type { ServingModel } from '../serving/loader.ts';
import { Problem } from '../http/problem.ts';
import { describe, ModelView } from './models.ts';
import type { App } from './shapes.ts';

export type HealthPorts = {
  readonly serving: () => ServingModel | undefined;
  /** undefined when ready, else why not */
  readonly unready: () => string | undefined;
  readonly metricsText: () => Promise<{ readonly type: string; readonly text: string }>;
};
const Ready = Type.Object({ status: Type.Literal('ready'), ...Type.Partial(ModelView).properties }, { title: 'Ready' });
const Metrics = { content: { 'text/plain': { schema: Type.String() } } };

export function healthRoutes(app: App, ports: HealthPorts): void {
  app.get('/health/live', { schema: { summary: 'Whether the process answers', response: { 200: Type.Object({ status: Type.Literal('live') }) } } }, () => ({ status: 'live' as const }));
  app.get('/health/ready', { schema: { summary: 'Whether a model serves', refuses: [503], response: { 200: Ready } } }, () => {
    const reason = ports.unready();
    if (reason !== undefined) throw new Problem(503, 'unavailable', reason);
    return { status: 'ready' as const, ...describe(ports.serving()) };
  });
  app.get('/metrics', { schema: { summary: 'Figures for Prometheus', response: { 200: Metrics } } }, async (_request, reply) => {
    const { type, text } = await ports.metricsText();
    return reply.type(type).send(text);
  });
}
