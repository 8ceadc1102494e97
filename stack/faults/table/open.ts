// A place in the small, fast world of the table.
import type { TestContext } from 'node:test';
import { baseCorpus } from '../../../producers/catalogue.ts';
import { writeTrainingCsv } from '../../../schemas/csv.ts';
import { openPlace, type Place, type PlaceOptions } from './place.ts';
import type { Row } from './rows.ts';

const CORPUS_ROWS = 1500;
const ENV = { PARTITIONS: '2', LEASE_MS: '4000', ANSWER_DEADLINE_MS: '2000', RETRAIN_EVERY_MS: '0', AUTO_RETRAIN: 'off', EPOCHS: '1', BUCKET_MS: '1000', MIN_LABELS: '100000' };
/** Every so many-th row, so that all categories are there. */
const few = (seed: number): ReturnType<typeof baseCorpus> => {
  const all = baseCorpus(seed);
  const step = Math.max(1, Math.floor(all.length / CORPUS_ROWS));
  return all.filter((_, i) => i % step === 0);
};
/** With what the rows need. */
export const openTablePlace = (t: TestContext, { name, ports, seed, rows }: Pick<PlaceOptions, 'name' | 'ports'> & { readonly seed: number; readonly rows: readonly Row[] }): Promise<Place> => openPlace(t, {
  name, ports, env: { ...ENV, SEED: String(seed) }, corpus: writeTrainingCsv(few(seed)),
  mlflow: rows.some((row) => row.kind === 'away' && row.part === 'mlflow'), breakable: rows.some(({ kind }) => kind === 'broken'),
});
