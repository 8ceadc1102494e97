// A place in the small, fast world of the table.
import type { TestContext } from 'node:test';
import { baseCorpus } from '../../../producers/catalogue.ts';
import { writeTrainingCsv } from '../../../schemas/csv.ts';
import { openPlace, type Place } from './place.ts';

const ROWS = 1500;
const ENV = { PARTITIONS: '2', LEASE_MS: '4000', ANSWER_DEADLINE_MS: '2000', RETRAIN_EVERY_MS: '0', AUTO_RETRAIN: 'off', EPOCHS: '1', BUCKET_MS: '1000', MIN_LABELS: '100000' };
/** Every so many-th row, so that all categories are there. */
const few = (seed: number): ReturnType<typeof baseCorpus> => {
  const all = baseCorpus(seed);
  const step = Math.max(1, Math.floor(all.length / ROWS));
  return all.filter((_, i) => i % step === 0);
};
export const openTablePlace = (t: TestContext, { name, seed, mlflow }: { readonly name: string; readonly seed: number; readonly mlflow: boolean }): Promise<Place> => openPlace(t, { name, env: { ...ENV, SEED: String(seed) }, mlflow, corpus: writeTrainingCsv(few(seed)) });
