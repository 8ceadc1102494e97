// For tests of the ledger and of promotions: a model name of its own on the real stack, and models made by hand instead of trained.
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { RetrainRequested } from '../schemas/events.ts';
import { featureCount, type Recipe } from '../schemas/features.ts';
import { createScorer } from '../schemas/scorer.ts';
import type { Settings } from '../schemas/settings.ts';
import { closeAtEnd, until, type Bench } from '../stack/testing.ts';
import { createArtifacts, type Artifacts } from './record/artifacts.ts';
import { createLedger, type Ledger } from './record/ledger.ts';
import type { Lease, Row } from './record/row.ts';
import type { Trained } from './jobs/train.ts';

export const LEASE_MS = 1500;
export type Own = { readonly model: string; readonly settings: Settings; readonly env: Record<string, string | undefined>; readonly ledger: Ledger; readonly artifacts: Artifacts };
/** A model name of its own with a ledger on short leases. */
export function own(t: TestContext, bench: Bench): Own {
  const model = `crash-${randomUUID().slice(0, 8)}`;
  const settings: Settings = { ...bench.settings, modelName: model, leaseMs: LEASE_MS };
  const ledger = createLedger(settings);
  closeAtEnd(t, () => ledger.close());
  return { model, settings, env: { ...bench.env, MODEL_NAME: model, LEASE_MS: String(LEASE_MS) }, ledger, artifacts: createArtifacts(settings) };
}
export const requestOf = (model: string, cause = 'bootstrap', change: Partial<RetrainRequested> = {}): RetrainRequested => ({
  retrain_id: `${model}/${cause}/1`, model_name: model, model_version: null, cause, requested_at: Date.now(), requested_by: 'test', threshold: 0.9, live_f1: null, evidence_json: '{}', newest_predicted_at: null, params_json: '{}', force: false, ...change,
});

const RECIPE: Recipe = { kind: 'hashed-word-char-v1', wordBits: 4, charBits: 4, charMin: 3, charMax: 3, wordScale: 1, rowNorm: 1, aisleTag: false };
/** What a training would have found: a stored model that answers the first category by this much. */
export async function tinyTrained({ model, settings, artifacts }: Pick<Own, 'model' | 'settings' | 'artifacts'>, runId: string, bias: number): Promise<Trained> {
  const { categories } = settings;
  const weights = new Float32Array((featureCount(RECIPE) + 1) * categories.length);
  weights[weights.length - categories.length] = bias;
  const golden = [{ text: 'golden', probabilities: [...createScorer({ categories, recipe: RECIPE, temperature: 1 }, weights)('golden').probabilities] }];
  const stored = await artifacts.storeModel({ model_name: model, run_id: runId, categories, recipe: RECIPE, temperature: 1, golden, tolerance: 1e-6, backend: 'test', dataset_hash: 'none', seed: 0 }, weights);
  return { verdict: { status: 'passed', winner: 'candidate', reasons: ['made for a test'], warnings: [] }, stored, bestCheckpoint: stored.weightsUri, backend: 'test', categories, scored: 10, latencyAvgMs: 0.5, datasetHash: 'none', datasetPath: 's3://dataset/none', offsets: {}, f1: 0.9, worstF1: 0.8, championF1: undefined, championWorstF1: undefined, report: {}, reportS3: `s3://models/${model}/runs/${runId}.html` };
}
export const taken = (ledger: Ledger, lane: 'training' | 'rollback' = 'training'): Promise<{ row: Row; lease: Lease }> => until('a row to take', () => ledger.take(lane));

/** A version promoted as far as the row: who works through the ledger after its lease announces it. */
export async function promoteTiny(mine: Own, n: number): Promise<Row> {
  const { ledger, model } = mine;
  await ledger.claim(requestOf(model, 'manual', { retrain_id: `${model}/manual/${n}` }), 0, BigInt(n));
  const { row, lease } = await taken(ledger);
  const champion = await ledger.champion(model);
  await ledger.record(lease, await tinyTrained(mine, row.id, n), champion);
  const how = await ledger.promote(lease, model, champion, `test ${n}`);
  if (how !== 'promoted') throw new Error(`not promoted: ${how}`);
  return row;
}
