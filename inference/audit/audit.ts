// The audit log of what admins do. The record is written, and acknowledged by Kafka, before the act: what cannot be recorded is not done. Who it names is the name of a token, never the token.
import type { FastifyRequest } from 'fastify';
import type { AdminActed, AdminAction } from '../../schemas/events.ts';
import { LoopError, messageOf, transient } from '../../schemas/failure.ts';
import { nameOf } from '../http/door.ts';
import { Problem } from '../http/problem.ts';

export type Act = { readonly action: AdminAction; /** what it is done to */ readonly target: string; /** as the admin gave it */ readonly reason?: string | undefined; readonly details?: object };
export type AuditPorts = {
  /** Resolves when Kafka has it. */
  readonly record: (entry: AdminActed) => Promise<void>; readonly newId: () => string; readonly nowMs: () => number; readonly modelName: string;
  /** The second record, that an act came to nothing, could not be written. */
  readonly onLost: (entry: AdminActed, error: unknown) => void;
};
export type Audited = <T>(request: FastifyRequest, act: Act, work: () => Promise<T>) => Promise<T>;
const LONGEST = 1000;

/** Records the act, then does it. Throws transient `audit_unavailable` (503) when it cannot be recorded, and then nothing was done. An act that comes to nothing is recorded again, as failed or refused; a process that dies in between leaves `ordered`. */
export function createAudit({ record, newId, nowMs, modelName, onLost }: AuditPorts): Audited {
  return async (request, { action, target, reason = '', details = {} }, work) => {
    const entry: AdminActed = {
      audit_id: newId(), action, actor: nameOf(request), target: target.slice(0, LONGEST), reason: reason.slice(0, LONGEST), outcome: 'ordered', error: '', request_id: request.id, model_name: modelName, details_json: JSON.stringify(details), acted_at: nowMs(),
    };
    await record(entry).catch((cause: unknown) => {
      throw transient('audit_unavailable', `the audit log cannot be written, so nothing was done: ${messageOf(cause)}`, { cause });
    });
    try {
      return await work();
    } catch (error) {
      const refused = error instanceof Problem && error.status < 500;
      const end: AdminActed = { ...entry, outcome: refused ? 'refused' : 'failed', error: (error instanceof LoopError || error instanceof Problem ? error.message : 'unexpected').slice(0, LONGEST), acted_at: nowMs() };
      // The caller is to hear what happened to his act, whatever happens to this.
      await record(end).catch((lost: unknown) => onLost(end, lost));
      throw error;
    }
  };
}
