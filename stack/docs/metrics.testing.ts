// docs/reference/metrics.md: every metric of the four processes, asked of their registries, and the recording rules.
import { describedIn, registriesOf, type Described, type Process } from '../../prometheus/registries.testing.ts';
import { readRules } from '../../prometheus/rules.testing.ts';
import { portOf } from '../processes.ts';
import { readSettings } from '../../schemas/settings.ts';
import { code, madeFrom, tableOf } from './table.ts';

const TITLES: Readonly<Record<Process, string>> = { inference: 'Inference', join: 'Join', monitor: 'Monitor', trainer: 'Trainer' };
const rowsOf = (list: readonly Described[]): string[][] => list.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(' '), help]);

export async function metricsPage(): Promise<string> {
  const settings = readSettings({});
  const all = await Promise.all(Object.entries(registriesOf()).map(async ([process, registry]) => ({ process: process as Process, list: await describedIn(registry) })));
  const everywhere = new Set(all[0]?.list.map(({ name }) => name).filter((name) => all.every(({ list }) => list.some((one) => one.name === name))));
  const common = all[0]?.list.filter(({ name }) => everywhere.has(name)) ?? [];
  const sections = all.map(({ process, list }) => `## ${TITLES[process]}\n\n\`http://127.0.0.1:${portOf(settings, process)}/metrics\`\n\n${tableOf(['metric', 'type', 'labels', ''], rowsOf(list.filter(({ name }) => !everywhere.has(name))))}`);
  const recorded = readRules().flatMap(({ record, expr }) => (record === undefined ? [] : [[code(record), code(expr.replaceAll(/\s+/g, ' ').trim())]]));
  return `# Metrics

${madeFrom('the registries of the four processes and prometheus/loop.rules.yml')}

Every process tells its own at \`/metrics\` (no token). No evidence is no series, never 0. Series of the monitor are those of the two versions labelled last. What alerts make of them: [what to do when an alert fires](../how-to/alerts.md).
\`loop_pairs\` is a gauge although it counts, for corrections subtract: F1 is computed from it with \`max by\`, never with \`rate\`.

## Every process

${tableOf(['metric', 'type', 'labels', ''], rowsOf(common))}

${sections.join('\n\n')}

## Recorded by Prometheus

${tableOf(['series', 'expression'], recorded)}
`;
}
