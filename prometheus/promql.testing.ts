// A question in PromQL as data: which series it asks for, by which labels, and whether it can be read at all.
import { parser } from '@prometheus-io/lezer-promql';

export type Selector = { readonly metric: string; readonly labels: readonly string[] };
/** grouping: labels of by, on, group_left ...; made: labels that label_replace makes. */
export type Asked = { readonly errors: readonly string[]; readonly selectors: readonly Selector[]; readonly grouping: readonly string[]; readonly made: readonly string[] };

export function readPromql(text: string): Asked {
  const errors: string[] = [];
  const selectors: { metric: string; labels: string[] }[] = [];
  const grouping: string[] = [];
  let inSelector = false;
  parser.parse(text).iterate({
    enter({ type, from, to }) {
      const words = text.slice(from, to);
      if (type.isError) errors.push(`at ${from}: ${text.slice(Math.max(0, from - 20), to + 20)}`);
      else if (type.name === 'VectorSelector') {
        inSelector = true;
        selectors.push({ metric: /^[\w:]+/.exec(words)?.[0] ?? '', labels: [] });
      } else if (type.name === 'LabelName') (inSelector ? selectors.at(-1)?.labels : grouping)?.push(words);
    },
    leave({ type }) {
      if (type.name === 'VectorSelector') inSelector = false;
    },
  });
  return { errors, selectors, grouping, made: [...text.matchAll(/,\s*"(\w+)",\s*"\$1"/g)].map(([, label = '']) => label) };
}
