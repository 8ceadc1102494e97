// Every overlay holds together, and every rule sees what it is for: each is shown a broken twin.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import packageJson from '../package.json' with { type: 'json' };
import { manifestsIn, render, walk, type Manifest } from './kustomize.testing.ts';
import { rulesFor, SECRETS } from './rules.testing.ts';
import { policyDocument, S3_PROCESSES } from '../schemas/s3Policies.ts';
import { policyFile } from './s3.testing.ts';
import { TOPICS_FILE, topicsYaml } from './topics.testing.ts';
import { USERS_FILE, usersYaml } from './users.testing.ts';

const HERE = import.meta.dirname;
const adapter = parse(readFileSync(join(HERE, 'prometheus-adapter.values.yaml'), 'utf8')) as { readonly rules: { readonly external: readonly { readonly seriesQuery: string; readonly name: { readonly as: string } }[] } };
const rules = rulesFor({ version: packageJson.version, offered: adapter.rules.external.map((one) => one.name.as) });
const overlays = globSync('overlays/*', { cwd: HERE });
const wrongIn = (manifests: readonly Manifest[]): Record<string, string[]> => Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, rule(manifests)] as const).filter(([, wrong]) => wrong.length > 0));

test('every overlay keeps every rule', () => {
  assert.ok(overlays.length > 0);
  for (const overlay of overlays) assert.deepEqual(wrongIn(render(join(HERE, overlay))), {}, overlay);
});
test('the base alone, with our own image and its own schedule, keeps them too', () => {
  const manifests = render(join(HERE, 'base'));
  for (const { value } of manifests.flatMap((one) => [...walk(one)])) if (typeof value === 'object' && value !== null && Reflect.get(value, 'image') === 'live-f1-loop') Reflect.set(value, 'image', `live-f1-loop:${packageJson.version}`);
  assert.deepEqual(wrongIn(manifests), {});
});
test('the topics are those of schemas/topics.ts, as they are written today', () => {
  assert.equal(readFileSync(TOPICS_FILE, 'utf8'), topicsYaml());
  assert.equal(readFileSync(USERS_FILE, 'utf8'), usersYaml());
  for (const process of S3_PROCESSES) assert.equal(readFileSync(policyFile(process), 'utf8'), policyDocument(process));
});
test('no file lies about unused, and each can be read', () => {
  const files = globSync('**/*.yaml', { cwd: HERE }).filter((file) => !file.endsWith('kustomization.yaml') && !file.endsWith('.values.yaml'));
  const asked = globSync('**/kustomization.yaml', { cwd: HERE }).flatMap((file) => (parse(readFileSync(join(HERE, file), 'utf8')) as { resources?: string[] }).resources?.map((one) => join(file, '..', one)) ?? []);
  for (const file of files) {
    assert.ok(asked.includes(file), `${file} is in no kustomization.yaml`);
    for (const { kind, metadata } of manifestsIn(join(HERE, file))) assert.ok(kind && metadata.name, file);
  }
  // YAML 1.1, which kubectl reads, takes 0440 for an octal number; 1.2 does not. So none is written.
  for (const file of files) assert.doesNotMatch(readFileSync(join(HERE, file), 'utf8'), /:\s+0\d/, file);
});
test('the page names every secret that has to be made', () => {
  const page = readFileSync(join(HERE, '../docs/how-to/run-on-kubernetes.md'), 'utf8');
  for (const [name, keys] of Object.entries(SECRETS)) for (const one of [name, ...keys]) assert.ok(page.includes(`\`${one}\``) || page.includes(`${one}=`), `${name}: ${one}`);
});

