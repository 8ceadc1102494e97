// An order to the trainer: the record on `retrain-requests`, whoever gives it.
import type { RetrainRequested } from '../schemas/events.ts';
import type { Outgoing } from './outgoing.ts';

export type Order = { readonly cause: string; readonly retrainId: string; readonly modelName: string; readonly atMs: number; readonly params?: object; /** the version it speaks of */ readonly modelVersion?: string; /** the name of the token, or what ordered by itself */ readonly by: string; readonly force?: boolean | undefined; /** min_f1 as it is set now */ readonly threshold?: number };
export function orderRecord({ cause, retrainId, modelName, atMs, params = {}, modelVersion, by, force = false, threshold }: Order): Outgoing {
  const value: RetrainRequested = {
    retrain_id: retrainId, model_name: modelName, model_version: modelVersion ?? null, cause, requested_at: atMs, requested_by: by, threshold: threshold ?? null, live_f1: null, evidence_json: '{}', newest_predicted_at: null,
    params_json: JSON.stringify(params), force,
  };
  return { topic: 'retrain-requests', key: modelName, value };
}
