// An environment to settings: one parser, all mistakes reported at once. main.ts files hand in process.env.
import { fatal, messageOf } from './failure.ts';
import type { Base, Parsed, Setting } from './settingKinds.ts';
import { contradictions } from './settingRules.ts';
import { DEFAULT_PORT_BASE, fileVariable, PER_MODEL, TABLE, type Settings } from './settingTable.ts';

export type { Settings };
function overridden(settings: Settings, modelName: string): { readonly settings: Settings; readonly wrong: readonly string[] } {
  const given = settings.modelSettings.get(modelName);
  if (given === undefined) return { settings, wrong: [] };
  const wrong: string[] = [];
  const changed: Record<string, unknown> = {};
  for (const [env, raw] of Object.entries(given)) {
    const key = PER_MODEL.find((one) => TABLE[one].env === env);
    if (key === undefined) {
      wrong.push(`${env} cannot be set for a single model; what can: ${PER_MODEL.map((one) => TABLE[one].env).join(', ')}`);
      continue;
    }
    const parsed: Parsed<unknown> = TABLE[key].parse(raw);
    if ('wrong' in parsed) wrong.push(`${env} ${parsed.wrong}`);
    else changed[key] = parsed.value;
  }
  const merged = { ...settings, ...changed } as Settings;
  return { settings: merged, wrong: wrong.length > 0 ? wrong : contradictions(merged) };
}
/** The settings as they are for one model. */
export const settingsFor = (settings: Settings, modelName: string): Settings => overridden(settings, modelName).settings;

type Env = Readonly<Record<string, string | undefined>>;
/** The text of a file. Throws when it cannot be read. */
export type ReadFile = (file: string) => string;
const noFiles: ReadFile = () => {
  throw new Error('no file is read here');
};

/** Settings from an environment, for a process that serves the one model it names. */
export function readModelSettings(env: Env, readFile?: ReadFile): Settings {
  const settings = readSettings(env, readFile);
  return settingsFor(settings, settings.modelName);
}

/** A secret's text: the variable's, or that of the file NAME_FILE names, without the line end that editors put there. undefined: neither is set. What is wrong never quotes a content. */
function secretText(env: Env, name: string, readFile: ReadFile): Parsed<string | undefined> {
  const file = env[fileVariable(name)] ?? '';
  if (file === '') return { value: env[name] };
  if ((env[name] ?? '') !== '') return { wrong: `and ${fileVariable(name)} are both set: leave one of them out` };
  try {
    const value = readFile(file).replace(/\r?\n$/, '');
    return value === '' ? { wrong: `: the file ${file} (${fileVariable(name)}) is empty` } : { value };
  } catch (error) {
    return { wrong: `: the file ${file} (${fileVariable(name)}) cannot be read: ${messageOf(error)}` };
  }
}

/** Settings from an environment; absent variables take their defaults. readFile: for secrets that a NAME_FILE names. Throws fatal `bad_settings` listing every mistake. */
export function readSettings(env: Env, readFile: ReadFile = noFiles): Settings {
  const wrong: string[] = [];
  const base = TABLE.portBase.parse(env['LOOP_PORT_BASE'] ?? String(DEFAULT_PORT_BASE));
  const at: Base = (offset) => ('value' in base ? base.value : DEFAULT_PORT_BASE) + offset;
  const read: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(TABLE) as [string, Setting<unknown>][]) {
    const given = setting.secret ? secretText(env, setting.env, readFile) : { value: env[setting.env] };
    if ('wrong' in given) {
      wrong.push(`${setting.env}${given.wrong.startsWith(':') ? '' : ' '}${given.wrong}`);
      continue;
    }
    const raw = given.value ?? (typeof setting.fallback === 'string' ? setting.fallback : setting.fallback(at));
    const parsed: Parsed<unknown> = setting.parse(raw);
    if ('wrong' in parsed) wrong.push(`${setting.env} ${parsed.wrong}`);
    else read[key] = parsed.value;
  }
  const settings = read as Settings;
  if (wrong.length === 0) wrong.push(...contradictions(settings));
  if (wrong.length === 0) for (const model of settings.modelSettings.keys()) wrong.push(...overridden(settings, model).wrong.map((text) => `MODEL_SETTINGS of '${model}': ${text}`));
  if (wrong.length > 0) throw fatal('bad_settings', `the settings are wrong:\n  ${wrong.join('\n  ')}`, { fields: { wrong } });
  return Object.freeze(settings);
}
