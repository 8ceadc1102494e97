// Views of manifests: the pods that something makes, and who may talk to whom.
import type { Manifest } from './kustomize.testing.ts';

type Ref = { readonly name: string; readonly key: string };
type Labels = Readonly<Record<string, string>>;
type Get = { readonly httpGet: { readonly path: string; readonly port: string } };
export type Container = {
  readonly name: string; readonly image: string; readonly args: readonly string[]; readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: { readonly secretKeyRef?: Ref; readonly fieldRef?: object } }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]; readonly startupProbe?: Get; readonly readinessProbe?: Get; readonly livenessProbe?: Get;
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels }; readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
  readonly securityContext?: { readonly allowPrivilegeEscalation?: boolean; readonly readOnlyRootFilesystem?: boolean; readonly privileged?: boolean; readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] } };
};
export type Volume = { readonly name: string; readonly secret?: { readonly secretName: string; readonly defaultMode?: number; readonly items?: readonly { readonly key: string }[] }; readonly projected?: { readonly defaultMode?: number; readonly sources: readonly { readonly secret: { readonly name: string; readonly items: readonly { readonly key: string }[] } }[] } };
type PodSpec = {
  readonly containers: readonly Container[]; readonly initContainers?: readonly Container[]; readonly volumes?: readonly Volume[]; readonly enableServiceLinks?: boolean; readonly automountServiceAccountToken?: boolean;
  readonly hostNetwork?: boolean; readonly hostPID?: boolean; readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number; readonly seccompProfile?: { readonly type: string } };
};
/** claims: volumes that a StatefulSet makes for each pod. selects: what the owner says its pods have. */
export type Pods = { readonly owner: string; readonly kind: string; readonly labels: Labels; readonly selects: Labels | undefined; readonly spec: PodSpec; readonly claims: readonly string[]; readonly replicas: number };

type Template = { readonly metadata?: { readonly labels?: Labels }; readonly spec: PodSpec };
type Workload = { readonly template?: Template; readonly jobTemplate?: { readonly spec: { readonly template: Template } }; readonly selector?: { readonly matchLabels: Labels }; readonly replicas?: number; readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[] };
export function podsOf(manifests: readonly Manifest[]): Pods[] {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    const workload = spec as Workload | undefined;
    const template = kind === 'CronJob' ? workload?.jobTemplate?.spec.template : ['Deployment', 'StatefulSet', 'Job'].includes(kind) ? workload?.template : undefined;
    return template === undefined ? [] : [{ owner: metadata.name, kind, labels: template.metadata?.labels ?? {}, selects: workload?.selector?.matchLabels, spec: template.spec, claims: workload?.volumeClaimTemplates?.map((one) => one.metadata.name) ?? [], replicas: workload?.replicas ?? 1 }];
  });
}

export type Selector = { readonly matchLabels?: Labels; readonly matchExpressions?: readonly { readonly key: string; readonly operator: 'In'; readonly values: readonly string[] }[] };
export const selects = ({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean =>
  Object.entries(matchLabels).every(([name, value]) => labels[name] === value) && matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''));

type Peer = { readonly podSelector?: Selector; readonly namespaceSelector?: Selector; readonly ipBlock?: object };
type Rule = { readonly from?: readonly Peer[]; readonly to?: readonly Peer[]; readonly ports: readonly { readonly port: number }[] };
export type Policy = { readonly podSelector: Selector; readonly policyTypes: readonly ('Ingress' | 'Egress')[]; readonly ingress?: readonly Rule[]; readonly egress?: readonly Rule[] };
export const policiesOf = (manifests: readonly Manifest[]): Policy[] => manifests.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec as Policy);

const knows = (peers: readonly Peer[] = [], labels: Labels): boolean => peers.some(({ podSelector, namespaceSelector }) => podSelector !== undefined && namespaceSelector === undefined && selects(podSelector, labels));
/** Whether the one side lets a pod of ours speak to another one of ours, and the other lets it in. Where no policy selects a pod, everything is allowed: so Kubernetes has it. */
export function mayTalk(policies: readonly Policy[], from: Labels, to: Labels, port: number): { readonly egress: boolean; readonly ingress: boolean } {
  const side = (type: 'Ingress' | 'Egress', self: Labels, other: Labels): boolean => {
    const mine = policies.filter((one) => one.policyTypes.includes(type) && selects(one.podSelector, self));
    const rules = mine.flatMap((one) => (type === 'Ingress' ? one.ingress : one.egress) ?? []);
    return mine.length === 0 || rules.some((rule) => rule.ports.some((one) => one.port === port) && knows(type === 'Ingress' ? rule.from : rule.to, other));
  };
  return { egress: side('Egress', from, to), ingress: side('Ingress', to, from) };
}
