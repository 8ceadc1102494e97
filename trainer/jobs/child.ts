// The child process of one training: a job comes in by message, progress and the result go out. It ends when its parent's channel closes.
import { openRegistry } from '../../producers/connections.ts';
import { LoopError, messageOf } from '../../schemas/failure.ts';
import { readSecretFile } from '../../producers/secretFile.ts';
import { readModelSettings } from '../../schemas/settings.ts';
import { PROJECT_DIR, pathsOf } from '../../stack/paths.ts';
import { createArtifacts } from '../record/artifacts.ts';
import { nativeHomeIn, startBackend } from '../model/backend.ts';
import type { FromChild } from './run.ts';
import { train, type Job } from './train.ts';

process.on('disconnect', () => process.exit(1));
const send = (message: FromChild): void => void process.send?.(message);

process.once('message', (message) => {
  // The parent is our own code; the message is the Job it was given.
  const { job, env } = message as { job: Job; env: Record<string, string> };
  const settings = readModelSettings(env, readSecretFile);
  const backend = startBackend({ choice: settings.trainBackend, nativeHomes: [PROJECT_DIR, nativeHomeIn(pathsOf(settings.homeDir, settings.cacheDir, env['XDG_CACHE_HOME']).cache)] });
  backend.then((standing) => train(job, { backend: standing, settings, registry: openRegistry(settings), artifacts: createArtifacts(settings), tell: send }))
    .then((trained) => send({ kind: 'trained', trained }), (error: unknown) => send({ kind: 'failed', code: error instanceof LoopError ? error.code : 'unexpected', retryable: error instanceof LoopError && error.retryable, message: messageOf(error) }))
    .finally(() => process.disconnect());
});
