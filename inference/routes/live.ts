// Live figures, as the monitor tells them.
import type { ServingModel } from '../loader.ts';
import { describe } from './models.ts';
import type { Door } from './order.ts';
import type { App } from './shapes.ts';

export type LivePorts = {
  readonly serving: () => ServingModel | undefined;
  readonly live: () => Promise<unknown>;
  /** F1 by bucket, as the monitor keeps it. */
  readonly history: () => Promise<unknown>;
};
export function liveRoutes(app: App, ports: LivePorts, needs: Door): void {
  app.get('/v1/live', { onRequest: needs() }, async () => ({ serving: describe(ports.serving()), live: await ports.live() }));
  app.get('/v1/live/history', { onRequest: needs() }, () => ports.history());
}
