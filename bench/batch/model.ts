// A model that serves, for benchmarks: learnt from rows, stored in the stack's S3 and promoted, without a trainer process.
import { createKafka } from '../../producers/kafka.ts';
import { createPublisher } from '../../producers/publisher.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import { DEFAULT_RECIPE } from '../../schemas/features.ts';
import { learn } from '../../trainer/model/learn.ts';
import { startBackend } from '../../trainer/model/backend.ts';
import { DEFAULT_METRIC } from '../../trainer/model/progress.ts';
import { createArtifacts } from '../../trainer/record/artifacts.ts';
import type { BenchStack } from '../stack.ts';

export type Labelled = { readonly product_description: string; readonly category: string };
const EPOCHS = 2;

/** Resolves with the promotion when it stands on `models`. */
export async function promoteLearnt({ settings, registry }: BenchStack, rows: readonly Labelled[], seed: number): Promise<ModelPromoted> {
  const backend = await startBackend({ choice: 'wasm', nativeHomes: [] });
  const categories = [...new Set(rows.map(({ category }) => category))].sort();
  const fitRows = rows.map(({ product_description, category }) => ({ text: product_description, label: categories.indexOf(category), weight: 1 }));
  const { weights, temperature, score } = await learn(fitRows, { categories, recipe: DEFAULT_RECIPE, epochs: EPOCHS, metric: DEFAULT_METRIC, seed, cache: new Map(), nowMs: () => performance.now() });
  const golden = rows.slice(0, 20).map(({ product_description: text }) => ({ text, probabilities: [...score(text).probabilities] }));
  const stored = await createArtifacts(settings).storeModel({ model_name: settings.modelName, run_id: 'bench', categories, recipe: DEFAULT_RECIPE, temperature, golden, tolerance: 1e-4, backend: backend.name, dataset_hash: 'bench', seed }, weights);
  const promoted: ModelPromoted = {
    model_name: settings.modelName, model_version: 'v1', promotion_seq: 1, manifest_uri: stored.manifestUri, manifest_sha256: stored.manifestSha256, weights_sha256: stored.weightsSha256, run_id: 'bench', retrain_id: 'bench', cause: 'bootstrap', previous_version: null,
    categories, promoted_at: Date.now(), restored: false, previous_promotion_seq: null, previous_manifest_uri: null, previous_manifest_sha256: null, previous_weights_sha256: null,
  };
  const publisher = await createPublisher({ kafka: createKafka(settings, 'bench-models'), registry, settings });
  try {
    await publisher.send([{ topic: 'models', key: settings.modelName, value: promoted }]);
  } finally {
    await publisher.close();
  }
  return promoted;
}
