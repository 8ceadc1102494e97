// amtool accepts the configuration; and a real Alertmanager with it tells together what belongs together, keeps quiet about what follows from another alert,
// and tells when it is over.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openContext } from '../stack/context.ts';
import { fetchAlertmanager, runProgram } from '../stack/fetch.ts';
import { stopPart } from '../stack/pids.ts';
import { ALERTMANAGER_FILE, alertmanagerService } from '../stack/services/alertmanager.ts';
import { startService } from '../stack/services/service.ts';
import { closeAtEnd, until } from '../stack/testing.ts';

type Notification = { readonly status: string; readonly groupLabels: Readonly<Record<string, string>>; readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[] };
const fetched = (): Promise<string> => fetchAlertmanager(openContext(process.env, { create: false }).paths.cache, () => undefined);

test('amtool accepts the configuration', async () => {
  assert.match(await runProgram(join(await fetched(), 'amtool'), ['check-config', ALERTMANAGER_FILE]), /SUCCESS/);
});

test('alerts of a model are told together, what follows from them is not told, and the end is', async (t) => {
  const told: Notification[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      told.push(JSON.parse(body) as Notification);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  closeAtEnd(t, () => receiver.close());

  // A stack of its own beside the one of the tests, of which only Alertmanager is started.
  const home = mkdtempSync(join(tmpdir(), 'loop-alertmanager-'));
  closeAtEnd(t, () => rmSync(home, { recursive: true, force: true }));
  const { portBase } = openContext(process.env, { create: false }).settings;
  const context = openContext({ LOOP_HOME: home, LOOP_PORT_BASE: String(portBase + 30), ALERT_WEBHOOK: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/` }, { create: true });
  const service = alertmanagerService(context, await fetched());
  mkdirSync(context.paths.logs, { recursive: true });
  const inHaste = { ...service, async prepare() {
    const command = await service.prepare();
    const file = join(home, 'alertmanager', 'alertmanager.yml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('group_wait: 10s', 'group_wait: 500ms').replace('group_interval: 1m', 'group_interval: 500ms'));
    return command;
  } };
  closeAtEnd(t, () => stopPart(context.paths.run, 'alertmanager', 10_000));
  await startService(context.paths, inHaste, 60_000, () => false);

  const say = async (alerts: readonly Readonly<Record<string, string>>[], over = false): Promise<void> => {
    const now = Date.now();
    const body = alerts.map((labels) => ({ labels, startsAt: new Date(now - 60_000).toISOString(), ...(over ? { endsAt: new Date(now).toISOString() } : {}) }));
    const answer = await fetch(`${context.settings.alertmanagerUrl}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    assert.ok(answer.ok, await answer.text());
  };
  const fallen = { alertname: 'LiveF1Fallen', severity: 'critical', model_name: 'grocery', model_version: 'v1' };
  const category = (name: string): Record<string, string> => ({ alertname: 'WorstCategoryBelowFloor', severity: 'critical', model_name: 'grocery', model_version: 'v1', category: name });
  const rising = (model: string): Record<string, string> => ({ alertname: 'EvidenceRising', severity: 'warning', model_name: model, model_version: 'v1' });
  // The cause first: an alert is kept quiet by those that are known when it would be told.
  await say([fallen]);
  await say([rising('grocery'), rising('wine'), category('Deli'), category('Bakery')]);
  const of = (name: string, status: string): Notification[] => told.filter((one) => one.groupLabels['alertname'] === name && one.status === status);
  await until('the fall, the other model and the categories', () => (['LiveF1Fallen', 'EvidenceRising', 'WorstCategoryBelowFloor'].every((name) => of(name, 'firing').length > 0) ? true : undefined));
  assert.deepEqual(of('WorstCategoryBelowFloor', 'firing')[0]?.alerts.map((one) => one.labels['category']).sort(), ['Bakery', 'Deli']);
  // The other model's sign has been told, this one's has not.
  const sign = (): Notification | undefined => told.find((one) => one.groupLabels['alertname'] === 'EvidenceRising' && one.groupLabels['model_name'] === 'grocery');
  assert.equal(sign(), undefined);
  await say([fallen, category('Deli'), category('Bakery')], true);
  await until('the end of the fall', () => of('LiveF1Fallen', 'resolved')[0]);
  await until('the end of the categories', () => of('WorstCategoryBelowFloor', 'resolved')[0]);
  await until('the sign, now that what it is a sign of is over', sign);
});
