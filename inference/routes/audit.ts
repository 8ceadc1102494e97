// The route that tells what admins have done.
import { Type } from 'typebox';
import { ADMIN_ACTIONS, ADMIN_OUTCOMES } from '../../schemas/events.ts';
import type { AuditReader } from '../audit/read.ts';
import type { Door } from './order.ts';
import { orNull, TimeMs, type App } from './shapes.ts';

export type AuditRoutePorts = { readonly auditLog: AuditReader };
const Entry = Type.Object({
  audit_id: Type.String({ description: 'One act; when it came to nothing a second record has the same.' }), action: Type.String({ description: ADMIN_ACTIONS.join(', ') }), actor: Type.String({ description: 'The name of the token that asked.' }), target: Type.String({ description: 'What it was done to: a version, a run, a job, a dead letter.' }), reason: orNull(Type.String()),
  outcome: Type.String({ description: `${ADMIN_OUTCOMES.join(', ')}. ordered is written before the act; failed and refused after it, when it came to nothing. What became of an order in the end stands in GET /v1/jobs/{target}.` }),
  error: orNull(Type.String()), request_id: Type.String(), model_name: Type.String(), details: Type.Object({}, { additionalProperties: true }), at_ms: TimeMs,
}, { title: 'AuditEntry' });
const Entries = Type.Object({ items: Type.Array(Entry), next: orNull(Type.String({ description: 'For `before`: older ones may follow.' })) }, { title: 'AuditEntries' });
const Query = Type.Object({
  action: Type.Optional(Type.Enum([...ADMIN_ACTIONS])), actor: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'The name of a token.' })),
  limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|100)$', description: '1 to 100; 50 when it is left out.' })), before: Type.Optional(Type.String({ pattern: '^[0-9]{1,18}$', description: 'As `next` of the last answer said.' })),
});
const DEFAULT_LIMIT = '50';

export function auditRoutes(app: App, { auditLog }: AuditRoutePorts, needs: Door): void {
  app.get('/v1/audit', {
    onRequest: needs('admin'), schema: { tag: 'audit', summary: 'What admins have done, the newest first', refuses: [503], querystring: Query, response: { 200: Entries } },
  }, async ({ query: { action, actor, limit = DEFAULT_LIMIT, before } }) => {
    const { items, next } = await auditLog({ action, actor, limit: Number(limit), before: before === undefined ? undefined : BigInt(before) });
    return { items: [...items], next: next === undefined ? null : String(next) };
  });
}
