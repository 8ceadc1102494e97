// Live figures, as the monitor tells them.
import { Type } from 'typebox';
import type { ServingModel } from '../serving/loader.ts';
import { describe, ModelView } from './models.ts';
import type { Door } from './order.ts';
import { orNull, passedOn, TimeMs, type App } from './shapes.ts';

export type LivePorts = {
  readonly serving: () => ServingModel | undefined;
  readonly live: () => Promise<unknown>;
  /** F1 by bucket, as the monitor keeps it. */
  readonly history: () => Promise<unknown>;
};
const F1 = orNull(Type.Number({ minimum: 0, maximum: 1 }));
const open = { additionalProperties: true };
const Version = Type.Object({ model_name: Type.String(), model_version: Type.String(), status: Type.String({ description: 'warming, healthy or degraded' }), labels: Type.Integer(), weighted_f1: F1, macro_f1: F1, micro_f1: F1 }, { title: 'LiveVersion', description: 'One version in its live window; null: no evidence. Bands, classes, cells, evidence and episode stand beside these.', ...open });
const Live = Type.Object({ models: Type.Array(Version) }, { title: 'Live', ...open });
const Bucket = Type.Object({ start_ms: TimeMs, length_ms: Type.Integer(), labels: Type.Integer(), weighted_f1: F1 }, { title: 'LiveBucket', ...open });
const History = Type.Object({ models: Type.Array(Type.Object({ buckets: Type.Array(Bucket) }, open)) }, { title: 'LiveHistory', ...open });

export function liveRoutes(app: App, ports: LivePorts, needs: Door): void {
  app.get('/v1/live', {
    onRequest: needs(), schema: { tag: 'live', summary: 'What serves, and the live F1 of every version', refuses: [503], response: { 200: Type.Object({ serving: orNull(ModelView), live: passedOn(Live) }) } },
  }, async () => ({ serving: describe(ports.serving()), live: await ports.live() }));
  app.get('/v1/live/history', { onRequest: needs(), schema: { tag: 'live', summary: 'F1 by bucket of time, oldest first', refuses: [503], response: { 200: passedOn(History) } } }, () => ports.history());
}
