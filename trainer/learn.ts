// From labelled texts to a model that may be judged. First without a tenth of the rows: on that tenth the best epoch and the temperature are chosen. Then on all rows, up to that epoch.
import type { Recipe } from '../schemas/features.ts';
import { createScorer, type Scorer } from '../schemas/scorer.ts';
import { fitTemperature } from './calibrate.ts';
import { judge } from './evaluate.ts';
import { fit, type FeatureCache, type FitRow } from './fit.ts';
import { bestEpoch, type BestModelMetric, type EpochProgress } from './progress.ts';
import { isForChoosing } from './split.ts';

export type LearnOptions = {
  readonly categories: readonly string[]; readonly recipe: Recipe; readonly epochs: number; readonly metric: BestModelMetric; readonly seed: number; readonly cache: FeatureCache;
  readonly nowMs: () => number; readonly onEpoch?: (progress: EpochProgress) => void;
};
/** best: the epoch the training on all rows was stopped after. heldOut: rows the choice and the temperature were made on. */
export type Learnt = { readonly weights: Float32Array; readonly temperature: number; readonly score: Scorer; readonly epochs: readonly EpochProgress[]; readonly best: EpochProgress | undefined; readonly heldOut: number };

/** The gate's hold-out has no part in the choice: that would flatter the candidate. With nothing held out: the last epoch, temperature 1. */
export async function learn(rows: readonly FitRow[], { categories, recipe, epochs, metric, seed, cache, nowMs, onEpoch }: LearnOptions): Promise<Learnt> {
  const beganMs = nowMs();
  const shared = { categories: categories.length, recipe, epochs, seed, cache };
  const scorerOf = (weights: Float32Array, temperature: number): Scorer => createScorer({ categories, recipe, temperature }, weights);
  const checked = rows.filter(({ text }) => isForChoosing(text)).map(({ text, label }) => ({ product_description: text, category: categories[label] ?? '', label }));
  const told: EpochProgress[] = [];
  let kept: Float32Array | undefined;
  await fit(rows.filter(({ text }) => !isForChoosing(text)), {
    ...shared,
    async afterEpoch(epoch, loss, weightsNow) {
      const weights = await weightsNow();
      const score = scorerOf(weights, 1);
      const { weighted, worst } = judge(checked, (row) => score(row.product_description).category).scores;
      const progress: EpochProgress = { epoch, epochs, loss, f1: weighted ?? null, f1Min: worst?.f1 ?? null, seconds: (nowMs() - beganMs) / 1000 };
      told.push(progress);
      if (bestEpoch(told, metric) === progress) kept = weights;
      onEpoch?.(progress);
    },
  });
  const raw = kept === undefined ? undefined : scorerOf(kept, 1);
  const temperature = raw === undefined ? 1 : fitTemperature(checked.map(({ product_description, label }) => ({ z: Array.from(raw(product_description).probabilities, Math.log), label })));
  const best = bestEpoch(told, metric);
  const weights = await fit(rows, { ...shared, stopAfter: best?.epoch });
  return { weights, temperature, score: scorerOf(weights, temperature), epochs: told, best, heldOut: checked.length };
}
