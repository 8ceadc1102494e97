// The committed dashboards and what Grafana is provisioned with, as data for the tests.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DASHBOARDS_DIR } from './generate.ts';

type Source = { readonly type?: string; readonly uid?: string };
export type Target = { readonly refId: string; readonly datasource: Source; readonly expr?: string; readonly legendFormat?: string; readonly instant?: boolean; readonly rawSql?: string };
export type PanelFile = { readonly id: number; readonly type: string; readonly title: string; readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }; readonly datasource?: Source; readonly targets?: readonly Target[]; readonly options?: unknown; readonly fieldConfig?: { readonly defaults: { readonly custom?: unknown } } };
export type DashboardFile = { readonly uid: string; readonly title: string; readonly panels: readonly PanelFile[]; readonly annotations: { readonly list: readonly { readonly name: string; readonly datasource: Source; readonly target: Target }[] }; readonly templating: { readonly list: readonly { readonly name: string; readonly datasource: Source; readonly query: string }[] } };

export const readDashboards = (): DashboardFile[] => readdirSync(DASHBOARDS_DIR).filter((name) => name.endsWith('.json')).sort().map((name) => JSON.parse(readFileSync(join(DASHBOARDS_DIR, name), 'utf8')) as DashboardFile);

export const PROVISIONING_DIR = join(import.meta.dirname, 'provisioning');
const readYaml = (kind: string): unknown => parse(readFileSync(join(PROVISIONING_DIR, kind, 'loop.yml'), 'utf8'));
export const readSources = (): readonly { readonly uid: string; readonly type: string }[] => (readYaml('datasources') as { datasources: readonly { uid: string; type: string }[] }).datasources;
export type GrafanaRule = { readonly uid: string; readonly title: string; readonly annotations: Readonly<Record<string, string>>; readonly condition: string; readonly data: readonly { readonly refId: string; readonly datasourceUid: string; readonly model: { readonly expr?: string; readonly rawSql?: string; readonly expression?: string } }[] };
export const readGrafanaRules = (): GrafanaRule[] => (readYaml('alerting') as { groups: readonly { rules: readonly GrafanaRule[] }[] }).groups.flatMap((group) => group.rules);
