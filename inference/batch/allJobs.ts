// Batch jobs and trainings in one list. The trainer tells of its own; the table tells of ours.
import type { BatchLedger } from './ledger.ts';
import { batchView, jobStatusesOf } from './view.ts';

type Job = Readonly<Record<string, unknown>>;
const isJob = (value: unknown): value is Job => typeof value === 'object' && value !== null;
const jobsIn = (answer: unknown): Job[] => {
  const list: unknown = isJob(answer) ? answer['jobs'] : undefined;
  return Array.isArray(list) ? list.filter(isJob) : [];
};
const DEFAULT_LIMIT = 50;

/** Newest first, at most `limit`. */
export const merged = (lists: readonly (readonly Job[])[], limit: number): Job[] =>
  lists.flat().map((job) => ({ job, at: typeof job['requested_at'] === 'string' ? job['requested_at'] : '' })).sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).map(({ job }) => job).slice(0, limit);

export type JobKind = 'training' | 'rollback' | 'batch';
/** The ports `jobs` and `job` of the routes. trainings, training: the same of the trainer. query: kind, status, cause, limit. */
export function allJobs({ ledger, trainings, training }: { ledger: Pick<BatchLedger, 'list' | 'find'>; trainings: (query: string) => Promise<unknown>; training: (id: string) => Promise<unknown> }) {
  return {
    async jobs(query: string): Promise<{ readonly jobs: readonly Job[] }> {
      const asked = new URLSearchParams(query);
      const [kind, status, cause, limit] = [asked.get('kind'), asked.get('status'), asked.get('cause'), Number(asked.get('limit') ?? DEFAULT_LIMIT)];
      asked.delete('kind');
      const ofTrainer = async (): Promise<Job[]> => jobsIn(await trainings(asked.toString())).filter((job) => kind === null || job['kind'] === kind);
      // A cause is a training's.
      const ofTable = async (): Promise<Job[]> => (cause !== null ? [] : (await ledger.list(status === null ? [] : jobStatusesOf(status), limit)).map(batchView));
      return { jobs: merged(await Promise.all([kind === 'batch' ? [] : ofTrainer(), kind === null || kind === 'batch' ? ofTable() : []]), limit) };
    },
    async job(id: string): Promise<unknown> {
      const row = await ledger.find(id);
      return row === undefined ? training(id) : batchView(row);
    },
  };
}
