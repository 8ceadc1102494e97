// From labelled texts to a model that may be judged: fits, looks after every epoch at rows held out for that, keeps the best epoch, fits the temperature.
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
/** best: the epoch whose weights these are; undefined without epochs. heldOut: rows the choice and the temperature were made on. */
export type Learnt = { readonly weights: Float32Array; readonly temperature: number; readonly score: Scorer; readonly epochs: readonly EpochProgress[]; readonly best: EpochProgress | undefined; readonly heldOut: number };

/** Rows held out for the choice are neither learnt nor part of the gate's hold-out: choosing on that would flatter the candidate. Too few of them: the last epoch, temperature 1. */
export async function learn(rows: readonly FitRow[], { categories, recipe, epochs, metric, seed, cache, nowMs, onEpoch }: LearnOptions): Promise<Learnt> {
  const beganMs = nowMs();
  const choosing = rows.filter(({ text }) => isForChoosing(text));
  const checked = choosing.map(({ text, label }) => ({ product_description: text, category: categories[label] ?? '', label }));
  const told: EpochProgress[] = [];
  let kept: Float32Array | undefined;
  const scorerOf = (weights: Float32Array, temperature: number): Scorer => createScorer({ categories, recipe, temperature }, weights);
  const last = await fit(rows.filter(({ text }) => !isForChoosing(text)), {
    categories: categories.length, recipe, epochs, seed, cache,
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
  const weights = kept ?? last;
  const raw = scorerOf(weights, 1);
  const temperature = fitTemperature(checked.map(({ product_description, label }) => ({ z: Array.from(raw(product_description).probabilities, Math.log), label })));
  return { weights, temperature, score: scorerOf(weights, temperature), epochs: told, best: bestEpoch(told, metric), heldOut: checked.length };
}
