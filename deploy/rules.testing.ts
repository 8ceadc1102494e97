// What has to hold of the manifests of any overlay, whatever it changes: each rule gives sentences about what is wrong.
import { readSettings } from '../schemas/settings.ts';
import { SETTING_NAMES } from '../schemas/settingTable.ts';
import { topicSpecs } from '../schemas/topics.ts';
import { MAIN, nodeFlagsOf, portOf, PROCESSES } from '../stack/processes.ts';
import { walk, type Manifest } from './kustomize.testing.ts';
import { mayTalk, podsOf, policiesOf, selects, type Container, type Pods, type Selector } from './pods.testing.ts';

/** Secrets that are made outside of these files, with their keys. Those of Kafka users are Strimzi's. */
export const SECRETS: Readonly<Record<string, readonly string[]>> = {
  'loop-cluster-ca-cert': ['ca.crt'],
  'loop-mysql': ['password', 'inference-password', 'trainer-password', 'ca.crt'],
  'loop-s3': ['access-key', 'secret-key'],
  'loop-tokens': ['tokens'],
  'loop-retrain': ['token'],
};
const KNOWN_SETTINGS = new Set<string>(SETTING_NAMES);
/** Of the files of secrets. */
const anyWord = (): string => 'some-word';
/** Who talks to whom, and nobody else. */
const TALKS: Readonly<Record<string, readonly string[]>> = { inference: ['join', 'monitor', 'trainer'], 'weekly-retraining': ['inference'] };

type Rule = (manifests: readonly Manifest[]) => string[];
const everyContainer = (manifests: readonly Manifest[]): { readonly pods: Pods; readonly container: Container; readonly at: string }[] =>
  podsOf(manifests).flatMap((pods) => [...pods.spec.containers, ...(pods.spec.initContainers ?? [])].map((container) => ({ pods, container, at: `${pods.kind} ${pods.owner}` })));
const named = (manifests: readonly Manifest[], kind: string): Manifest[] => manifests.filter((one) => one.kind === kind);
const dataOf = (manifests: readonly Manifest[], name: string): Readonly<Record<string, string>> => (named(manifests, 'ConfigMap').find((one) => one.metadata.name === name)?.['data'] ?? {}) as Record<string, string>;
const unless = (holds: unknown, text: string): string[] => (holds ? [] : [text]);
const isProcess = (owner: string): owner is (typeof PROCESSES)[number] => PROCESSES.some((one) => one === owner);
/** The environment a container starts with; what comes from a secret is some word. */
const environmentOf = (manifests: readonly Manifest[], { envFrom = [], env = [] }: Container): Record<string, string> => ({ ...Object.assign({}, ...envFrom.map((one) => dataOf(manifests, one.configMapRef.name))) as object, ...Object.fromEntries(env.map((one) => [one.name, one.value ?? 'some-word'])) });

