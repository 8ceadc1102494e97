// A run of faults in words and figures.
import type { Report } from './run.ts';

const inSeconds = (ms: number | undefined): string => (ms === undefined ? '-' : `${(ms / 1000).toFixed(1)} s`);
/** The value that `share` of the list does not exceed (nearest rank); undefined of nothing. */
export function quantile(list: readonly number[], share: number): number | undefined {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
const SHOWN = 20;
export const takeoversOf = ({ takeoversMs }: Report): readonly number[] => [...takeoversMs.kill, ...takeoversMs.suspend];

export function linesOf(report: Report): string[] {
  const { findings, takeoversMs } = report;
  const times = (name: string, list: readonly number[]): string => `  ${name.padEnd(26)} p50 ${inSeconds(quantile(list, 0.5))}, p90 ${inSeconds(quantile(list, 0.9))}, longest ${inSeconds(quantile(list, 1))} of ${list.length}`;
  return [
    `faults, seed ${report.seed}: ${report.events} events, ${report.kills} kills, ${report.zombies} zombies, ${report.removed} removed and back, ${report.seconds.toFixed(0)} s`,
    `  ${'pairs and revisions'.padEnd(26)} ${findings.pairs}: ${findings.missing} missing, ${findings.doubled} doubled`,
    `  ${'cells (snapshot and live)'.padEnd(26)} ${findings.cells}: ${findings.wrongCells} wrong`,
    ...(report.answers === undefined ? [] : [`  ${'products'.padEnd(26)} ${report.answers.products}: ${report.answers.missing} not answered, ${report.answers.doubled} answered twice`]),
    `  ${'retrainings ordered'.padEnd(26)} ${findings.requests}`,
    times('hurt to next commit', takeoversOf(report)),
    times('  after kill -9', takeoversMs.kill),
    times('  after SIGSTOP', takeoversMs.suspend),
    times('removed to next commit', takeoversMs.remove),
    `  ${'differences'.padEnd(26)} ${findings.differences.length}`,
    ...findings.differences.slice(0, SHOWN).map((difference) => `    ${difference}`),
  ];
}
