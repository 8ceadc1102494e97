// What every verb needs: settings, folders, ports and secrets of one stack. What `up` was told by environment is remembered in the data folder, so later verbs see the same.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fatal } from '../schemas/failure.ts';
import { readSecretFile } from '../producers/secretFile.ts';
import { readSettings, type Settings } from '../schemas/settings.ts';
import { SECRET_NAMES, SETTING_NAMES } from '../schemas/settingTable.ts';
import { pathsOf, type Paths } from './paths.ts';
import { writeJson } from './pids.ts';
import { ensureSecrets, ensureTokensFile, environmentOf, type Secrets } from './secrets.ts';

export type Ports = { readonly kafka: number; readonly kafkaController: number; readonly registry: number; readonly s3: number; readonly prometheus: number; readonly alertmanager: number; readonly mlflow: number };
export type Context = { readonly settings: Settings; readonly paths: Paths; readonly ports: Ports; readonly secrets: Secrets; readonly env: Readonly<Record<string, string | undefined>> };
export type Env = Readonly<Record<string, string | undefined>>;

const MLFLOW_PORT = 7;
/** Where the stack's own MLflow listens, for MLFLOW_TRACKING_URI. */
export const mlflowUriOf = ({ portBase }: Pick<Settings, 'portBase'>): string => `http://127.0.0.1:${portBase + MLFLOW_PORT}`;
/** The stack runs an MLflow when the setting names the stack's own: so it is remembered like every other setting. */
export const runsMlflow = (settings: Settings): boolean => settings.mlflowUri === mlflowUriOf(settings);
const portIn = (url: string): number => Number(/:(\d+)(?:\/|$|,)/.exec(url.replace(/^https?:/, ''))?.[1] ?? 0);
const rememberedFile = (paths: Paths): string => join(paths.home, 'environment.json');

/** The context of the data folder that `env` names. create: make the folder and its secrets when they are not there; otherwise fatal `no_stack`. */
export function openContext(env: Env, { create }: { create: boolean }): Context {
  const first = readSettings(env, readSecretFile);
  const paths = pathsOf(first.homeDir, first.cacheDir, env['XDG_CACHE_HOME']);
  if (!create && !existsSync(paths.secrets)) throw fatal('no_stack', `there is no stack in ${paths.home}: run ./loop up first (or set LOOP_HOME)`);
  const secrets = ensureSecrets(paths.secrets);
  const remembered: Record<string, string> = existsSync(rememberedFile(paths)) ? (JSON.parse(readFileSync(rememberedFile(paths), 'utf8')) as Record<string, string>) : {};
  ensureTokensFile(paths.tokens);
  const whole = environmentOf({ ...remembered, ...env }, secrets, paths.tokens);
  const settings = readSettings(whole, readSecretFile);
  const ports = { kafka: portIn(settings.kafkaBootstrap), kafkaController: settings.portBase + 1, registry: portIn(settings.registryUrl), s3: portIn(settings.s3Endpoint), prometheus: portIn(settings.prometheusUrl), alertmanager: portIn(settings.alertmanagerUrl), mlflow: settings.portBase + MLFLOW_PORT };
  return { settings, paths, ports, secrets, env: whole };
}

/** Keeps the settings a person set by environment, now or before, for the verbs to come. before: those that come from before, as NAME=value, without secrets. undo: as if they had not been set. */
export function rememberEnvironment({ paths, secrets, env: whole }: Context, env: Env): { readonly before: readonly string[]; readonly undo: () => void } {
  const file = rememberedFile(paths);
  const old = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  const made = environmentOf({}, secrets, paths.tokens);
  const ours = SETTING_NAMES.filter((name) => name !== 'LOOP_HOME' && whole[name] !== undefined && whole[name] !== made[name]);
  writeJson(file, Object.fromEntries(ours.map((name) => [name, whole[name]])));
  const before = ours.filter((name) => env[name] === undefined && !SECRET_NAMES.has(name)).map((name) => `${name}=${whole[name] ?? ''}`);
  return { before, undo: () => writeJson(file, JSON.parse(old)) };
}
