// A record of the audit log as an admin sees it. Pure.
import type { AdminActed } from '../../schemas/events.ts';

export type AuditEntry = {
  readonly audit_id: string; readonly action: string; readonly actor: string; readonly target: string; readonly reason: string | null; readonly outcome: string; readonly error: string | null;
  readonly request_id: string; readonly model_name: string; readonly details: Readonly<Record<string, unknown>>; readonly at_ms: number;
};
const orNull = (text: string): string | null => (text === '' ? null : text);
function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
export const entryView = ({ audit_id, action, actor, target, reason, outcome, error, request_id, model_name, details_json, acted_at }: AdminActed): AuditEntry => ({
  audit_id, action, actor, target, reason: orNull(reason), outcome, error: orNull(error), request_id, model_name, details: objectIn(details_json), at_ms: acted_at,
});
export type AuditWish = { readonly action: string | undefined; readonly actor: string | undefined };
export const isWanted = (entry: AdminActed, { action, actor }: AuditWish): boolean => (action === undefined || entry.action === action) && (actor === undefined || entry.actor === actor);
