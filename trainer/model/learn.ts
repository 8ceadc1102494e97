// From labelled texts to a model that may be judged. A tenth of the rows is held out of a copy that learns beside the model, step by step: on that tenth the copy shows which epoch is best, and how sure it may be.
import type { Recipe } from '../../schemas/features.ts';
import { createScorer, type Scorer } from '../../schemas/scorer.ts';
import { fitTemperature, type Scores } from './calibrate.ts';
import { judge } from './evaluate.ts';
import { fit, type FeatureCache, type FitRow } from './fit.ts';
import { bestEpoch, type BestModelMetric, type EpochProgress } from './progress.ts';
import { isForChoosing } from '../data/split.ts';

export type LearnOptions = {
  readonly categories: readonly string[]; readonly recipe: Recipe; readonly epochs: number; readonly metric: BestModelMetric; readonly seed: number; readonly cache: FeatureCache;
  readonly nowMs: () => number; readonly onEpoch?: (progress: EpochProgress) => void;
};
/** weights: of the best epoch, learnt from all rows. heldOut: rows that the choice and the temperature were made on. */
export type Learnt = { readonly weights: Float32Array; readonly temperature: number; readonly score: Scorer; readonly epochs: readonly EpochProgress[]; readonly best: EpochProgress | undefined; readonly heldOut: number };

/** The gate's hold-out has no part in the choice: that would flatter the candidate. With nothing held out: the last epoch, temperature 1. */
export async function learn(rows: readonly FitRow[], { categories, recipe, epochs, metric, seed, cache, nowMs, onEpoch }: LearnOptions): Promise<Learnt> {
  const beganMs = nowMs();
  const marked = rows.map((row) => ({ ...row, isHeldOut: isForChoosing(row.text) }));
  const told: EpochProgress[] = [];
  let chosenOn: readonly Scores[] = [];
  const weights = await fit(marked, {
    categories: categories.length, recipe, epochs, seed, cache,
    async afterEpoch(epoch, loss, heldOut) {
      const scores = await heldOut();
      const answered = scores.map(({ z, label }) => ({ product_description: '', category: categories[label] ?? '', predicted: categories[z.indexOf(Math.max(...z))] ?? '' }));
      const { weighted, worst } = judge(answered, ({ predicted }) => predicted).scores;
      const progress: EpochProgress = { epoch, epochs, loss, f1: weighted ?? null, f1Min: worst?.f1 ?? null, seconds: (nowMs() - beganMs) / 1000 };
      told.push(progress);
      onEpoch?.(progress);
      const isBest = bestEpoch(told, metric) === progress;
      if (isBest) chosenOn = scores;
      return isBest;
    },
  });
  const temperature = fitTemperature(chosenOn);
  return { weights, temperature, score: createScorer({ categories, recipe, temperature }, weights), epochs: told, best: bestEpoch(told, metric), heldOut: chosenOn.length };
}
