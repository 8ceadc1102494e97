// The model that is served in the benchmark, learnt here from the rows that everybody learns from, and what of it goes to S3 and onto `models`.
import { readFileSync } from 'node:fs';
import { baseCorpus } from '../../producers/catalogue.ts';
import { createPublisher } from '../../producers/publisher.ts';
import { createKafka } from '../../producers/kafka.ts';
import { readCsv } from '../../schemas/csv.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import { fatal } from '../../schemas/failure.ts';
import { DEFAULT_RECIPE } from '../../schemas/features.ts';
import { createScorer } from '../../schemas/scorer.ts';
import { readSettings } from '../../schemas/settings.ts';
import { createArtifacts } from '../../trainer/record/artifacts.ts';
import { startBackend } from '../../trainer/model/backend.ts';
import { judge } from '../../trainer/model/evaluate.ts';
import { learn } from '../../trainer/model/learn.ts';
import { DEFAULT_METRIC } from '../../trainer/model/progress.ts';
import type { BenchStack } from '../stack.ts';

/** train, test: numbers of rows. Every fifth row is for judging. */
export type Job = { readonly texts: readonly string[]; readonly labels: readonly string[]; readonly train: readonly number[]; readonly test: readonly number[] };
export type Served = { readonly categories: readonly string[]; readonly weights: Float32Array; readonly temperature: number; /** weighted F1 on the rows to judge */ readonly weighted: number };

export function jobOf(dataset: string | undefined, seed: number): Job {
  const rows = dataset === undefined ? baseCorpus(seed) : readCsv(readFileSync(dataset), 'Category', readSettings({}).categories).rows;
  if (rows.length === 0) throw fatal('empty_dataset', `--dataset: ${dataset ?? ''} has no usable row`);
  const numbers = rows.map((_, i) => i);
  return { texts: rows.map((row) => row.product_description), labels: rows.map(({ category }) => category), train: numbers.filter((i) => i % 5 !== 0), test: numbers.filter((i) => i % 5 === 0) };
}
export async function learnServed({ texts, labels, train, test }: Job, seed: number): Promise<Served> {
  const categories = [...new Set(labels)].sort();
  await startBackend({ choice: 'wasm', nativeHomes: [] });
  const rowOf = (i: number) => ({ text: texts[i] ?? '', label: categories.indexOf(labels[i] ?? ''), weight: 1 });
  const { weights, temperature, score } = await learn(train.map(rowOf), { categories, recipe: DEFAULT_RECIPE, epochs: readSettings({}).epochs, metric: DEFAULT_METRIC, seed, cache: new Map(), nowMs: () => performance.now() });
  const judged = judge(test.map((i) => ({ product_description: texts[i] ?? '', category: labels[i] ?? '' })), (row) => score(row.product_description).category);
  return { categories, weights, temperature, weighted: judged.scores.weighted ?? Number.NaN };
}

/** Stores the model and gives its promotion. answer: the number of the category it answers whatever the text, or undefined: what it has learnt. */
export async function storeServed({ settings }: Pick<BenchStack, 'settings'>, { categories, weights, temperature }: Served, texts: readonly string[], answer?: number): Promise<ModelPromoted> {
  const told = Float32Array.from(weights);
  if (answer !== undefined) told[told.length - categories.length + answer] = 1000;
  const facts = { categories, recipe: DEFAULT_RECIPE, temperature };
  const score = createScorer(facts, told);
  const stored = await createArtifacts(settings).storeModel({
    ...facts, model_name: settings.modelName, run_id: `bench-${answer ?? 'learnt'}`, golden: texts.slice(0, 20).map((text) => ({ text, probabilities: [...score(text).probabilities] })), tolerance: 1e-6, backend: 'wasm', dataset_hash: 'bench', seed: 0,
  }, told);
  return {
    model_name: settings.modelName, model_version: 'v1', promotion_seq: 1, manifest_uri: stored.manifestUri, manifest_sha256: stored.manifestSha256, weights_sha256: stored.weightsSha256, run_id: 'bench', retrain_id: '', cause: 'bench',
    previous_version: null, categories: [...categories], promoted_at: 0, restored: false, previous_promotion_seq: null, previous_manifest_uri: null, previous_manifest_sha256: null, previous_weights_sha256: null,
  };
}
/** Announces promotions, in order. */
export async function announce({ settings, registry }: Pick<BenchStack, 'settings' | 'registry'>, promotions: readonly ModelPromoted[]): Promise<void> {
  const publisher = await createPublisher({ kafka: createKafka(settings, 'bench-models'), registry, settings });
  try {
    for (const value of promotions) await publisher.send([{ topic: 'models', key: value.model_name, value }]);
  } finally {
    await publisher.close();
  }
}
