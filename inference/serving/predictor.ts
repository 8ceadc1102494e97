// One predictor behind HTTP and the topic: scores a batch under one lease.
import { isAudited } from '../../schemas/audit.ts';
import type { Prediction } from '../../schemas/events.ts';
import { transient } from '../../schemas/failure.ts';
import type { ServingModel } from './loader.ts';
import type { Slot } from './slot.ts';

export type Ask = { readonly predictionId: string; readonly text: string };
export type Predictor = (asks: readonly Ask[]) => Prediction[];

/** All of a batch come from one model. auditRate: share marked for verification, by the id alone. Throws transient `no_model` while none serves. */
export function createPredictor({ slot, auditRate, nowMs, observe }: { slot: Slot<ServingModel>; auditRate: number; nowMs: () => number; observe: (seconds: number, texts: number) => void }): Predictor {
  return (asks) => {
    const lease = slot.lease();
    if (lease === undefined) throw transient('no_model', 'no model serves yet; the first training may still be running');
    const started = performance.now();
    try {
      const { name, version, categories, score } = lease.model;
      return asks.map(({ predictionId, text }) => {
        const { category, probabilities } = score(text);
        return {
          prediction_id: predictionId, model_name: name, model_version: version, product_description: text, category,
          probabilities: categories.map((one, i) => ({ category: one, probability: probabilities[i] ?? 0 })), predicted_at: nowMs(), audit: isAudited(predictionId, auditRate),
        };
      });
    } finally {
      lease.release();
      observe((performance.now() - started) / 1000, asks.length);
    }
  };
}