/** Sets (or, with undefined, removes) what lies at a path of one manifest. */
function changed(target: string, path: string, value: unknown): Manifest[] {
  const manifests = structuredClone(render(join(HERE, 'overlays/production')));
  const found = manifests.find((one) => `${one.kind} ${one.metadata.name}` === target);
  assert.ok(found, target);
  const at = path.slice(0, path.lastIndexOf('/'));
  const parent = [...walk(found)].find((one) => one.path === at)?.value;
  assert.ok(typeof parent === 'object' && parent !== null, `${target} has no ${at}`);
  if (value === undefined) Reflect.deleteProperty(parent, path.slice(at.length + 1));
  else Reflect.set(parent, path.slice(at.length + 1), value);
  return manifests;
}
const POD = '/spec/template/spec';
const TWINS: readonly (readonly [rule: string, target: string, path: string, value: unknown])[] = [
  ['pinned', 'Deployment trainer', `${POD}/containers/0/image`, 'live-f1-loop:latest'],
  ['unprivileged', 'Deployment monitor', `${POD}/securityContext/runAsNonRoot`, undefined],
  ['unprivileged', 'StatefulSet join', `${POD}/enableServiceLinks`, undefined],
  ['unprivileged', 'Job setup', `${POD}/containers/0/securityContext/readOnlyRootFilesystem`, false],
  ['unprivileged', 'CronJob weekly-retraining', '/spec/jobTemplate/spec/template/spec/containers/0/securityContext/capabilities/drop', ['NET_RAW']],
  ['settings', 'ConfigMap loop-settings', '/data/MIN_F11', '0.9'],
  ['settings', 'ConfigMap loop-settings', '/data/MIN_F1', '90'],
  ['settings', 'Deployment inference', `${POD}/containers/0/envFrom/0/configMapRef/name`, 'settings'],
  ['programs', 'StatefulSet join', `${POD}/containers/0/args`, ['consumers/join/main.ts']],
  ['programs', 'Job setup', `${POD}/containers/0/args`, ['stack/setup.ts']],
  ['secrets', 'Deployment inference', `${POD}/volumes/3/projected/sources/1/secret/items/0/key`, 'pass'],
  ['secrets', 'Deployment inference', `${POD}/containers/0/env/3`, { name: 'MYSQL_PASSWORD', valueFrom: { secretKeyRef: { name: 'loop-mysql', key: 'password' } } }],
  ['secrets', 'StatefulSet join', `${POD}/volumes/1/projected/defaultMode`, 420],
  ['secrets', 'Deployment inference', `${POD}/containers/0/env/0/value`, 'nobody'],
  ['secrets', 'ConfigMap loop-settings', '/data/MYSQL_PASSWORD', 'any'],
  ['secrets', 'Deployment inference', `${POD}/volumes/2/secret/defaultMode`, 420],
  ['volumes', 'Deployment inference', `${POD}/containers/0/volumeMounts/2/name`, 'token'],
  ['volumes', 'ConfigMap loop-settings', '/data/KAFKA_CA_FILE', '/etc/kafka/ca.crt'],
  ['probes', 'Deployment trainer', `${POD}/containers/0/livenessProbe/httpGet/path`, '/health/ready'],
  ['probes', 'Deployment monitor', `${POD}/containers/0/resources/limits/memory`, undefined],
  ['references', 'Service monitor', '/spec/selector', { 'app.kubernetes.io/name': 'monitors' }],
  ['references', 'ConfigMap loop-settings', '/data/TRAINER_URL', 'http://trainer:17031'],
  ['references', 'StatefulSet join', '/spec/replicas', 2],
  ['references', 'HorizontalPodAutoscaler join', '/spec/scaleTargetRef/kind', 'Deployment'],
  ['network', 'NetworkPolicy monitor', '/spec/ingress/0/from', []],
  ['network', 'NetworkPolicy join', '/spec/ingress/0/from', [{ podSelector: {} }]],
  ['network', 'NetworkPolicy default-deny', '/spec/podSelector', { matchLabels: { 'app.kubernetes.io/name': 'join' } }],
  ['topics', 'ConfigMap loop-settings', '/data/PARTITIONS', '24'],
  ['topics', 'ConfigMap loop-settings', '/data/HORIZON_MS', '5184000000'],
  ['widths', 'HorizontalPodAutoscaler join', '/spec/maxReplicas', 13],
  ['widths', 'Deployment monitor', '/spec/replicas', 2],
  ['metrics', 'HorizontalPodAutoscaler inference', '/spec/metrics/0/external/metric/name', 'kafka_lag'],
];
for (const [rule, target, path, value] of TWINS) {
  test(`the rule of ${rule} sees ${target} with ${path.split('/').slice(-2).join('/')} ${value === undefined ? 'gone' : `set to ${JSON.stringify(value)}`}`, () => {
    assert.notDeepEqual(rules[rule]?.(changed(target, path, value)), []);
  });
}
test('every rule has a twin', () => {
  assert.deepEqual(Object.keys(rules).filter((rule) => !TWINS.some(([name]) => name === rule)), []);
});
