// Which stored models and datasets may go. Pure: rows of the ledger and folders of the store come in, what goes and why comes out.
// Kept: what serves, the version that served before it, whatever an open row or a row within retention points to, and what is too young to have its row yet.

export type Pointing = {
  readonly id: string; readonly retrain_id: string; readonly model_name: string; readonly model_version: string | null; readonly promotion_seq: number | null; readonly status: string; readonly weights_s3: string | null; readonly dataset_path: string | null;
  readonly claimed_at: Date; readonly finished_at: Date | null; /** its model has been removed before */ readonly collected_at: Date | null;
};
/** One folder of the store, s3://…/ with the slash. newestMs: of its youngest object. */
export type Folder = { readonly uri: string; readonly objects: readonly string[]; readonly bytes: number; readonly newestMs: number };
export type Rules = { readonly nowMs: number; readonly retentionMs: number; readonly graceMs: number };
export type Collected = Folder & { readonly reason: string };
/** rows: ids of those whose model goes: they can no longer be rolled back to. */
export type Garbage = { readonly goes: readonly Collected[]; readonly stays: number; readonly staysBytes: number; readonly rows: readonly string[] };

const DAY_MS = 86_400_000;
export const folderOf = (uri: string): string => uri.replace(/[^/]+$/, '');
const days = (ms: number): string => `${Math.floor(ms / DAY_MS)} days`;

/** Why the row's objects stay; undefined: they need not. */
function holds(row: Pointing, kept: ReadonlyMap<string, ReadonlySet<string>>, { nowMs, retentionMs }: Rules): string | undefined {
  if (row.collected_at !== null) return undefined;
  if (row.status === 'PENDING' || row.status === 'RUNNING') return 'its row is open';
  if (row.promotion_seq !== null && row.model_version !== null && kept.get(row.model_name)?.has(row.model_version)) return 'it serves, or served before what serves';
  return nowMs - endOf(row) < retentionMs ? 'within retention' : undefined;
}
const endOf = (row: Pointing): number => (row.finished_at ?? row.claimed_at).getTime();

/** Per model: the version that serves and the one that served before it. */
function keptVersions(rows: readonly Pointing[]): Map<string, Set<string>> {
  const kept = new Map<string, Set<string>>();
  for (const row of rows.filter((one) => one.promotion_seq !== null).sort((a, b) => Number(b.promotion_seq) - Number(a.promotion_seq))) {
    const versions = kept.get(row.model_name) ?? new Set();
    kept.set(row.model_name, versions);
    if (versions.size < 2 && row.model_version !== null) versions.add(row.model_version);
  }
  return kept;
}

export function garbageOf(rows: readonly Pointing[], folders: readonly Folder[], rules: Rules): Garbage {
  const kept = keptVersions(rows);
  const held = new Set<string>();
  const last = new Map<string, Pointing>();
  for (const row of rows) {
    for (const uri of [row.weights_s3, row.dataset_path]) {
      if (uri === null) continue;
      const folder = folderOf(uri);
      if (holds(row, kept, rules) !== undefined) held.add(folder);
      const before = last.get(folder);
      if (before === undefined || endOf(row) > endOf(before)) last.set(folder, row);
    }
  }
  const goes = folders.filter((folder) => !held.has(folder.uri) && rules.nowMs - folder.newestMs >= rules.graceMs).map((folder): Collected => {
    const row = last.get(folder.uri);
    return { ...folder, reason: row === undefined ? `no row points to it, ${days(rules.nowMs - folder.newestMs)} old` : `last of ${row.retrain_id}, ended ${days(rules.nowMs - endOf(row))} ago` };
  });
  const gone = new Set(goes.map((folder) => folder.uri));
  const stays = folders.filter((folder) => !gone.has(folder.uri));
  return { goes, stays: stays.length, staysBytes: stays.reduce((sum, one) => sum + one.bytes, 0), rows: rows.filter((row) => row.collected_at === null && row.weights_s3 !== null && gone.has(folderOf(row.weights_s3))).map((row) => row.id) };
}