const pinned = (version: string): Rule => (manifests) => everyContainer(manifests).flatMap(({ container, at }) => unless(/^[\w./-]+:\d+\.\d+\.\d+$/.test(container.image) && container.image.endsWith(`:${version}`), `${at}: image ${container.image} is not version ${version}`));
const unprivileged: Rule = (manifests) => [
  ...podsOf(manifests).flatMap(({ kind, owner, spec }) => [
    ...unless(spec.securityContext?.runAsNonRoot === true && (spec.securityContext.runAsUser ?? 0) > 0, `${kind} ${owner} may run as root`),
    ...unless(spec.securityContext?.seccompProfile?.type === 'RuntimeDefault', `${kind} ${owner} has no seccomp profile`),
    ...unless(spec.automountServiceAccountToken === false, `${kind} ${owner} gets a token of the cluster`),
    ...unless(spec.enableServiceLinks === false, `${kind} ${owner}: a service would set a variable that is a setting of ours (MONITOR_PORT)`),
    ...unless(spec.hostNetwork === undefined && spec.hostPID === undefined, `${kind} ${owner} sees the host`),
  ]),
  ...everyContainer(manifests).flatMap(({ container: { securityContext: has }, at }) => unless(has?.allowPrivilegeEscalation === false && has.readOnlyRootFilesystem === true && has.privileged === undefined && has.capabilities?.drop?.includes('ALL') && has.capabilities.add === undefined, `${at}: the container may do more than it needs`)),
];
const settings: Rule = (manifests) => everyContainer(manifests).flatMap(({ container, at }) => {
  const script = container.args.join('\n');
  const foreign = Object.keys(environmentOf(manifests, container)).filter((name) => !KNOWN_SETTINGS.has(name) && !script.includes(`process.env.${name}`));
  const missing = (container.envFrom ?? []).filter((one) => named(manifests, 'ConfigMap').every((map) => map.metadata.name !== one.configMapRef.name));
  if (foreign.length > 0 || missing.length > 0) return [...foreign.map((name) => `${at}: ${name} is no setting`), ...missing.map((one) => `${at}: there is no config map ${one.configMapRef.name}`)];
  try {
    readSettings(environmentOf(manifests, container), anyWord);
    return [];
  } catch (error) {
    return [`${at}: ${String(error)}`];
  }
});
const programs: Rule = (manifests) => podsOf(manifests).flatMap((pods) => {
  const main = isProcess(pods.owner) ? MAIN[pods.owner] : undefined;
  // With one replica of its own making, a topic would stand in the way of Strimzi's.
  const wanted = main === undefined ? (pods.owner === 'setup' ? 'stack/setup.ts --topics refuse --grants %' : undefined) : [...nodeFlagsOf(main).slice(1), main].join(' ');
  return wanted === undefined ? [] : pods.spec.containers.flatMap(({ args }) => unless(args.join(' ') === wanted, `${pods.owner} runs '${args.join(' ')}', it should run '${wanted}'`));
});
const secrets: Rule = (manifests) => {
  const users = named(manifests, 'KafkaUser').map((one) => one.metadata.name);
  const known: Readonly<Record<string, readonly string[]>> = { ...SECRETS, ...Object.fromEntries(users.map((name) => [name, ['password']])) };
  const lacks = (at: string, name: string, keys: readonly string[]): string[] => keys.flatMap((key) => unless(known[name]?.includes(key), `${at}: nobody makes ${key} of secret ${name}`));
  return [
    ...named(manifests, 'Secret').map((one) => `Secret ${one.metadata.name} stands in a file`),
    ...everyContainer(manifests).flatMap(({ container, at }) => (container.env ?? []).flatMap(({ name, value, valueFrom }) => [
      ...unless(value === undefined || name.endsWith('_FILE') || !/PASSWORD|SECRET|ACCESS_KEY|TOKENS?$/.test(name), `${at}: ${name} stands in a file`),
      ...unless(valueFrom?.secretKeyRef === undefined || !KNOWN_SETTINGS.has(name), `${at}: ${name} stands in its environment; let ${name}_FILE name a file`),
      ...(valueFrom?.secretKeyRef === undefined ? [] : lacks(at, valueFrom.secretKeyRef.name, [valueFrom.secretKeyRef.key])),
      ...unless(name !== 'KAFKA_USER' || users.includes(value ?? ''), `${at}: there is no KafkaUser ${value ?? ''}`),
    ])),
    ...named(manifests, 'ConfigMap').flatMap((map) => Object.keys(map['data'] as object).filter((name) => /PASSWORD|SECRET|ACCESS_KEY|TOKENS$/.test(name)).map((name) => `ConfigMap ${map.metadata.name}: ${name} stands in a file`)),
    ...podsOf(manifests).flatMap(({ owner, spec }) => (spec.volumes ?? []).flatMap(({ name, projected }) => (projected === undefined ? [] : [
      ...projected.sources.flatMap((one) => lacks(owner, one.secret.name, one.secret.items.map(({ key }) => key))), ...unless(projected.defaultMode === 0o440, `${owner}: everybody may read what is in ${name}`),
    ]))),
    ...podsOf(manifests).flatMap(({ owner, spec }) => (spec.volumes ?? []).flatMap(({ secret }) => (secret === undefined ? [] : [...lacks(owner, secret.secretName, secret.items?.map((one) => one.key) ?? known[secret.secretName] ?? ['anything']), ...unless(secret.defaultMode === 0o440, `${owner}: everybody may read secret ${secret.secretName}`)]))),
  ];
};
const volumes: Rule = (manifests) => podsOf(manifests).flatMap(({ owner, spec, claims }) => {
  const there = [...(spec.volumes ?? []).map((one) => one.name), ...claims];
  const mounts = spec.containers.flatMap((one) => one.volumeMounts ?? []);
  return [
    ...there.flatMap((name) => unless(mounts.some((one) => one.name === name), `${owner}: volume ${name} is not mounted`)),
    ...mounts.flatMap(({ name, subPath }) => [...unless(there.includes(name), `${owner}: there is no volume ${name}`), ...unless(subPath === undefined, `${owner}: ${name} by subPath would never change`)]),
    // What a file setting names lies in a volume.
    ...spec.containers.flatMap((one) => Object.entries(environmentOf(manifests, one)).filter(([name, value]) => name.endsWith('_FILE') && value.startsWith('/') && !(name.startsWith('MYSQL') && !one.env?.some((own) => own.name === 'MYSQL_PASSWORD_FILE'))).flatMap(([name, value]) => unless(mounts.some(({ mountPath }) => value.startsWith(`${mountPath}/`)), `${owner}: ${name}=${value} lies in no volume`))),
  ];
});
const probes: Rule = (manifests) => everyContainer(manifests).flatMap(({ pods, container, at }) => [
  ...unless(container.resources?.requests?.['cpu'] && container.resources.requests['memory'] && container.resources.limits?.['memory'], `${at}: resources are not told`),
  ...(isProcess(pods.owner)
    ? [
      ...unless(container.startupProbe?.httpGet.path === '/health/live' && container.livenessProbe?.httpGet.path === '/health/live' && container.readinessProbe?.httpGet.path === '/health/ready', `${at}: probes must ask /health/live, /health/live and /health/ready`),
      ...[container.startupProbe, container.livenessProbe, container.readinessProbe].flatMap((probe) => unless(container.ports?.some((one) => one.name === probe?.httpGet.port), `${at}: a probe asks at ${probe?.httpGet.port ?? 'no port'}`)),
      ...unless(container.ports?.[0]?.containerPort === portOf(readSettings(environmentOf(manifests, container), anyWord), pods.owner), `${at} listens at another port than it says`),
    ]
    : []),
]);
const references: Rule = (manifests) => {
  const pods = podsOf(manifests);
  const chosen = (at: string, selector: Selector | undefined): string[] => unless(selector !== undefined && pods.some((one) => selects(selector, one.labels)), `${at} selects no pod`);
  return [
    ...pods.filter((one) => one.selects !== undefined).flatMap((one) => unless(selects({ matchLabels: one.selects ?? {} }, one.labels), `${one.kind} ${one.owner} does not select its own pods`)),
    ...named(manifests, 'Service').flatMap(({ metadata, spec }) => {
      const { selector, ports } = spec as { selector: Record<string, string>; ports: readonly { port: number; targetPort: string }[] };
      const behind = pods.find((one) => selects({ matchLabels: selector }, one.labels));
      const open = behind?.spec.containers.flatMap((one) => one.ports ?? []) ?? [];
      return [...chosen(`Service ${metadata.name}`, { matchLabels: selector }), ...ports.flatMap((one) => unless(open.some(({ name, containerPort }) => name === one.targetPort && containerPort === one.port), `Service ${metadata.name}: nobody listens at ${one.targetPort} (${one.port})`))];
    }),
    ...named(manifests, 'StatefulSet').flatMap(({ metadata, spec }) => unless(named(manifests, 'Service').some((one) => one.metadata.name === (spec as { serviceName: string }).serviceName), `StatefulSet ${metadata.name}: its service is not there`)),
    ...named(manifests, 'PodDisruptionBudget').flatMap(({ metadata, spec }) => chosen(`PodDisruptionBudget ${metadata.name}`, (spec as { selector: Selector }).selector)),
    ...named(manifests, 'NetworkPolicy').flatMap(({ metadata, spec }) => chosen(`NetworkPolicy ${metadata.name}`, (spec as { podSelector: Selector }).podSelector)),
    ...named(manifests, 'HorizontalPodAutoscaler').flatMap(({ metadata, spec }) => {
      const { kind, name } = (spec as { scaleTargetRef: { kind: string; name: string } }).scaleTargetRef;
      // Whoever is scaled by measure has no fixed number beside it: applying again would set it back.
      return [...unless(pods.some((one) => one.kind === kind && one.owner === name), `HorizontalPodAutoscaler ${metadata.name}: there is no ${kind} ${name}`), ...unless((manifests.find((one) => one.kind === kind && one.metadata.name === name)?.['spec'] as { replicas?: number } | undefined)?.replicas === undefined, `${kind} ${name} has replicas and an autoscaler`)];
    }),
    ...pods.flatMap((one) => one.spec.containers.flatMap((container) => Object.entries(environmentOf(manifests, container)).filter(([name]) => ['MONITOR_URL', 'JOIN_URL', 'TRAINER_URL', 'INFERENCE_URL'].includes(name)).flatMap(([name, value]) => {
      const { hostname, port } = new URL(value);
      return unless(named(manifests, 'Service').some(({ metadata, spec }) => metadata.name === hostname && (spec as { ports: readonly { port: number }[] }).ports.some((open) => String(open.port) === port)), `${one.owner}: ${name}=${value} is no service`);
    }))),
  ];
};
const network: Rule = (manifests) => {
  const policies = policiesOf(manifests);
  const pods = podsOf(manifests);
  return pods.flatMap((from) => [
    ...unless(policies.some((one) => one.policyTypes.includes('Egress') && (one.egress ?? []).length === 0 && selects(one.podSelector, from.labels)), `${from.owner} is under no default-deny`),
    ...pods.filter((to) => to !== from).flatMap((to) => {
      const port = to.spec.containers[0]?.ports?.[0]?.containerPort;
      const should = TALKS[from.owner]?.includes(to.owner) ?? false;
      if (port === undefined) return [];
      // Each side by itself: what one policy leaves open must not rest on another.
      const { egress, ingress } = mayTalk(policies, from.labels, to.labels, port);
      return [...unless(egress === should, `${from.owner} ${should ? 'cannot' : 'can'} talk to ${to.owner}`), ...unless(ingress === should, `${to.owner} ${should ? 'does not listen' : 'listens'} to ${from.owner}`)];
    }),
  ]);
};
const topics: Rule = (manifests) => {
  const config = dataOf(manifests, 'loop-settings');
  const wanted = topicSpecs(readSettings({ ...config, KAFKA_USER: 'any' })).map(({ name, partitions, config: text }) => JSON.stringify([name, partitions, Object.entries(text).sort()]));
  const there = named(manifests, 'KafkaTopic').map(({ metadata, spec }) => {
    const { partitions, config } = spec as { partitions: number; config: Record<string, string> };
    return JSON.stringify([metadata.name, partitions, Object.entries(config).filter(([key]) => key !== 'min.insync.replicas').sort()]);
  });
  return [...wanted.flatMap((one) => unless(there.includes(one), `the settings ask for topic ${one}`)), ...there.flatMap((one) => unless(wanted.includes(one), `topic ${one} is not what the settings ask for`))];
};
const widths: Rule = (manifests) => {
  const { partitions, labelledPartitions } = readSettings({ ...dataOf(manifests, 'loop-settings'), KAFKA_USER: 'any' });
  const most = (owner: string): number => {
    const scaled = named(manifests, 'HorizontalPodAutoscaler').find((one) => one.metadata.name === owner)?.['spec'] as { maxReplicas: number } | undefined;
    return scaled?.maxReplicas ?? podsOf(manifests).find((one) => one.owner === owner)?.replicas ?? 0;
  };
  return [...unless(most('join') <= partitions, `${most('join')} joins for ${partitions} partitions: one would never be ready`), ...unless(most('monitor') <= labelledPartitions, `${most('monitor')} monitors for ${labelledPartitions} partitions of labelled: MONITOR_URL would lead to one that owns none`)];
};
const metrics = (offered: readonly string[]): Rule => (manifests) => named(manifests, 'HorizontalPodAutoscaler').flatMap((one) => [...walk(one)].filter(({ path }) => path.endsWith('/external/metric/name')).flatMap(({ value }) => unless(offered.includes(String(value)), `${one.metadata.name} scales by ${String(value)}, which the adapter does not offer`)));

/** version: of our image. offered: external metrics. */
export const rulesFor = ({ version, offered }: { readonly version: string; readonly offered: readonly string[] }): Readonly<Record<string, Rule>> =>
  ({ pinned: pinned(version), unprivileged, settings, programs, secrets, volumes, probes, references, network, topics, widths, metrics: metrics(offered) });
