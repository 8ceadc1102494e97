// Alerts as lines of a terminal. Pure: made of what Prometheus answers at /api/v1/alerts and /api/v1/rules.
import { ago, harmless, table } from './terminal.ts';

export type Told = { readonly data?: { readonly alerts?: readonly RawAlert[]; readonly groups?: readonly { readonly rules?: readonly RawRule[] }[] } };
type Words = Readonly<Record<string, string>>;
type RawAlert = { readonly state: string; readonly activeAt: string; readonly value?: string; readonly labels: Words; readonly annotations: Words };
type RawRule = { readonly name: string; readonly health: string; readonly lastError?: string };
export type Alert = { readonly alert: string; readonly state: string; readonly severity: string; readonly since_ms: number; readonly labels: Words; readonly summary: string; readonly runbook: string | null };
export type Alerts = { readonly alerts: readonly Alert[]; /** alert rules that are watched */ readonly rules: number; /** rules Prometheus cannot evaluate */ readonly broken: readonly { readonly rule: string; readonly error: string }[] };

/** Firing ones first, then by severity and name. msOf: reads an ISO time. */
export function alertsIn(told: Told, rules: Told, msOf: (iso: string) => number): Alerts {
  const rank = ({ state, severity }: Alert): number => (state === 'firing' ? 0 : 10) + (['critical', 'warning', 'info'].indexOf(severity) + 4) % 4;
  const alerts = (told.data?.alerts ?? []).map(({ state, activeAt, labels, annotations }): Alert => {
    const { alertname = '', severity = '', ...rest } = labels;
    return { alert: alertname, state, severity, since_ms: msOf(activeAt), labels: rest, summary: annotations['summary'] ?? '', runbook: annotations['runbook_url'] ?? null };
  });
  const all = (rules.data?.groups ?? []).flatMap((group) => group.rules ?? []);
  return { alerts: alerts.sort((a, b) => rank(a) - rank(b) || (a.alert < b.alert ? -1 : 1)), rules: all.length, broken: all.filter(({ health }) => health === 'err').map(({ name, lastError }) => ({ rule: name, error: lastError ?? '' })) };
}
export function alertLines({ alerts, rules, broken }: Alerts, nowMs: number): string[] {
  const rows = alerts.map((one) => [one.state, one.severity, one.alert, ago(nowMs - one.since_ms), Object.entries(one.labels).map(([name, value]) => `${name}=${harmless(value)}`).join(' '), harmless(one.summary)]);
  return [
    ...(rows.length === 0 ? [`no alert; ${rules} rules are watched`] : table(['state', 'severity', 'alert', 'for', 'of', 'what'], rows)),
    ...alerts.filter((one) => one.state === 'firing' && one.runbook !== null).map((one) => `${one.alert}: what to do stands in ${one.runbook ?? ''}`).filter((line, i, all) => all.indexOf(line) === i),
    ...broken.map(({ rule, error }) => `${rule} cannot be evaluated: ${harmless(error)}`),
  ];
}
