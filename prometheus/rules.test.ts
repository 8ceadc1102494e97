// Every rule has promtool tests: an alert that does not fire, fires and resolves in one story; a recording that has a value. Every alert says what it is, how
// bad, and where to read on; docs/how-to/alerts.md has a heading for each, and no other.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from '../stack/paths.ts';
import { readGrafanaRules } from '../grafana/files.testing.ts';
import { readRules, readRuleTests, type ExprTest } from './rules.testing.ts';

const rules = readRules();
const alerts = rules.filter((rule) => rule.alert !== undefined);
const stories = readRuleTests();

const UNIT_S: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };
const secondsOf = (duration: string): number => [...duration.matchAll(/(\d+)([hms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_S[unit ?? ''] ?? Number.NaN), 0);
const asks = (alert: string): RegExp => new RegExp(`^ALERTS\\{alertname="${alert}",alertstate="firing"\\}$`);

/** What a story lacks to show that the alert fires and stops. */
function lacking(alert: string, story: readonly ExprTest[]): string | undefined {
  const asked = story.filter((one) => asks(alert).test(one.expr)).map((one) => ({ at: secondsOf(one.eval_time), fires: one.exp_samples.length > 0 }));
  const fires = asked.filter((one) => one.fires).map((one) => one.at);
  if (fires.length === 0) return 'it fires';
  if (!asked.some((one) => !one.fires && one.at < Math.min(...fires))) return 'it does not fire before';
  return asked.some((one) => !one.fires && one.at > Math.max(...fires)) ? undefined : 'it resolves';
}

for (const { alert = '', labels = {}, annotations = {} } of alerts) {
  test(`${alert}: tested not firing, firing and resolving`, () => {
    const lacks = stories.map((story) => lacking(alert, story));
    assert.ok(lacks.includes(undefined), `no test in prometheus/*.test.yml shows of ${alert} that ${lacks.find((one) => one !== 'it fires') ?? 'it fires'}`);
  });
  test(`${alert}: severity, summary, description, and a page; the labels it speaks of are there when it fires`, () => {
    assert.match(labels['severity'] ?? '', /^(warning|critical)$/);
    assert.deepEqual(Object.keys(annotations), ['summary', 'description', 'runbook_url']);
    assert.equal(annotations['runbook_url'], `docs/how-to/alerts.md#${alert.toLowerCase()}`);
    const fired = stories.flat().filter((one) => asks(alert).test(one.expr)).flatMap((one) => one.exp_samples);
    for (const [, label = ''] of Object.values(annotations).join(' ').matchAll(/\$labels\.(\w+)/g)) assert.ok(fired.some((sample) => sample.labels.includes(`${label}="`)), `no firing test of ${alert} has the label ${label}`);
  });
}
for (const { record = '' } of rules.filter((rule) => rule.record !== undefined)) {
  test(`${record}: tested with a value`, () => {
    assert.ok(stories.flat().some((one) => one.exp_samples.some((sample) => sample.labels.startsWith(`${record}{`))), `no test in prometheus/*.test.yml expects a value of ${record}`);
  });
}

test('the page of the alerts has a heading for each, in their order, and no other', () => {
  const page = readFileSync(join(PROJECT_DIR, 'docs/how-to/alerts.md'), 'utf8');
  assert.deepEqual([...page.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading), [...alerts.map((rule) => rule.alert), ...readGrafanaRules().map((rule) => rule.title)]);
});
test('a story without its first or last question is told', () => {
  const story: ExprTest[] = ['0s', '1m', '2m'].map((eval_time, i) => ({ eval_time, expr: 'ALERTS{alertname="X",alertstate="firing"}', exp_samples: i === 1 ? [{ labels: 'ALERTS{}', value: 1 }] : [] }));
  assert.deepEqual([lacking('X', story), lacking('X', story.slice(1)), lacking('X', story.slice(0, 2)), lacking('Y', story)], [undefined, 'it does not fire before', 'it resolves', 'it fires']);
});
