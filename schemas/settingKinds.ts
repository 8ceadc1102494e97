// Kinds of settings: what a variable's text may be, and what it becomes. The table of them is in settings.ts.
import { parseTokens, type TokenSpec } from './tokens.ts';

export type Parsed<T> = { readonly value: T } | { readonly wrong: string };
export type Base = (offset: number) => number;
export type Setting<T> = { readonly env: string; readonly about: string; readonly fallback: string | ((port: Base) => string); readonly parse: (text: string) => Parsed<T>; /** may come from a file, which NAME_FILE names */ readonly secret?: true };
type Fallback = string | ((port: Base) => string);

export const text = (env: string, fallback: Fallback, about: string): Setting<string> => ({ env, about, fallback, parse: (value) => ({ value }) });
/** What nobody is to read: in NAME itself, or in a file that NAME_FILE names. */
export const secret = (env: string, about: string): Setting<string> => ({ ...text(env, '', about), secret: true });
/** A word that may stand in ids and object names. */
export const word = (env: string, fallback: string, about: string): Setting<string> => ({
  env,
  about,
  fallback,
  parse: (raw) => (/^[A-Za-z0-9._-]{1,64}$/.test(raw) ? { value: raw } : { wrong: `must be 1 to 64 characters of A-Z a-z 0-9 . _ -, is '${raw}'` }),
});
export const number = (env: string, fallback: Fallback, about: string, min: number, max = Number.MAX_SAFE_INTEGER, whole = true): Setting<number> => ({
  env,
  about,
  fallback,
  parse(raw) {
    const value = raw.trim() === '' ? Number.NaN : Number(raw);
    const bad = Number.isNaN(value) || value < min || value > max || (whole && !Number.isInteger(value));
    return bad ? { wrong: `must be ${whole ? 'a whole number' : 'a number'} from ${min}${max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`}, is '${raw}'` } : { value };
  },
});
export const share = (env: string, fallback: string, about: string): Setting<number> => number(env, fallback, about, 0, 1, false);
export const port = (env: string, offset: number, about: string): Setting<number> => number(env, (at) => String(at(offset)), about, 1, 65_535);
export const maybeShare = (env: string, about: string): Setting<number | undefined> => ({
  env,
  about,
  fallback: '',
  parse: (raw) => (raw === '' ? { value: undefined } : share(env, '', about).parse(raw)),
});
export const choice = <const T extends string>(env: string, options: readonly T[], fallback: T, about: string): Setting<T> => ({
  env,
  about: `${about} (${options.join(' | ')})`,
  fallback,
  parse(raw) {
    const value = options.find((option) => option === raw);
    return value === undefined ? { wrong: `must be one of ${options.join(', ')}, is '${raw}'` } : { value };
  },
});
/** `a:1,b:2` to a map; ranks of sources. */
export const ranks = (env: string, fallback: string, about: string): Setting<ReadonlyMap<string, number>> => ({
  env,
  about,
  fallback,
  parse(raw) {
    const pairs = raw.split(',').filter((part) => part !== '').map((part) => [part.slice(0, part.lastIndexOf(':')), Number(part.slice(part.lastIndexOf(':') + 1))] as const);
    const bad = pairs.find(([name, rank]) => name === '' || !Number.isInteger(rank));
    return bad ? { wrong: `must look like 'expert:2,user:1', is '${raw}'` } : { value: new Map(pairs) };
  },
});
export const tokens = (env: string, about: string): Setting<readonly TokenSpec[]> => ({ env, about, fallback: '', parse: (raw) => parseTokens(raw, ',') });
/** `{"model": {"MIN_F1": 0.85}}` to texts per model. Which variables may stand there, and their values, are checked in readSettings. */
export const overrides = (env: string, about: string): Setting<ReadonlyMap<string, Readonly<Record<string, string>>>> => ({
  env,
  about,
  fallback: '',
  parse(raw) {
    const wrong = { wrong: `must be JSON like {"wine": {"MIN_F1": 0.85}}, is '${raw}'` };
    if (raw === '') return { value: new Map() };
    let read: unknown;
    try {
      read = JSON.parse(raw);
    } catch {
      return wrong;
    }
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return wrong;
    const value = new Map<string, Readonly<Record<string, string>>>();
    for (const [model, given] of Object.entries(read as Record<string, unknown>)) {
      if (typeof given !== 'object' || given === null || Array.isArray(given)) return wrong;
      const texts: Record<string, string> = {};
      for (const [name, one] of Object.entries(given as Record<string, unknown>)) {
        if (typeof one !== 'string' && typeof one !== 'number') return { wrong: `${model}: ${name} must be a text or a number` };
        texts[name] = String(one);
      }
      value.set(model, texts);
    }
    return { value };
  },
});
/** `a,b` to names of buckets. */
export const buckets = (env: string, fallback: string, about: string): Setting<readonly string[]> => ({
  env,
  about,
  fallback,
  parse(raw) {
    const value = raw.split(',').map((name) => name.trim());
    return value.every((name) => /^[a-z0-9][a-z0-9.-]{1,62}$/.test(name)) ? { value } : { wrong: `must be names of buckets separated by commas, is '${raw}'` };
  },
});
/** `https://a.example,https://b.example` or `*`: as browsers write an origin, so that comparing is enough. */
export const origins = (env: string, about: string): Setting<readonly string[]> => ({
  env,
  about,
  fallback: '',
  parse(raw) {
    const value = raw.split(',').map((one) => one.trim()).filter((one) => one !== '');
    return value.every((one) => one === '*' || /^https?:\/\/[a-z0-9.-]+(:[0-9]{1,5})?$/.test(one)) ? { value } : { wrong: `must be origins like https://shop.example separated by commas (no path, no slash at the end), or *, is '${raw}'` };
  },
});
export const names = (env: string, fallback: string, about: string): Setting<readonly string[]> => ({
  env,
  about,
  fallback,
  parse(raw) {
    const value = raw.split('|').map((name) => name.trim());
    return value.length < 2 || value.includes('') || new Set(value).size < value.length ? { wrong: `must be two or more different names separated by |, is '${raw}'` } : { value };
  },
});
/** `expert,console/anna` to names of sources; empty: none. */
export const sources = (env: string, about: string): Setting<readonly string[]> => ({
  env,
  about,
  fallback: '',
  parse(raw) {
    const value = raw.split(',').map((name) => name.trim()).filter((name) => name !== '');
    return value.every((name) => name.length <= 100) ? { value } : { wrong: `must be names of sources of 100 characters at most, separated by commas, is '${raw}'` };
  },
});
/** `predictions=0a1b…` to ids of logs by topic. */
export const logs = (env: string, about: string): Setting<ReadonlyMap<string, string>> => ({
  env,
  about,
  fallback: '',
  parse(raw) {
    const pairs = raw.split(',').map((pair) => pair.trim()).filter((pair) => pair !== '').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
    const bad = pairs.find(([topic, id]) => topic === '' || !/^[0-9a-f]{32}$/.test(id));
    return bad ? { wrong: `must look like 'predictions=' and 32 hex digits, separated by commas, is '${raw}'` } : { value: new Map(pairs) };
  },
});
