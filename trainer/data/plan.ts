// From a job to the plan of its dataset.
import type { Settings } from '../../schemas/settings.ts';
import type { BadRows, Plan } from './dataset.ts';
import type { Job } from '../jobs/train.ts';

/** What a request says about its data. saidAtMs: when its files count as said. */
export type GivenData = { readonly saidAtMs: number; readonly badRows: BadRows };
export const BAD_ROWS: readonly BadRows[] = ['refuse', 'set_aside'];

/** The first corpus is the base corpus, the others were given. */
export function planOf(job: Job, settings: Settings): Plan {
  const [base = settings.baseCorpus, ...files] = job.corpora;
  const given = job.given ?? { saidAtMs: 0, badRows: 'refuse' };
  return {
    modelName: settings.modelName, categories: settings.categories, base, files: files.filter((uri) => uri !== base).map((uri) => ({ uri, saidAtMs: given.saidAtMs })), badRows: given.badRows, maxCsvBytes: settings.maxCsvBytes,
    champion: job.champion === undefined ? undefined : { offsets: job.champion.offsets, datasetPath: job.championDataset ?? null },
    recencyWeight: settings.recencyWeight, recencyHalfLifeMs: settings.recencyHalfLifeMs, sources: { sourceLabelsPerHour: settings.sourceLabelsPerHour, trustedSources: settings.trustedSources },
  };
}
