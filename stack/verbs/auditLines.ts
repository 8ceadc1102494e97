// The audit log as lines of a terminal. Pure: made of what GET /v1/audit answers.
import { ago, harmless, table } from './terminal.ts';

export type AuditEntry = { readonly at_ms: number; readonly actor: string; readonly action: string; readonly outcome: string; readonly target: string; readonly reason: string | null; readonly error: string | null; readonly request_id: string };

export function auditLines(entries: readonly AuditEntry[], nowMs: number): string[] {
  if (entries.length === 0) return ['nothing stands in the audit log that was asked for'];
  const rows = entries.map(({ at_ms, actor, action, outcome, target, reason, error, request_id }) => [`${ago(nowMs - at_ms)} ago`, harmless(actor), harmless(action), harmless(outcome), harmless(target), harmless(request_id), harmless([reason, error].filter((text) => text !== null).join('; '))]);
  return table(['when', 'who', 'did', 'outcome', 'to', 'request', 'why'], rows);
}
