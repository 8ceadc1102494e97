// --with: servers that a person may want beside the loop. What was asked for becomes a setting, and settings are remembered.
import { readSecretFile } from '../../producers/secretFile.ts';
import { readSettings } from '../../schemas/settings.ts';
import { mlflowUriOf, type Env } from '../context.ts';
import { UsageError } from '../say.ts';

/** The environment with what `--with` asks for. A person's own MLFLOW_TRACKING_URI contradicts an MLflow of the stack. */
export function withExtras(env: Env, extras: readonly string[] = []): Env {
  const unknown = extras.find((one) => one !== 'mlflow');
  if (unknown !== undefined) throw new UsageError(`--with ${unknown}: there is mlflow`);
  if (extras.length === 0) return env;
  const ours = mlflowUriOf(readSettings(env, readSecretFile));
  const standing = env['MLFLOW_TRACKING_URI'] ?? '';
  if (standing !== '' && standing !== ours) throw new UsageError(`--with mlflow starts an MLflow at ${ours}, but MLFLOW_TRACKING_URI names ${standing}: unset it, or leave out --with mlflow to mirror there`);
  return { ...env, MLFLOW_TRACKING_URI: ours };
}
