// Every series that can stand in Prometheus, with its labels: asked of the registries of the four processes themselves, and of what the recording rules are tested to give.
import { readPromql, type Asked } from './promql.testing.ts';
import { describedIn, registriesOf } from './registries.testing.ts';
import { readRuleTests } from './rules.testing.ts';

/** Labels that Prometheus adds by itself. */
const SCRAPED = ['job', 'instance'];
export type Inventory = ReadonlyMap<string, ReadonlySet<string>>;
export async function inventory(): Promise<Inventory> {
  const known = new Map<string, Set<string>>([['up', new Set(SCRAPED)], ['ALERTS', new Set(['alertname', 'alertstate', 'severity'])]]);
  const add = (name: string, labels: readonly string[]): void => void known.set(name, new Set([...(known.get(name) ?? []), ...labels]));
  for (const { name, type, labels } of (await Promise.all(Object.values(registriesOf()).map(describedIn))).flat()) {
    if (type !== 'histogram') add(name, [...labels, ...SCRAPED]);
    else for (const [suffix, more] of [['_bucket', ['le']], ['_sum', []], ['_count', []]] as const) add(`${name}${suffix}`, [...labels, ...more, ...SCRAPED]);
  }
  for (const { labels } of readRuleTests().flat().flatMap((one) => one.exp_samples)) {
    const [, name = '', inside = ''] = /^(loop:\w+)\{(.*)\}$/.exec(labels) ?? [];
    if (name !== '') add(name, [...inside.matchAll(/(\w+)="/g)].map(([, label = '']) => label));
  }
  return known;
}

/** What a question asks for that nothing tells. `also`: labels it is shown by. */
export function unknownIn({ errors, selectors, grouping, made }: Asked, known: Inventory, also: readonly string[] = []): string[] {
  const all = new Set(selectors.flatMap(({ metric }) => [...(known.get(metric) ?? [])]).concat(made));
  return [
    ...errors.map((one) => `cannot be read ${one}`),
    ...selectors.flatMap(({ metric, labels }) => (known.has(metric) ? labels.filter((label) => known.get(metric)?.has(label) !== true).map((label) => `${metric} has no label ${label}`) : [`there is no ${metric}`])),
    ...[...grouping, ...also].filter((label) => !all.has(label)).map((label) => `nothing in it has the label ${label}`),
  ];
}
export const unknownInText = (text: string, known: Inventory, also?: readonly string[]): string[] => unknownIn(readPromql(text), known, also);
