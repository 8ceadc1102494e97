// What `kubectl kustomize` makes of a folder, as far as our files use it; any other field is refused, so nothing is passed over in silence. Names of config maps keep no hash here.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export type Manifest = { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string; namespace?: string; labels?: Record<string, string> }; [field: string]: unknown };
type Operation = { readonly op: 'add' | 'replace' | 'remove'; readonly path: string; readonly value?: unknown };
type Kustomization = {
  readonly kind: 'Kustomization' | 'Component'; readonly namespace?: string; readonly resources?: readonly string[]; readonly components?: readonly string[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly behavior?: 'merge'; readonly literals: readonly string[] }[];
  readonly labels?: readonly { readonly pairs: Readonly<Record<string, string>> }[];
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
  readonly patches?: readonly { readonly target: { readonly kind: string; readonly name: string }; readonly patch: string }[];
};
const FIELDS = new Set(['apiVersion', 'kind', 'namespace', 'resources', 'components', 'configMapGenerator', 'labels', 'images', 'patches']);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Every value below, parents first, with the path that leads to it. */
export function* walk(value: unknown, path = ''): Generator<{ readonly path: string; readonly value: unknown }> {
  yield { path, value };
  if (Array.isArray(value)) for (const [i, one] of value.entries()) yield* walk(one, `${path}/${i}`);
  else if (isRecord(value)) for (const [name, one] of Object.entries(value)) yield* walk(one, `${path}/${name}`);
}

export function manifestsIn(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors.map(String).join('; ')}`);
    return document.toJS() as Manifest;
  });
}

/** One operation of RFC 6902, on a copy that is ours. */
function operate(root: Manifest, { op, path, value }: Operation): void {
  const steps = path.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = steps.pop() ?? '';
  let at: unknown = root;
  for (const step of steps) at = Array.isArray(at) ? at[Number(step)] : isRecord(at) ? at[step] : undefined;
  const place = `${root.kind} ${root.metadata.name} has no ${path}`;
  if (Array.isArray(at)) {
    if (op === 'add') at.splice(last === '-' ? at.length : Number(last), 0, value);
    else if (Number(last) >= at.length) throw new Error(place);
    else at.splice(Number(last), 1, ...(op === 'replace' ? [value] : []));
  } else if (!isRecord(at) || (op !== 'add' && !(last in at))) throw new Error(place);
  else if (op === 'remove') Reflect.deleteProperty(at, last);
  else at[last] = value;
}
type Labelled = { labels?: Record<string, string> };
function label(manifest: Manifest, pairs: Readonly<Record<string, string>>): void {
  const mark = (metadata: Labelled): void => void (metadata.labels = { ...metadata.labels, ...pairs });
  mark(manifest.metadata);
  // includeTemplates: what is made from a template gets them too; selectors do not.
  for (const { path, value } of walk(manifest)) if (/[/](?:template|jobTemplate|volumeClaimTemplates[/]\d+)$/.test(path) && isRecord(value)) mark((value['metadata'] ??= {}) as Labelled);
}
/** `NAME=value`, as a generator has them. */
export const entriesOf = (literals: readonly string[]): Record<string, string> => Object.fromEntries(literals.map((literal) => [literal.slice(0, literal.indexOf('=')), literal.slice(literal.indexOf('=') + 1)]));

function apply(dir: string, into: Manifest[]): Manifest[] {
  const file = join(dir, 'kustomization.yaml');
  const asked = parse(readFileSync(file, 'utf8')) as Kustomization;
  const foreign = Object.keys(asked).filter((field) => !FIELDS.has(field));
  if (foreign.length > 0) throw new Error(`${file}: ${foreign.join(', ')} is not known to deploy/kustomize.testing.ts`);
  for (const resource of asked.resources ?? []) {
    const path = join(dir, resource);
    into.push(...(statSync(path).isDirectory() ? apply(path, []) : manifestsIn(path)));
  }
  for (const component of asked.components ?? []) apply(join(dir, component), into);
  for (const { name, behavior, literals } of asked.configMapGenerator ?? []) {
    const standing = into.find((one) => one.kind === 'ConfigMap' && one.metadata.name === name);
    if ((behavior === 'merge') !== (standing !== undefined)) throw new Error(`${file}: config map ${name} ${standing === undefined ? 'is to be merged, and there is none' : 'stands already; behavior: merge'}`);
    if (standing === undefined) into.push({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: entriesOf(literals) });
    else standing['data'] = { ...(standing['data'] as object), ...entriesOf(literals) };
  }
  for (const { target, patch } of asked.patches ?? []) {
    const found = into.find((one) => one.kind === target.kind && one.metadata.name === target.name);
    if (found === undefined) throw new Error(`${file}: there is no ${target.kind} ${target.name} to patch`);
    for (const operation of parse(patch) as Operation[]) operate(found, operation);
  }
  for (const { pairs } of asked.labels ?? []) for (const manifest of into) label(manifest, pairs);
  for (const { name, newName, newTag } of asked.images ?? []) for (const { value } of into.flatMap((one) => [...walk(one)])) if (isRecord(value) && value['image'] === name) value['image'] = `${newName}:${newTag}`;
  if (asked.namespace !== undefined) for (const manifest of into) manifest.metadata.namespace = asked.namespace;
  return into;
}

/** All manifests of an overlay. Throws where a file, a target or a path is missing. */
export const render = (dir: string): Manifest[] => apply(dir, []);
