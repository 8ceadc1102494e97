// Starts a training in a child process, so that it never blocks the consumer and dies with us.
import { fork } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LoopError } from '../../schemas/failure.ts';
import type { Job, Told, Trained } from './train.ts';

export type FromChild = Told | { readonly kind: 'trained'; readonly trained: Trained } | { readonly kind: 'failed'; readonly code: string; readonly retryable: boolean; readonly message: string };
const CHILD = join(dirname(fileURLToPath(import.meta.url)), 'child.ts');

/** Resolves with the result. Rejects with transient (take it again later) or poison (the training failed for a reason a person can read). */
export function runTraining(job: Job, env: Readonly<Record<string, string | undefined>>, tell: (told: Told) => void, signal: AbortSignal, program = CHILD): Promise<Trained> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new LoopError('transient', 'aborted', 'the training was stopped before it began'));
    const child = fork(program, [], { execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0051', '--disable-warning=DEP0044'], env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2' }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const abort = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', abort, { once: true });
    child.on('message', (raw) => {
      const message = raw as FromChild;
      switch (message.kind) {
        case 'stage':
        case 'progress': return tell(message);
        case 'trained': return resolve(message.trained);
        case 'failed': return reject(new LoopError(message.retryable ? 'transient' : 'poison', message.code, message.message));
      }
    });
    child.on('error', reject);
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', abort);
      reject(new LoopError('transient', 'child_ended', `the training process ended early (${killed ?? `exit ${code}`})`));
    });
    child.send({ job, env });
  });
}
