// Asks the real Prometheus and the real MySQL what the dashboards ask, as Grafana would: what a panel would have to show.
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../producers/connections.ts';
import type { Settings } from '../schemas/settings.ts';
import type { DashboardFile, Target } from './files.testing.ts';

/** Grafana's own variables, as it would put them in. */
export const withVariables = (text: string): string => text.replaceAll('$__rate_interval', '10s').replaceAll('$__range', '5m').replaceAll('$model', 'grocery');

export type Series = { readonly metric: Readonly<Record<string, string>>; readonly points: readonly (readonly [seconds: number, value: number])[] };
export type Answer = { readonly kind: 'series'; readonly series: readonly Series[] } | { readonly kind: 'rows'; readonly rows: readonly Readonly<Record<string, unknown>>[] };
export type Ask = (target: Target) => Promise<Answer>;
type Matrix = { readonly data?: { readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly values?: readonly [number, string][]; readonly value?: [number, string] }[] }; readonly error?: string };

/** Use: the way to ask, over the last `minutes`. */
export async function asking<R>(settings: Settings, minutes: number, use: (ask: Ask) => Promise<R>): Promise<R> {
  const db = await mysql.createConnection(mysqlOptions(settings));
  const end = Date.now() / 1000;
  const prometheus = async (expr: string, instant: boolean): Promise<readonly Series[]> => {
    const time = instant ? { time: String(end) } : { start: String(end - minutes * 60), end: String(end), step: '2' };
    const answer = await fetch(`${settings.prometheusUrl}/api/v1/query${instant ? '' : '_range'}`, { method: 'POST', body: new URLSearchParams({ query: withVariables(expr), ...time }) });
    const { data, error } = (await answer.json()) as Matrix;
    if (data === undefined) throw new Error(`${expr}: ${error ?? answer.status}`);
    return data.result.map(({ metric, values, value }) => ({ metric, points: (values ?? (value === undefined ? [] : [value])).map(([at, text]) => [at, Number(text)]) }));
  };
  try {
    return await use(async ({ expr, rawSql, instant = false }) => {
      if (rawSql === undefined) return { kind: 'series', series: await prometheus(expr ?? '', instant) };
      const [rows] = await db.query<mysql.RowDataPacket[]>(withVariables(rawSql));
      return { kind: 'rows', rows };
    });
  } finally {
    await db.end();
  }
}

const hasData = (answer: Answer): boolean => (answer.kind === 'rows' ? answer.rows.length > 0 : answer.series.some(({ points }) => points.some(([, value]) => !Number.isNaN(value))));

/** Every question of every panel and annotation that has no answer, by its place. */
export async function unanswered(dashboards: readonly DashboardFile[], ask: Ask): Promise<string[]> {
  const asked = dashboards.flatMap(({ title, panels, annotations }) => [
    ...panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ place: `${title} / ${panel.title}`, target }))),
    ...annotations.list.map(({ name, target }) => ({ place: `${title} / annotation ${name}`, target })),
  ]);
  const empty: string[] = [];
  for (const { place, target } of asked) if (!hasData(await ask(target))) empty.push(`${place}: ${target.expr ?? target.rawSql ?? ''}`);
  return empty;
}
