// One job as the service tells it, and for verbs that order something and tell what came of it: its end.
import { setTimeout as pause } from 'node:timers/promises';
import { fatal, LoopError } from '../../schemas/failure.ts';
import { onInterrupt } from '../interrupt.ts';
import { hasEnded, type JobView } from './jobLines.ts';
import { call } from './talk.ts';

const LOOK_EVERY_MS = 250;
export const INTERRUPTED = 130;
export const isJob = (value: unknown): value is JobView => typeof value === 'object' && value !== null;

export async function jobOf(run: string): Promise<JobView> {
  const job = await call('train', `/v1/jobs/${encodeURIComponent(run)}`);
  if (!isJob(job)) throw fatal('bad_answer', `inference answered no job for ${run}`);
  return job;
}

/** Looks until it has ended, time is up, or the person has had enough. run: its id or retrain id; one that is ordered and not yet claimed is waited for. */
export async function endOf(run: string, deadlineMs: number): Promise<JobView | 'interrupted' | 'late'> {
  let interrupted = false;
  const listenNoMore = onInterrupt(() => (interrupted = true));
  try {
    for (const end = performance.now() + deadlineMs; performance.now() < end && !interrupted; await pause(LOOK_EVERY_MS)) {
      const job = await jobOf(run).catch((error: unknown) => {
        if (error instanceof LoopError && error.code === 'not_found') return undefined;
        throw error;
      });
      if (job !== undefined && hasEnded(job)) return job;
    }
    return interrupted ? 'interrupted' : 'late';
  } finally {
    listenNoMore();
  }
}
