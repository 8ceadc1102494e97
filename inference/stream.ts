// The `products` topic: one partition at work. Predictions and offsets commit in one transaction, so a product is answered exactly once.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { deadLetterOf } from '../consumers/deadLetters.ts';
import type { Task } from '../consumers/shard.ts';
import type { Outgoing } from '../producers/outgoing.ts';
import { MAX_DESCRIPTION_CHARS } from '../schemas/csv.ts';
import type { Product } from '../schemas/events.ts';
import { LoopError, messageOf } from '../schemas/failure.ts';
import { ID_RULE, isLegalId } from '../schemas/ids.ts';
import { oversize } from '../schemas/recordSize.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Ask, Predictor } from './serving/predictor.ts';

/** A few milliseconds of scoring. */
const ROWS_PER_TURN = 250;

/** Why a product cannot be classified, or undefined. */
export function refusalOf(predictionId: string, text: string): string | undefined {
  if (!isLegalId(predictionId)) return `prediction_id '${predictionId.slice(0, 140)}' is not ${ID_RULE}`;
  if (text.trim() === '') return 'product_description is empty';
  if (text.length > MAX_DESCRIPTION_CHARS) return `product_description has ${text.length} characters, at most ${MAX_DESCRIPTION_CHARS} are taken`;
  return undefined;
}

export function openStream({ registry, predict, modelName, nowMs, countDead }: { registry: Pick<Registry, 'decode' | 'known'>; predict: Predictor; modelName: string; nowMs: () => number; countDead: (reason: string) => void }): Task {
  /** undefined: its schema is not known yet. */
  const read = (value: Uint8Array): Product | undefined => registry.known('products', value)?.(value);
  return {
    async handle(_topic, records) {
      const out: Outgoing[] = [];
      const asks: Ask[] = [];
      for (const record of records) {
        const dead = (reason: string, error: unknown): void => {
          countDead(reason);
          out.push(deadLetterOf(record, reason, error, 'inference', nowMs()));
        };
        const { value } = record;
        if (value === null) {
          dead('no_value', 'the record has no value');
          continue;
        }
        const large = oversize(record.key?.length ?? 0, value.length);
        if (large !== undefined) {
          dead('too_large', large);
          continue;
        }
        try {
          const product = read(value) ?? (await registry.decode('products', value));
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
      for (let from = 0; from < asks.length; from += ROWS_PER_TURN) {
        // Who asks by HTTP gets the loop between two pieces.
        if (from > 0) await turnOfTheLoop();
        for (const prediction of predict(asks.slice(from, from + ROWS_PER_TURN))) out.push({ topic: 'predictions', key: prediction.prediction_id, value: prediction });
      }
      return out;
    },
  };
}
