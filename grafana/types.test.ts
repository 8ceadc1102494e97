// The committed files against the published schemas of dashboards, panels and queries, which the Foundation SDK carries as TypeScript declarations: each file is
// typechecked as a literal, so a field too many, one missing or a wrong value is an error. Grafana itself is not asked.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { PROJECT_DIR } from '../stack/paths.ts';
import { readDashboards, type DashboardFile } from './files.testing.ts';

const SDK = '@grafana/grafana-foundation-sdk';
// In JSON an enum is its value, and the marks that tell kinds of queries apart are absent.
const HEAD = `
import type { Dashboard } from '${SDK}/dashboard';
import type { Dataquery } from '${SDK}/prometheus';
import type * as heatmap from '${SDK}/heatmap';
import type * as stat from '${SDK}/stat';
import type * as statetimeline from '${SDK}/statetimeline';
import type * as table from '${SDK}/table';
import type * as timeseries from '${SDK}/timeseries';
type Plain<T> = 0 extends 1 & T ? any : T extends string ? \`\${T}\` : T extends readonly (infer U)[] ? Plain<U>[] : T extends object ? { [K in keyof T as K extends \`_implements\${string}\` ? never : K]: Plain<T[K]> } : T;
`;
/** Panel types whose module declares what their fields may have besides. */
const WITH_FIELDS = ['timeseries', 'table', 'statetimeline', 'heatmap'];
const moduleOf = (type: string): string => type.replaceAll('-', '');

function programText({ panels }: DashboardFile, whole: object): string {
  const parts = panels.filter((panel) => panel.type !== 'row').flatMap(({ id, type, options, fieldConfig, targets = [] }) => [
    `export const options${id}: Plain<${moduleOf(type)}.Options> = ${JSON.stringify(options)};`,
    ...(WITH_FIELDS.includes(moduleOf(type)) ? [`export const fields${id}: Plain<${moduleOf(type)}.FieldConfig> = ${JSON.stringify(fieldConfig?.defaults.custom ?? {})};`] : []),
    ...targets.filter((target) => target.expr !== undefined).map((target, i) => `export const query${id}_${i}: Plain<Dataquery> = ${JSON.stringify(target)};`),
  ]);
  return [HEAD, `export const dashboard: Plain<Dashboard> = ${JSON.stringify(whole)};`, ...parts].join('\n');
}
/** What the compiler has against these texts, by the name of each. */
function complaints(texts: ReadonlyMap<string, string>): string[] {
  const options: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [] };
  const host = ts.createCompilerHost(options);
  const files = new Map([...texts].map(([name, text]) => [join(PROJECT_DIR, 'grafana', `${name}.checked.ts`), text]));
  const { getSourceFile, fileExists, readFile } = host;
  const checked: ts.CompilerHost = {
    ...host,
    getSourceFile: (name, language) => (files.has(name) ? ts.createSourceFile(name, files.get(name) ?? '', language) : getSourceFile(name, language)),
    fileExists: (name) => files.has(name) || fileExists(name), readFile: (name) => files.get(name) ?? readFile(name),
  };
  return ts.getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, checked)).map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n'));
}

const dashboards = readDashboards();
const [first] = dashboards;
test('every dashboard, its panels, their fields and their queries are of the published types', () => {
  assert.deepEqual(complaints(new Map(dashboards.map((one) => [one.uid, programText(one, one)]))), []);
});
test('a wrong value, a field that does not exist and one that is missing are noticed', () => {
  assert.ok(first !== undefined);
  const bare: DashboardFile = { ...first, panels: [] };
  const found = complaints(new Map([['value', programText(bare, { ...bare, graphTooltip: 7 })], ['field', programText(bare, { ...bare, refreshEvery: '1s' })], ['missing', programText(bare, { ...bare, schemaVersion: undefined })], ['panel', `${HEAD}export const options: Plain<timeseries.Options> = { legend: { displayMode: 'lines' } };`]]));
  for (const what of [/'7' is not assignable/, /refreshEvery/, /schemaVersion/, /"lines"/]) assert.ok(found.some((one) => what.test(one)), `${what}: ${found.join('\n')}`);
});
