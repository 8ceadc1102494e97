// What trains in tests of the record: a model made by hand at once; epoch_num says what comes of it. 1: passed. 2: rejected. 3: fails. 4: passed, but an admin has to say so.
import { readModelSettings } from '../schemas/settings.ts';
import type { FromChild } from './jobs/run.ts';
import type { Job, Trained } from './jobs/train.ts';
import { createArtifacts } from './record/artifacts.ts';
import { tinyTrained } from './tiny.testing.ts';

const STATUS: Readonly<Record<number, Trained['verdict']['status']>> = { 1: 'passed', 2: 'rejected', 4: 'needs approval' };
/** Two runs never make the same model: it would be stored once, and the garbage of one would be needed by the other. In [0, 1), as finely as a weight can tell. */
const shareOf = (runId: string): number => [...runId].reduce((hash, one) => (hash * 31 + one.charCodeAt(0)) % 2 ** 23, 7) / 2 ** 23;
const send = (message: FromChild): void => void process.send?.(message);
process.once('message', (message) => {
  const { job, env } = message as { job: Job; env: Record<string, string> };
  const settings = readModelSettings(env);
  const status = STATUS[job.epochs];
  if (status === undefined) {
    send({ kind: 'failed', code: 'test', retryable: false, message: 'made to fail' });
    process.disconnect();
    return;
  }
  void tinyTrained({ model: settings.modelName, settings, artifacts: createArtifacts(settings) }, job.runId, 1 + shareOf(job.runId)).then((trained) => {
    const verdict = { ...trained.verdict, status };
    send({ kind: 'trained', trained: { ...trained, verdict, f1: 0.9123456789, championF1: job.champion === undefined ? undefined : 0.87, report: { verdict: { ...verdict, words: 'made for a test' } } } });
  }).finally(() => process.disconnect());
});
