// What routes share that order something of the trainer: the record on `retrain-requests`, the door, and a body that may be left out.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { RetrainRequested } from '../../schemas/events.ts';
import type { Scope } from '../../schemas/settings.ts';

export type Door = (scope?: Scope) => (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

/** An order without a body is an order with the defaults. */
export function orEmpty(request: FastifyRequest, _reply: unknown, done: () => void): void {
  request.body ??= {};
  done();
}

export type Order = { readonly cause: string; readonly retrainId: string; readonly modelName: string; readonly atMs: number; readonly params: object; /** the version it speaks of */ readonly modelVersion?: string; readonly by?: string; readonly force?: boolean };
export function orderRecord({ cause, retrainId, modelName, atMs, params, modelVersion, by = 'http', force = false }: Order): Outgoing {
  const value: RetrainRequested = {
    retrain_id: retrainId, model_name: modelName, model_version: modelVersion ?? null, cause, requested_at: atMs, requested_by: by, threshold: null, live_f1: null, evidence_json: '{}', newest_predicted_at: null,
    params_json: JSON.stringify(params), force,
  };
  return { topic: 'retrain-requests', key: modelName, value };
}
