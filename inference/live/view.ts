// The figures beside F1: how many predictions have a label, and how long labels take. Put together of what the join and the read model tell; what is not told is null.
type LabelDelay = { readonly p50: number; readonly p90: number; readonly p99: number };
export type JoinView = { readonly coverage: number | null; readonly audit_coverage: number | null; readonly waiting: number | null; readonly label_delay_seconds: LabelDelay | null };
export const DELAY_SHARES = [0.5, 0.9, 0.99] as const;

const fieldOf = (from: unknown, name: string): unknown => (typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined);
const numberOf = (from: unknown, name: string): number | null => {
  const found = fieldOf(from, name);
  return typeof found === 'number' ? found : null;
};
/** told: what the join says of all versions; undefined: it does not answer. delaysMs: by DELAY_SHARES. null: nothing is known. */
export function joinView(told: unknown, modelVersion: string | undefined, delaysMs: readonly number[] | undefined): JoinView | null {
  const [p50, p90, p99] = delaysMs ?? [];
  const delay = p50 === undefined || p90 === undefined || p99 === undefined ? null : { p50: p50 / 1000, p90: p90 / 1000, p99: p99 / 1000 };
  if (told === undefined && delay === null) return null;
  const versions = fieldOf(told, 'versions');
  const mine: unknown = Array.isArray(versions) ? versions.find((one) => fieldOf(one, 'model_version') === modelVersion) : undefined;
  return { coverage: numberOf(mine, 'coverage'), audit_coverage: numberOf(mine, 'audit_coverage'), waiting: numberOf(told, 'waiting'), label_delay_seconds: delay };
}
/** Changes when labels have been counted. */
export const countedIn = (live: unknown): string => JSON.stringify(fieldOf(live, 'labelled_offsets') ?? null);
