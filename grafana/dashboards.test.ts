// The dashboards are what the generator makes; every question in them can be read and asks for what exists; panels have their own numbers and places; every data source is provisioned.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { inventory, unknownInText } from '../prometheus/inventory.testing.ts';
import { PROJECT_DIR } from '../stack/paths.ts';
import { PROVISIONING_DIR, readDashboards, readGrafanaRules, readSources, type PanelFile } from './files.testing.ts';
import { DASHBOARDS_DIR, generated } from './generate.ts';
import { withVariables } from './answers.testing.ts';

const dashboards = readDashboards();
const known = await inventory();
const sources = new Map(readSources().map(({ uid, type }) => [uid, type]));

test('the committed files are what the generator makes', () => {
  const made = generated();
  assert.deepEqual(readdirSync(DASHBOARDS_DIR).sort(), [...made.keys()].sort());
  for (const [name, text] of made) assert.equal(readFileSync(join(DASHBOARDS_DIR, name), 'utf8'), text, `${name} is not what grafana/generate.ts makes: run it`);
});

const overlap = (a: PanelFile['gridPos'], b: PanelFile['gridPos']): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

for (const { title, panels, annotations, templating } of dashboards) {
  test(`${title}: every PromQL parses, every metric and label in it exists`, () => {
    for (const panel of panels) for (const { expr, legendFormat = '' } of panel.targets ?? []) {
      if (expr === undefined) continue;
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      assert.deepEqual(unknownInText(withVariables(expr), known, shown), [], `${panel.title}: ${expr}`);
    }
    for (const { query } of templating.list) assert.ok(unknownInText(/^label_values\((\w+), \w+\)$/.exec(query)?.[1] ?? '', known).length === 0, query);
  });
  test(`${title}: panels have numbers of their own, a title, a question, and places that do not overlap`, () => {
    assert.equal(new Set(panels.map((panel) => panel.id)).size, panels.length);
    for (const [i, panel] of panels.entries()) {
      assert.ok(panel.title !== '' && (panel.type === 'row') === (panel.targets === undefined), `${panel.id} ${panel.title}`);
      assert.ok(panel.gridPos.x + panel.gridPos.w <= 24, panel.title);
      for (const other of panels.slice(i + 1)) assert.ok(!overlap(panel.gridPos, other.gridPos), `${panel.title} lies on ${other.title}`);
    }
  });
  test(`${title}: every data source is provisioned`, () => {
    const named = [...panels.flatMap((panel) => [panel.datasource, ...(panel.targets ?? []).map((target) => target.datasource)]), ...annotations.list.flatMap((one) => [one.datasource, one.target.datasource]), ...templating.list.map((one) => one.datasource)].filter((one) => one !== undefined);
    assert.ok(named.length > 0);
    for (const { uid = '', type } of named) assert.equal(sources.get(uid), type, `data source ${uid}`);
  });
}
test('dashboards have uids of their own', () => assert.equal(new Set(dashboards.map((one) => one.uid)).size, dashboards.length));

test("Grafana's own alerts ask provisioned data sources for what exists, and say where to read on", () => {
  for (const { title, annotations, condition, data } of readGrafanaRules()) {
    assert.equal(annotations['runbook_url'], `docs/how-to/alerts.md#${title.toLowerCase()}`);
    assert.ok(data.some((one) => one.refId === condition), title);
    for (const { datasourceUid, model } of data) {
      assert.ok(datasourceUid === '__expr__' || sources.has(datasourceUid), datasourceUid);
      if (model.expr !== undefined) assert.deepEqual(unknownInText(model.expr, known), []);
      if (model.expression !== undefined) assert.ok(data.some((one) => one.refId === model.expression), title);
    }
  }
});
test('docker-compose.yml mounts what is here and sets every variable of the provisioning', () => {
  const { services } = parse(readFileSync(join(PROJECT_DIR, 'docker-compose.yml'), 'utf8'), { merge: true }) as { services: Record<string, { volumes?: string[]; environment?: Record<string, string> }> };
  const { volumes = [], environment = {} } = services['grafana'] ?? {};
  assert.deepEqual(volumes.map((one) => one.split(':')[0] ?? '').filter((one) => one.startsWith('./')), ['./grafana/provisioning', './grafana/dashboards']);
  const texts = readdirSync(PROVISIONING_DIR, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yml')).map((name) => readFileSync(join(PROVISIONING_DIR, name), 'utf8').replace(/^#.*$/gm, ''));
  for (const [, name = ''] of texts.join('\n').matchAll(/\$(\w+)/g)) assert.ok(name in environment, `grafana's environment in docker-compose.yml lacks ${name}`);
});
