// Starts a batch job in a child process, so that it never blocks the loop that answers requests, and dies with us.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { LoopError } from '../../schemas/failure.ts';
import type { BatchJob, BatchResult, BatchTold } from './work.ts';

export type ToChild = { readonly kind: 'job'; readonly job: BatchJob; readonly env: Readonly<Record<string, string | undefined>> } | { readonly kind: 'answer'; readonly isOurs: boolean };
export type FromChild =
  | BatchTold
  | { readonly kind: 'may finish' }
  | { readonly kind: 'done'; readonly result: BatchResult }
  | { readonly kind: 'failed'; readonly code: string; readonly retryable: boolean; readonly message: string };
const CHILD = join(import.meta.dirname, 'child.ts');
/** The rows of a block die young. */
const FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=8', '--single-threaded-gc'];

/** Resolves with the result. Rejects with transient (take it again later), poison (a reason a person can read), or transient `child_ended` when the process ended without a word. */
export function runBatch(job: BatchJob, { env, tell, mayFinish, signal, program = CHILD }: { env: Readonly<Record<string, string | undefined>>; tell: (told: BatchTold) => void; mayFinish: () => Promise<boolean>; signal: AbortSignal; program?: string | undefined }): Promise<BatchResult> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new LoopError('transient', 'aborted', 'the job was stopped before it began'));
    const child = fork(program, [], { execArgv: FLAGS, env: { ...env }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const say = (message: ToChild): void => void (child.connected && child.send(message));
    const abort = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', abort, { once: true });
    child.on('message', (raw) => {
      const message = raw as FromChild;
      switch (message.kind) {
        case 'uploading':
        case 'counted':
        case 'progress': return tell(message);
        case 'may finish': return void mayFinish().then((isOurs) => say({ kind: 'answer', isOurs }), abort);
        case 'done': return resolve(message.result);
        case 'failed': return reject(new LoopError(message.retryable ? 'transient' : 'poison', message.code, message.message));
      }
    });
    child.on('error', reject);
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', abort);
      reject(new LoopError('transient', 'child_ended', `the batch process ended early (${killed ?? `exit ${code}`})`));
    });
    say({ kind: 'job', job, env });
  });
}
