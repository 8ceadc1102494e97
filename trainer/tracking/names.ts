// What MLflow takes as a name or a value, and how a nested report becomes flat figures. Pure.

/** MLflow's own limits, in characters and entries. */
export const LIMITS = { key: 250, param: 6000, tag: 8000, metricsPerBatch: 1000, pairsPerBatch: 100, digest: 36 } as const;

/** Letters, digits and `_ - . / : blank`; a path without empty or dotted parts. `&` is spelled out, anything else becomes `_`. */
export function keyOf(parts: readonly string[]): string {
  const clean = parts.map((part) => part.replaceAll('&', 'and').replace(/[^\w\-. :]/g, '_').trim()).filter((part) => part !== '');
  const key = clean.join('.').replace(/^\.+/, '').slice(0, LIMITS.key).trim();
  return key === '' ? '_' : key;
}

type Entry = readonly [key: string, value: number];
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

function walk(value: unknown, path: readonly string[], skip: ReadonlySet<string>): Entry[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [[keyOf(path), value]] : [];
  if (Array.isArray(value)) {
    // Figures per category; any other list is no metric.
    return value.flatMap((one: unknown) => (isObject(one) && typeof one['category'] === 'string' ? walk(one, [...path, one['category']], skip) : []));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, one]) => (skip.has(name) ? [] : walk(one, [...path, name], skip)));
}

/** Every finite number in a nested value under the path that leads to it. Lists count only where their entries have a `category`; `skip` are names to leave out. Two paths that clean to one key: the later gets `_2`, `_3`, … */
export function figuresIn(value: unknown, skip: ReadonlySet<string> = new Set()): ReadonlyMap<string, number> {
  const figures = new Map<string, number>();
  for (const [key, figure] of walk(value, [], skip)) {
    let free = key;
    for (let n = 2; figures.has(free); n += 1) free = `${key.slice(0, LIMITS.key - 6)}_${n}`;
    figures.set(free, figure);
  }
  return figures;
}

/** Every number, text and switch in a nested value, as texts, under the path that leads to it; lists as JSON. Empty and null ones are left out. */
export function textsIn(value: unknown, path: readonly string[] = []): [key: string, value: string][] {
  if (value === null || value === undefined || value === '') return [];
  if (isObject(value)) return Object.entries(value).flatMap(([name, one]) => textsIn(one, [...path, name]));
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [[keyOf(path), text]];
}

/** Parts of at most `size` entries, in order. */
export const chunksOf = <T>(entries: readonly T[], size: number): T[][] => Array.from({ length: Math.ceil(entries.length / size) }, (_, i) => entries.slice(i * size, (i + 1) * size));
