// The `products` topic: one partition at work. Predictions and offsets commit in one transaction, so a product is answered exactly once.
import { deadLetterOf } from '../consumers/deadLetters.ts';
import type { Task } from '../consumers/shard.ts';
import type { Outgoing } from '../producers/outgoing.ts';
import { MAX_DESCRIPTION_CHARS } from '../schemas/csv.ts';
import { LoopError, messageOf } from '../schemas/failure.ts';
import { ID_RULE, isLegalId } from '../schemas/ids.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Ask, Predictor } from './predictor.ts';

/** Why a product cannot be classified, or undefined. */
export function refusalOf(predictionId: string, text: string): string | undefined {
  if (!isLegalId(predictionId)) return `prediction_id '${predictionId.slice(0, 140)}' is not ${ID_RULE}`;
  if (text.trim() === '') return 'product_description is empty';
  if (text.length > MAX_DESCRIPTION_CHARS) return `product_description has ${text.length} characters, at most ${MAX_DESCRIPTION_CHARS} are taken`;
  return undefined;
}

export function openStream({ registry, predict, modelName, nowMs, countDead }: { registry: Pick<Registry, 'decode'>; predict: Predictor; modelName: string; nowMs: () => number; countDead: (reason: string) => void }): Task {
  return {
    async handle(_topic, records) {
      const out: Outgoing[] = [];
      const asks: Ask[] = [];
      for (const record of records) {
        const dead = (reason: string, error: unknown): void => {
          countDead(reason);
          out.push(deadLetterOf(record, reason, error, 'inference', nowMs()));
        };
        if (record.value === null) {
          dead('no_value', 'the record has no value');
          continue;
        }
        try {
          const product = await registry.decode('products', record.value);
          const predictionId = product.prediction_id ?? product.product_id;
          const refusal = refusalOf(predictionId, product.product_description);
          if (product.model_name !== '' && product.model_name !== modelName) dead('unknown_model', `there is no model '${product.model_name}'; there is ${modelName}`);
          else if (refusal === undefined) asks.push({ predictionId, text: product.product_description });
          else dead('refused', refusal);
        } catch (error) {
          if (!(error instanceof LoopError) || error.kind !== 'poison') throw error;
          dead(error.code, messageOf(error));
        }
      }
      if (asks.length > 0) for (const prediction of predict(asks)) out.push({ topic: 'predictions', key: prediction.prediction_id, value: prediction });
      return out;
    },
  };
}
