// What several joins tell, as if one had told it: each knows its own partitions, and counts add up. Pure.
const fieldOf = (from: unknown, name: string): unknown => (typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined);
const countOf = (from: unknown, name: string): number => {
  const found = fieldOf(from, name);
  return typeof found === 'number' && Number.isFinite(found) ? found : 0;
};
const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
type Summed = { readonly model_name: string; readonly model_version: string; readonly predicted: number; readonly labelled: number; readonly audit_predicted: number; readonly audit_labelled: number };
export type JoinsTold = { readonly waiting: number; readonly versions: readonly (Summed & { readonly coverage: number | null; readonly audit_coverage: number | null })[] };

/** answers: of /live of every join. */
export function summed(answers: readonly unknown[]): JoinsTold {
  const versions = new Map<string, Summed>();
  for (const answer of answers) {
    const told = fieldOf(answer, 'versions');
    for (const one of Array.isArray(told) ? (told as unknown[]) : []) {
      const [name, version] = [String(fieldOf(one, 'model_name')), String(fieldOf(one, 'model_version'))];
      const key = `${name} ${version}`;
      const before = versions.get(key) ?? { model_name: name, model_version: version, predicted: 0, labelled: 0, audit_predicted: 0, audit_labelled: 0 };
      versions.set(key, {
        ...before, predicted: before.predicted + countOf(one, 'predicted'), labelled: before.labelled + countOf(one, 'labelled'),
        audit_predicted: before.audit_predicted + countOf(one, 'audit_predicted'), audit_labelled: before.audit_labelled + countOf(one, 'audit_labelled'),
      });
    }
  }
  return {
    waiting: answers.reduce((sum: number, answer) => sum + countOf(answer, 'waiting'), 0),
    versions: [...versions.values()].map((one) => ({ ...one, coverage: share(one.labelled, one.predicted), audit_coverage: share(one.audit_labelled, one.audit_predicted) })),
  };
}

/** A URL for each address that one of the list has: behind a name there may be many members. */
export const urlsOf = (url: string, addresses: readonly string[]): string[] => addresses.map((address) => {
  const [scheme = 'http', rest = ''] = url.split('://');
  const [host = ''] = rest.split('/');
  const port = /:(\d+)$/.exec(host)?.[1];
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}${port === undefined ? '' : `:${port}`}${rest.slice(host.length)}`;
});
