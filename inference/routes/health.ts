// What orchestrators and Prometheus ask; no token needed.
import type { ServingModel } from '../loader.ts';
import { sendProblem } from '../problem.ts';
import { describe } from './models.ts';
import type { App } from './shapes.ts';

export type HealthPorts = {
  readonly serving: () => ServingModel | undefined;
  /** undefined when ready, else why not */
  readonly unready: () => string | undefined;
  readonly metricsText: () => Promise<{ readonly type: string; readonly text: string }>;
};
export function healthRoutes(app: App, ports: HealthPorts): void {
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', (_request, reply) => {
    const reason = ports.unready();
    return reason === undefined ? { status: 'ready', ...describe(ports.serving()) } : sendProblem(reply, 503, 'unavailable', reason);
  });
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await ports.metricsText();
    return reply.type(type).send(text);
  });
}
